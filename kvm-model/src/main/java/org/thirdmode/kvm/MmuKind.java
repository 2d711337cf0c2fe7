package org.thirdmode.kvm;

import java.util.function.Function;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;

/** How a guest's memory is translated. */
public enum MmuKind {
    /** By shadow tables that are thrown away at every load of CR3: KVM in 2006. */
    NAIVE(NaiveMmu::new),
    /** By shadow tables that are kept, the guest's tables being write-protected: 2007. */
    CACHED(CachedMmu::new),
    /** The same, but the guest may write its page tables until it flushes: 2008. */
    UNSYNC(UnsyncMmu::new),
    /** By the processor in two dimensions: EPT, nested paging. */
    NESTED(TdpMmu::new);

    private final Function<Surroundings, GuestMmu> maker;

    MmuKind(Function<Surroundings, GuestMmu> maker) {
        this.maker = maker;
    }

    GuestMmu in(Surroundings surroundings) {
        return maker.apply(surroundings);
    }
}

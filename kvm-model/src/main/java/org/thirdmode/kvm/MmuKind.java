package org.thirdmode.kvm;

import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;

/** How a guest's memory is translated. */
public enum MmuKind {
    /** By shadow tables that are thrown away at every load of CR3: KVM in 2006. */
    NAIVE((around, hardware) -> new NaiveMmu(around)),
    /** By shadow tables that are kept, the guest's tables being write-protected: 2007. */
    CACHED((around, hardware) -> new CachedMmu(around)),
    /** The same, but the guest may write its page tables until it flushes: 2008. */
    UNSYNC((around, hardware) -> new UnsyncMmu(around)),
    /** By the processor in two dimensions: EPT, nested paging. */
    NESTED(TdpMmu::new);

    /** Makes the MMU of a virtual CPU. */
    private interface Maker {
        GuestMmu make(Surroundings around, TdpHardware hardware);
    }

    private final Maker maker;

    MmuKind(Maker maker) {
        this.maker = maker;
    }

    /** @param hardware the processor's second dimension; null where it has none */
    GuestMmu in(Surroundings surroundings, TdpHardware hardware) {
        return maker.make(surroundings, hardware);
    }
}

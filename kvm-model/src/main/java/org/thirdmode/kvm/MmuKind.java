package org.thirdmode.kvm;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.unsync.UnsyncMmu;

/** How a guest's memory is translated. */
public enum MmuKind {
    /** By shadow tables that are thrown away at every load of CR3: KVM in 2006. */
    NAIVE((around, backend, time) -> new NaiveMmu(around)),
    /** By shadow tables that are kept, the guest's tables being write-protected: 2007. */
    CACHED((around, backend, time) -> new CachedMmu(around)),
    /** The same, but the guest may write its page tables until it flushes: 2008. */
    UNSYNC((around, backend, time) -> new UnsyncMmu(around)),
    /** By the processor in two dimensions: EPT, nested paging. */
    NESTED((around, backend, time) -> new TdpMmu(around, backend.secondDimension())),
    /** By both, on a processor that nobody has built: agile paging, 2016. */
    AGILE((around, backend, time) -> new AgileMmu(around, backend.secondDimension(), backend.linear(), time));

    /** Makes the MMU of a virtual CPU. */
    private interface Maker {
        GuestMmu make(Surroundings around, Backend backend, LongSupplier time);
    }

    private final Maker maker;

    MmuKind(Maker maker) {
        this.maker = maker;
    }

    /** Whether the processor translates guest-physical addresses. */
    public boolean hasSecondDimension() {
        return this == NESTED || this == AGILE;
    }

    /** Whether its hardware exists nowhere: then it is used where it is asked for by name alone. */
    public boolean hypothetical() {
        return this == AGILE;
    }

    /** Whether there is one for an extension. */
    public boolean runsOn(Virt virt) {
        return this != AGILE || virt == Virt.VMX;
    }

    /** Those for an extension. */
    public static List<MmuKind> on(Virt virt) {
        return Stream.of(values()).filter(kind -> kind.runsOn(virt)).toList();
    }

    /** @param time the guest's, in ticks */
    GuestMmu in(Surroundings surroundings, Backend backend, LongSupplier time) {
        return maker.make(surroundings, backend, time);
    }
}

package org.thirdmode.testkit.world;

import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.shadow.HostFormat;

/** Whether the processor translates guest-physical addresses, and by what. */
public enum Nesting {
    /** It does not: the hypervisor's tables are shadows of the guest's. */
    NONE("shadow tables"),
    /** By EPT, which sets no flags. */
    EPT("EPT"),
    /** By EPT with Accessed and Dirty flags. */
    EPT_FLAGS("EPT with flags"),
    /** The same, and the processor writes down what becomes dirty. SDM 3C "Page-Modification Logging". */
    EPT_LOG("EPT with page-modification logging"),
    /** By nested paging, in the format of the host's tables. */
    NPT("nested paging"),
    /** By EPT with flags where the hypervisor's shadow tables say so: the hypothetical processor of {@code npt.agile}. */
    AGILE("agile paging");

    private final String words;

    Nesting(String words) {
        this.words = words;
    }

    /** Whether it is EPT. */
    public boolean ept() {
        return this == EPT || this == EPT_FLAGS || this == EPT_LOG || this == AGILE;
    }

    /** Whether the processor sets Accessed and Dirty flags in the hypervisor's tables. */
    public boolean flags() {
        return this != NONE && this != EPT;
    }

    /** The format of the tables on a host; null for shadow tables. */
    public TdpFormat format(HostFormat host) {
        return switch (this) {
            case NONE -> null;
            case NPT -> TdpFormat.npt(host);
            default -> host == HostFormat.LEVEL_5 ? TdpFormat.EPT_5 : TdpFormat.EPT_4;
        };
    }

    @Override
    public String toString() {
        return words;
    }
}

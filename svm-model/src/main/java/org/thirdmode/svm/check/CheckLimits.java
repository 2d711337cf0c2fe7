package org.thirdmode.svm.check;

import java.util.Set;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;

/**
 * What the checks of VMRUN depend on besides the VMCB.
 *
 * @param physicalAddressWidth in bits
 * @param cr0Reserved bits of CR0 that must be zero
 * @param cr4Reserved the same for CR4
 * @param eferReserved the same for EFER
 * @param longMode whether the processor has long mode
 * @param hostPaging whether CR0.PG is set in the host that executes VMRUN
 * @param svm what the processor has of SVM
 */
public record CheckLimits(
        int physicalAddressWidth,
        long cr0Reserved,
        long cr4Reserved,
        long eferReserved,
        boolean longMode,
        boolean hostPaging,
        SvmProfile svm) {
    /** The first address that no memory can have. */
    public long addressEnd() {
        return 1L << physicalAddressWidth;
    }

    /** Bits that a physical address cannot have. */
    public long beyondAddresses() {
        return -(1L << physicalAddressWidth);
    }

    public boolean has(SvmFeature feature) {
        return svm.has(feature);
    }

    /** The same where the host has another setting of CR0.PG. */
    public CheckLimits withHostPaging(boolean paging) {
        return new CheckLimits(physicalAddressWidth, cr0Reserved, cr4Reserved, eferReserved, longMode, paging, svm);
    }

    /** For a dump from a processor of which nothing is known: 52 address bits, every bit of CR4 and EFER that AMD defines. */
    public static CheckLimits ofAnyProcessor() {
        long cr4 = 0x1_00ff_1fffL | (1L << 20) | (1L << 21) | (1L << 22) | (1L << 23);
        long efer = 0x1L | (1L << 8) | (0x3fL << 10) | (1L << 17) | (1L << 18) | (1L << 20) | (1L << 21);
        return new CheckLimits(
                52,
                0xffff_ffff_0000_0000L,
                ~cr4,
                ~efer,
                true,
                true,
                new SvmProfile("any", 1 << 16, Set.of(SvmFeature.values())));
    }
}

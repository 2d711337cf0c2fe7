package org.thirdmode.svm.check;

import java.util.Set;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.x86.exec.system.ControlRegisters;
import org.thirdmode.x86.profile.Feature;

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
    /** Those of a processor whose host has paging enabled. */
    public static CheckLimits of(Set<Feature> features, int physicalAddressWidth, SvmProfile svm) {
        return new CheckLimits(
                physicalAddressWidth,
                -1L << 32,
                ~ControlRegisters.cr4Allowed(features),
                ~ControlRegisters.eferAllowed(features),
                features.contains(Feature.LM),
                true,
                svm);
    }

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

    /** Those of a processor that has every bit of CR4 and EFER that the manual names. */
    public static CheckLimits ofAnyProcessor(int physicalAddressWidth) {
        long cr4 = 0x1fff | (7L << 16) | (0xfL << 20);
        long efer = 1L | (1L << 8) | (0x3fL << 10) | (3L << 17) | (3L << 20);
        Set<SvmFeature> features = Set.of(SvmFeature.values());
        return new CheckLimits(
                physicalAddressWidth, -1L << 32, ~cr4, ~efer, true, true, new SvmProfile("any", 1 << 16, features));
    }
}

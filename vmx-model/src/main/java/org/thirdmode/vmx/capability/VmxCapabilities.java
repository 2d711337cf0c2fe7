package org.thirdmode.vmx.capability;

import java.util.List;
import java.util.Set;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmFunctions;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.system.ControlRegisters;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;

/**
 * What a processor tells in its VMX capability MSRs, and what VM entry and VMREAD check against. SDM 3D "VMX Capability
 * Reporting Facility".
 */
public final class VmxCapabilities {
    private static final long WRITE_BACK = 6L << 50;
    private static final long CR3_TARGETS = 4;

    /** The processor that it is of. */
    public final CpuProfile processor;

    /** Controls that must be 1, and controls that may be 1. */
    public final long pinBasedMustBeOne;

    public final long pinBasedMayBeOne;
    public final long primaryMustBeOne;
    public final long primaryMayBeOne;
    public final long secondaryMayBeOne;
    public final long tertiaryMayBeOne;
    public final long exitMustBeOne;
    public final long exitMayBeOne;
    public final long secondaryExitMayBeOne;
    public final long entryMustBeOne;
    public final long entryMayBeOne;
    public final long vmFunctionsMayBeOne;

    /** IA32_VMX_BASIC, IA32_VMX_MISC, IA32_VMX_EPT_VPID_CAP. */
    public final long basic;

    public final long misc;
    public final long eptVpid;

    /** Bits of CR0 and CR4 that must be 1 in VMX operation, and those that may be. */
    public final long cr0Fixed0;

    public final long cr0Fixed1;
    public final long cr4Fixed0;
    public final long cr4Fixed1;

    private final Set<VmxFeature> features;
    private final boolean[] exists = new boolean[VmcsField.all().size()];
    private final long[] msrs = new long[CapabilityMsr.COUNT];
    private final boolean[] hasMsr = new boolean[CapabilityMsr.COUNT];

    VmxCapabilities(CpuProfile processor, Set<VmxFeature> features, int timerShift, long cr4Bits) {
        this.processor = processor;
        this.features = Set.copyOf(features);
        for (CapabilityMsr msr : CapabilityMsr.values()) {
            hasMsr[msr.ordinal()] = hasMsr(msr);
            msrs[msr.ordinal()] = value(msr, timerShift, cr4Bits);
        }
        for (VmcsField field : VmcsField.all()) {
            exists[field.ordinal()] = existsHere(field);
        }
        msrs[CapabilityMsr.IA32_VMX_VMCS_ENUM.ordinal()] = highestIndex() << 1;
        boolean precise = has(Capability.TRUE_CONTROLS);
        pinBasedMustBeOne = PinBased.DEFAULT1;
        pinBasedMayBeOne = mayBeOne(CapabilityMsr.IA32_VMX_PINBASED_CTLS);
        primaryMustBeOne =
                mustBeOne(precise ? CapabilityMsr.IA32_VMX_TRUE_PROCBASED_CTLS : CapabilityMsr.IA32_VMX_PROCBASED_CTLS);
        primaryMayBeOne = mayBeOne(CapabilityMsr.IA32_VMX_PROCBASED_CTLS);
        secondaryMayBeOne = mayBeOne(CapabilityMsr.IA32_VMX_PROCBASED_CTLS2);
        tertiaryMayBeOne = msr(CapabilityMsr.IA32_VMX_PROCBASED_CTLS3);
        exitMustBeOne = mustBeOne(precise ? CapabilityMsr.IA32_VMX_TRUE_EXIT_CTLS : CapabilityMsr.IA32_VMX_EXIT_CTLS);
        exitMayBeOne = mayBeOne(CapabilityMsr.IA32_VMX_EXIT_CTLS);
        secondaryExitMayBeOne = msr(CapabilityMsr.IA32_VMX_EXIT_CTLS2);
        entryMustBeOne =
                mustBeOne(precise ? CapabilityMsr.IA32_VMX_TRUE_ENTRY_CTLS : CapabilityMsr.IA32_VMX_ENTRY_CTLS);
        entryMayBeOne = mayBeOne(CapabilityMsr.IA32_VMX_ENTRY_CTLS);
        vmFunctionsMayBeOne = msr(CapabilityMsr.IA32_VMX_VMFUNC);
        basic = msr(CapabilityMsr.IA32_VMX_BASIC);
        misc = msr(CapabilityMsr.IA32_VMX_MISC);
        eptVpid = msr(CapabilityMsr.IA32_VMX_EPT_VPID_CAP);
        cr0Fixed0 = msr(CapabilityMsr.IA32_VMX_CR0_FIXED0);
        cr0Fixed1 = msr(CapabilityMsr.IA32_VMX_CR0_FIXED1);
        cr4Fixed0 = msr(CapabilityMsr.IA32_VMX_CR4_FIXED0);
        cr4Fixed1 = msr(CapabilityMsr.IA32_VMX_CR4_FIXED1);
    }

    /** The capabilities with which the model plays a processor. */
    public static VmxCapabilities of(CpuProfile processor) {
        return VmxProfile.of(processor).modelled();
    }

    private boolean hasMsr(CapabilityMsr msr) {
        return switch (msr) {
            case IA32_VMX_PROCBASED_CTLS2 -> has(PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS);
            case IA32_VMX_PROCBASED_CTLS3 -> has(PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS);
            case IA32_VMX_EXIT_CTLS2 -> has(ExitControls.ACTIVATE_SECONDARY_CONTROLS);
            case IA32_VMX_EPT_VPID_CAP ->
                has(SecondaryProcessorBased.ENABLE_EPT) || has(SecondaryProcessorBased.ENABLE_VPID);
            case IA32_VMX_VMFUNC -> has(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS);
            default -> !msr.isTrueForm() || has(Capability.TRUE_CONTROLS);
        };
    }

    private long value(CapabilityMsr msr, int timerShift, long cr4Bits) {
        return switch (msr) {
            case IA32_VMX_BASIC -> bits(msr) | Vmcs.REVISION | ((long) Vmcs.SIZE << 32) | WRITE_BACK;
            case IA32_VMX_MISC -> bits(msr) | timerShift | (CR3_TARGETS << 16);
            case IA32_VMX_CR0_FIXED0 -> Cr0.PG | Cr0.NE | Cr0.PE;
            case IA32_VMX_CR0_FIXED1 -> 0xffff_ffffL;
            case IA32_VMX_CR4_FIXED0 -> Cr4.VMXE;
            case IA32_VMX_CR4_FIXED1 -> cr4Bits;
            default -> msr.controls == null ? bits(msr) : bits(msr) | msr.mustBeOne | (defaultOnes(msr) << 32);
        };
    }

    private long bits(CapabilityMsr msr) {
        long bits = 0;
        for (VmxFeature feature : features) {
            boolean precise = msr.isTrueForm() && feature.msr().controls == msr.controls;
            if (feature.msr() == msr || (precise && msr.controls != null)) {
                bits |= 1L << feature.bit();
            }
        }
        return bits;
    }

    /** Reserved controls of the default1 class may be 1, on every processor. */
    private static long defaultOnes(CapabilityMsr msr) {
        return switch (msr.controls) {
            case PIN_BASED_CONTROLS -> PinBased.DEFAULT1;
            case PRIMARY_PROCESSOR_BASED_CONTROLS -> PrimaryProcessorBased.DEFAULT1;
            case PRIMARY_EXIT_CONTROLS -> ExitControls.DEFAULT1;
            case ENTRY_CONTROLS -> EntryControls.DEFAULT1;
            default -> 0;
        };
    }

    /** The bits of CR4 that software may set on a processor of the model. SDM 3A "Control Registers". */
    static long cr4Bits(CpuProfile processor) {
        return ControlRegisters.cr4Allowed(processor.features()) | Cr4.VMXE;
    }

    private boolean existsHere(VmcsField field) {
        List<ControlBit> with = field.existsWith;
        return with.isEmpty() || with.stream().anyMatch(this::has);
    }

    private long highestIndex() {
        return VmcsField.all().stream()
                .filter(this::exists)
                .mapToLong(VmcsField::index)
                .max()
                .orElse(0);
    }

    private long mustBeOne(CapabilityMsr msr) {
        return msr(msr) & 0xffff_ffffL;
    }

    private long mayBeOne(CapabilityMsr msr) {
        return hasMsr[msr.ordinal()] ? msr(msr) >>> 32 : 0;
    }

    /** Whether the processor has a capability MSR. */
    public boolean hasMsr(int index) {
        int slot = index - CapabilityMsr.FIRST;
        return slot >= 0 && slot < CapabilityMsr.COUNT && hasMsr[slot];
    }

    /** A capability MSR that the processor has. */
    public long msr(int index) {
        return msrs[index - CapabilityMsr.FIRST];
    }

    /** A capability MSR; 0 where the processor does not have it. */
    public long msr(CapabilityMsr msr) {
        return hasMsr[msr.ordinal()] ? msrs[msr.ordinal()] : 0;
    }

    /** Whether VMREAD knows the field. */
    public boolean exists(VmcsField field) {
        return exists[field.ordinal()];
    }

    /** Whether a control may be 1. Not for hot paths. */
    public boolean has(ControlBit control) {
        return features.contains(VmxFeature.of(control));
    }

    /** Not for hot paths: test {@link #basic}, {@link #misc} or {@link #eptVpid} there. */
    public boolean has(Capability capability) {
        return features.contains(VmxFeature.of(capability));
    }

    /** All that it has. */
    public Set<VmxFeature> features() {
        return features;
    }

    /** How many CR3-target values the processor compares with. */
    public int cr3Targets() {
        return (int) (misc >>> 16) & 0x1ff;
    }

    /** The bits of a field of controls that must be 1; 0 for any other field. */
    public long mustBeOne(VmcsField controls) {
        return switch (controls) {
            case PIN_BASED_CONTROLS -> pinBasedMustBeOne;
            case PRIMARY_PROCESSOR_BASED_CONTROLS -> primaryMustBeOne;
            case PRIMARY_EXIT_CONTROLS -> exitMustBeOne;
            case ENTRY_CONTROLS -> entryMustBeOne;
            default -> 0;
        };
    }

    /** The bits of a field of controls that may be 1; all ones for any other field. */
    public long mayBeOne(VmcsField controls) {
        return switch (controls) {
            case PIN_BASED_CONTROLS -> pinBasedMayBeOne;
            case PRIMARY_PROCESSOR_BASED_CONTROLS -> primaryMayBeOne;
            case SECONDARY_PROCESSOR_BASED_CONTROLS -> secondaryMayBeOne;
            case TERTIARY_PROCESSOR_BASED_CONTROLS -> tertiaryMayBeOne;
            case PRIMARY_EXIT_CONTROLS -> exitMayBeOne;
            case SECONDARY_EXIT_CONTROLS -> secondaryExitMayBeOne;
            case ENTRY_CONTROLS -> entryMayBeOne;
            case VM_FUNCTION_CONTROLS -> vmFunctionsMayBeOne;
            default -> -1;
        };
    }

    /** Whether leaf 0 of VMFUNC, EPTP switching, can be enabled. */
    public boolean hasEptpSwitching() {
        return has(VmFunctions.EPTP_SWITCHING);
    }
}

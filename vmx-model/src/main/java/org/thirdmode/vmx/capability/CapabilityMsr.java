package org.thirdmode.vmx.capability;

import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;

/** The MSRs in which a processor tells its VMX capabilities. SDM 3D "VMX Capability Reporting Facility" (Appendix A). */
public enum CapabilityMsr {
    IA32_VMX_BASIC(0x480),
    IA32_VMX_PINBASED_CTLS(0x481, VmcsField.PIN_BASED_CONTROLS, PinBased.DEFAULT1),
    IA32_VMX_PROCBASED_CTLS(0x482, VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, PrimaryProcessorBased.DEFAULT1),
    IA32_VMX_EXIT_CTLS(0x483, VmcsField.PRIMARY_EXIT_CONTROLS, ExitControls.DEFAULT1),
    IA32_VMX_ENTRY_CTLS(0x484, VmcsField.ENTRY_CONTROLS, EntryControls.DEFAULT1),
    IA32_VMX_MISC(0x485),
    IA32_VMX_CR0_FIXED0(0x486),
    IA32_VMX_CR0_FIXED1(0x487),
    IA32_VMX_CR4_FIXED0(0x488),
    IA32_VMX_CR4_FIXED1(0x489),
    IA32_VMX_VMCS_ENUM(0x48a),
    IA32_VMX_PROCBASED_CTLS2(0x48b, VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, 0),
    IA32_VMX_EPT_VPID_CAP(0x48c),
    IA32_VMX_TRUE_PINBASED_CTLS(0x48d, VmcsField.PIN_BASED_CONTROLS, PinBased.DEFAULT1),
    IA32_VMX_TRUE_PROCBASED_CTLS(0x48e, VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, 0x0400_6172L),
    IA32_VMX_TRUE_EXIT_CTLS(0x48f, VmcsField.PRIMARY_EXIT_CONTROLS, 0x0003_6dfbL),
    IA32_VMX_TRUE_ENTRY_CTLS(0x490, VmcsField.ENTRY_CONTROLS, 0x0000_11fbL),
    IA32_VMX_VMFUNC(0x491),
    IA32_VMX_PROCBASED_CTLS3(0x492),
    IA32_VMX_EXIT_CTLS2(0x493);

    /** Address of the first and number of all; they are consecutive. */
    public static final int FIRST = 0x480;

    public static final int COUNT = 20;

    /** Index for RDMSR. */
    public final int index;

    /** The controls whose allowed settings it tells in two halves (allowed 0-settings, allowed 1-settings); or null. */
    public final VmcsField controls;

    /** The controls that must be 1 on every processor that this model knows: bits 31:0 of the MSR. */
    public final long mustBeOne;

    CapabilityMsr(int index) {
        this(index, null, 0);
    }

    CapabilityMsr(int index, VmcsField controls, long mustBeOne) {
        this.index = index;
        this.controls = controls;
        this.mustBeOne = mustBeOne;
    }

    /** Whether it is the precise form of another: only where IA32_VMX_BASIC[55] is 1. */
    public boolean isTrueForm() {
        return index >= 0x48d && index <= 0x490;
    }
}

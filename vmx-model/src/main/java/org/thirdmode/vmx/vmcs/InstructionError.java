package org.thirdmode.vmx.vmcs;

/**
 * What VMfailValid puts into the VM-instruction error field. SDM 3C "VM Instruction Error Numbers". Numbers that the manual
 * leaves out are reserved.
 */
public enum InstructionError {
    VMCALL_IN_ROOT_OPERATION(1, "VMCALL executed in VMX root operation"),
    VMCLEAR_INVALID_ADDRESS(2, "VMCLEAR with invalid physical address"),
    VMCLEAR_VMXON_POINTER(3, "VMCLEAR with VMXON pointer"),
    VMLAUNCH_NON_CLEAR(4, "VMLAUNCH with non-clear VMCS"),
    VMRESUME_NON_LAUNCHED(5, "VMRESUME with non-launched VMCS"),
    VMRESUME_AFTER_VMXOFF(6, "VMRESUME after VMXOFF (VMXOFF and VMXON between VMLAUNCH and " + "VMRESUME)"),
    ENTRY_INVALID_CONTROL_FIELD(7, "VM entry with invalid control field(s)"),
    ENTRY_INVALID_HOST_STATE(8, "VM entry with invalid host-state field(s)"),
    VMPTRLD_INVALID_ADDRESS(9, "VMPTRLD with invalid physical address"),
    VMPTRLD_VMXON_POINTER(10, "VMPTRLD with VMXON pointer"),
    VMPTRLD_REVISION(11, "VMPTRLD with incorrect VMCS revision identifier"),
    UNSUPPORTED_COMPONENT(12, "VMREAD/VMWRITE from/to unsupported VMCS component"),
    VMWRITE_READ_ONLY(13, "VMWRITE to read-only VMCS component"),
    VMXON_IN_ROOT_OPERATION(15, "VMXON executed in VMX root operation"),
    ENTRY_INVALID_EXECUTIVE_VMCS(16, "VM entry with invalid executive-VMCS pointer"),
    ENTRY_NON_LAUNCHED_EXECUTIVE_VMCS(17, "VM entry with non-launched executive VMCS"),
    ENTRY_EXECUTIVE_VMCS_NOT_VMXON_POINTER(
            18,
            "VM entry with executive-VMCS pointer not VMXON pointer (when "
                    + "attempting to deactivate the dual-monitor treatment of SMIs and SMM)"),
    VMCALL_NON_CLEAR(
            19,
            "VMCALL with non-clear VMCS (when attempting to activate the " + "dual-monitor treatment of SMIs and SMM)"),
    VMCALL_INVALID_EXIT_CONTROLS(20, "VMCALL with invalid VM-exit control fields"),
    VMCALL_MSEG_REVISION(
            22,
            "VMCALL with incorrect MSEG revision identifier (when attempting "
                    + "to activate the dual-monitor treatment of SMIs and SMM)"),
    VMXOFF_DUAL_MONITOR(23, "VMXOFF under dual-monitor treatment of SMIs and SMM"),
    VMCALL_SMM_MONITOR_FEATURES(
            24,
            "VMCALL with invalid SMM-monitor features (when attempting to "
                    + "activate the dual-monitor treatment of SMIs and SMM)"),
    ENTRY_INVALID_EXECUTIVE_VMCS_CONTROLS(
            25,
            "VM entry with invalid VM-execution control fields in executive "
                    + "VMCS (when attempting to return from SMM)"),
    ENTRY_BLOCKED_BY_MOV_SS(26, "VM entry with events blocked by MOV SS"),
    INVALID_OPERAND_TO_INVEPT_INVVPID(28, "Invalid operand to INVEPT/INVVPID");

    /** The error number. */
    public final int number;

    /** The manual's description. */
    public final String title;

    InstructionError(int number, String title) {
        this.number = number;
        this.title = title;
    }

    /** The error of a number, or null. */
    public static InstructionError of(int number) {
        for (InstructionError error : values()) {
            if (error.number == number) {
                return error;
            }
        }
        return null;
    }
}

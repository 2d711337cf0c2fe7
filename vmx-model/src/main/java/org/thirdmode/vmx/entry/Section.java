package org.thirdmode.vmx.entry;

import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.InstructionError;

/**
 * The sections of the manual that state the checks of a VM entry, in its order, each with what a failing check of it
 * reports. SDM 3C "VM Entries"; the numbers are those of the edition of 2024.
 */
public enum Section {
    EXECUTION_CONTROLS("27.2.1.1", "VM-Execution Control Fields", InstructionError.ENTRY_INVALID_CONTROL_FIELD),
    EXIT_CONTROLS("27.2.1.2", "VM-Exit Control Fields", InstructionError.ENTRY_INVALID_CONTROL_FIELD),
    ENTRY_CONTROLS("27.2.1.3", "VM-Entry Control Fields", InstructionError.ENTRY_INVALID_CONTROL_FIELD),
    HOST_REGISTERS(
            "27.2.2", "Checks on Host Control Registers, MSRs, and SSP", InstructionError.ENTRY_INVALID_HOST_STATE),
    HOST_SEGMENTS(
            "27.2.3",
            "Checks on Host Segment and Descriptor-Table Registers",
            InstructionError.ENTRY_INVALID_HOST_STATE),
    ADDRESS_SPACE_SIZE("27.2.4", "Checks Related to Address-Space Size", InstructionError.ENTRY_INVALID_HOST_STATE),
    GUEST_REGISTERS("27.3.1.1", "Checks on Guest Control Registers, Debug Registers, and MSRs", null),
    GUEST_SEGMENTS("27.3.1.2", "Checks on Guest Segment Registers", null),
    GUEST_DESCRIPTOR_TABLES("27.3.1.3", "Checks on Guest Descriptor-Table Registers", null),
    GUEST_RIP_RFLAGS("27.3.1.4", "Checks on Guest RIP, RFLAGS, and SSP", null),
    GUEST_NON_REGISTER("27.3.1.5", "Checks on Guest Non-Register State", null),
    GUEST_PDPTES("27.3.1.6", "Checks on Guest Page-Directory-Pointer-Table Entries", null),
    MSR_LOADING("27.4", "Loading MSRs", null);

    /** The section's number and title. */
    public final String number;

    public final String title;

    /** What VMLAUNCH and VMRESUME report by VMfailValid; null where an entry failure is reported as a VM exit. */
    public final InstructionError error;

    Section(String number, String title, InstructionError error) {
        this.number = number;
        this.title = title;
        this.error = error;
    }

    /** Why the guest is left again; null where it is not entered at all. */
    public ExitReason exitReason() {
        if (error != null) {
            return null;
        }
        return this == MSR_LOADING ? ExitReason.ENTRY_FAILURE_MSR_LOADING : ExitReason.ENTRY_FAILURE_GUEST_STATE;
    }

    /** How to find it: {@code SDM 3C "VM-Entry Control Fields" (27.2.1.3)}. */
    public String citation() {
        return "SDM 3C \"" + title + "\" (" + number + ")";
    }
}

package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.PRIMARY_EXIT_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.SECONDARY_EXIT_CONTROLS;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_EXIT_MSR_LOAD_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_EXIT_MSR_LOAD_COUNT;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_EXIT_MSR_STORE_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_EXIT_MSR_STORE_COUNT;

import java.util.List;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.VmcsField;

/** "Checks on VMX Controls", VM-exit control fields. */
final class ExitControlChecks {
    static final List<EntryCheck> ROWS = rows(
            Section.EXIT_CONTROLS,
            row(
                            "exit-controls",
                            "Reserved bits of the primary VM-exit controls",
                            "each control has a setting that IA32_VMX_(TRUE_)EXIT_CTLS allows",
                            ExitControlChecks::controls)
                    .on(PRIMARY_EXIT_CONTROLS)
                    .remedy(PRIMARY_EXIT_CONTROLS, f -> ExecutionControlChecks.allowed(f, PRIMARY_EXIT_CONTROLS)),
            row(
                            "secondary-exit-controls",
                            "Reserved bits of the secondary VM-exit controls",
                            "if \"activate secondary controls\" is 1, each control has a setting that IA32_VMX_EXIT_CTLS2"
                                    + " allows",
                            ExitControlChecks::secondary)
                    .on(SECONDARY_EXIT_CONTROLS)
                    .on(ExitControls.ACTIVATE_SECONDARY_CONTROLS)
                    .remedy(SECONDARY_EXIT_CONTROLS, f -> ExecutionControlChecks.allowed(f, SECONDARY_EXIT_CONTROLS)),
            row(
                            "save-preemption-timer",
                            "Preemption timer and its saving",
                            "if \"activate VMX-preemption timer\" is 0, \"save VMX-preemption timer value\" is 0",
                            ExitControlChecks::preemptionTimer)
                    .on(ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE, PinBased.ACTIVATE_VMX_PREEMPTION_TIMER),
            row(
                            "exit-msr-store-address",
                            "VM-exit MSR-store address",
                            "if the VM-exit MSR-store count is not 0, bits 3:0 are 0 and no bit is beyond the"
                                    + " physical-address width",
                            ExitControlChecks::storeAddress)
                    .on(VM_EXIT_MSR_STORE_ADDRESS, VM_EXIT_MSR_STORE_COUNT)
                    .remedy(VM_EXIT_MSR_STORE_ADDRESS, f -> f.physical(VM_EXIT_MSR_STORE_ADDRESS, 0xf)),
            row(
                            "exit-msr-store-end",
                            "End of the VM-exit MSR-store area",
                            "the address of its last byte has no bit beyond the physical-address width",
                            ExitControlChecks::storeEnd)
                    .on(VM_EXIT_MSR_STORE_COUNT, VM_EXIT_MSR_STORE_ADDRESS)
                    .remedy(VM_EXIT_MSR_STORE_COUNT, f -> 0),
            row(
                            "exit-msr-load-address",
                            "VM-exit MSR-load address",
                            "if the VM-exit MSR-load count is not 0, bits 3:0 are 0 and no bit is beyond the"
                                    + " physical-address width",
                            ExitControlChecks::loadAddress)
                    .on(VM_EXIT_MSR_LOAD_ADDRESS, VM_EXIT_MSR_LOAD_COUNT)
                    .remedy(VM_EXIT_MSR_LOAD_ADDRESS, f -> f.physical(VM_EXIT_MSR_LOAD_ADDRESS, 0xf)),
            row(
                            "exit-msr-load-end",
                            "End of the VM-exit MSR-load area",
                            "the address of its last byte has no bit beyond the physical-address width",
                            ExitControlChecks::loadEnd)
                    .on(VM_EXIT_MSR_LOAD_COUNT, VM_EXIT_MSR_LOAD_ADDRESS)
                    .remedy(VM_EXIT_MSR_LOAD_COUNT, f -> 0));

    private ExitControlChecks() {}

    static boolean hold(Facts f) {
        return controls(f)
                && secondary(f)
                && preemptionTimer(f)
                && storeAddress(f)
                && storeEnd(f)
                && loadAddress(f)
                && loadEnd(f);
    }

    private static boolean controls(Facts f) {
        return ExecutionControlChecks.isAllowed(f.exit(), f.capabilities.exitMustBeOne, f.capabilities.exitMayBeOne);
    }

    private static boolean secondary(Facts f) {
        return (f.secondaryExit() & ~f.capabilities.secondaryExitMayBeOne) == 0;
    }

    private static boolean preemptionTimer(Facts f) {
        return f.is(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER) || !f.is(ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE);
    }

    /** The manual: "bits 3:0 of the address must be 0. The address should not set any bits beyond the width". */
    static boolean msrAreaAddress(Facts f, VmcsField count, VmcsField address) {
        return f.get(count) == 0 || f.isPhysical(address, 0xf);
    }

    /** Whether the last byte of an area lies within the physical addresses: the sum has more bits than an address. */
    static boolean msrAreaEnd(Facts f, VmcsField count, VmcsField address) {
        long entries = f.get(count);
        if (entries == 0) {
            return true;
        }
        long first = f.get(address);
        long last = first + entries * 16 - 1;
        return (first & f.beyondPhysical) != 0 || (last & f.beyondPhysical) == 0;
    }

    private static boolean storeAddress(Facts f) {
        return msrAreaAddress(f, VM_EXIT_MSR_STORE_COUNT, VM_EXIT_MSR_STORE_ADDRESS);
    }

    private static boolean storeEnd(Facts f) {
        return msrAreaEnd(f, VM_EXIT_MSR_STORE_COUNT, VM_EXIT_MSR_STORE_ADDRESS);
    }

    private static boolean loadAddress(Facts f) {
        return msrAreaAddress(f, VM_EXIT_MSR_LOAD_COUNT, VM_EXIT_MSR_LOAD_ADDRESS);
    }

    private static boolean loadEnd(Facts f) {
        return msrAreaEnd(f, VM_EXIT_MSR_LOAD_COUNT, VM_EXIT_MSR_LOAD_ADDRESS);
    }
}

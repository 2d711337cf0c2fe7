package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.entry.EntryCheck;
import org.thirdmode.vmx.entry.RepeatedChecks;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.InstructionError;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestExit;

/** VM entry. SDM 3C "VM Entries": its sections in their order. */
final class VmEntry {
    /** Exit qualification of an entry failure: loading the PDPTEs failed. */
    private static final long QUALIFICATION_PDPTE = 2;

    private final Vmx vmx;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcs vmcs;
    private final RepeatedChecks checks = new RepeatedChecks();

    /** The event that the entry injects and that has not been delivered yet; 0 where there is none. */
    private int event;

    VmEntry(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        state = cpu.state;
        vmcs = vmx.vmcs;
    }

    /**
     * VMLAUNCH and VMRESUME, after the checks of the instruction's operation mode and privilege.
     *
     * @param instruction {@link VmcsState.Event#VMLAUNCH} or {@link VmcsState.Event#VMRESUME}
     * @return as {@link VmxInstructions}; {@link VmxInstructions#SUCCEED} also where the entry has failed after the checks
     *     on controls and host state and the processor stands at HOST_RIP
     */
    int enter(VmcsState.Event instruction) {
        if (vmcs.address() == Vmcs.NO_VMCS || vmcs.isShadow()) {
            return VmxInstructions.FAIL_INVALID;
        }
        if (cpu.shadowOfThisInstruction() == Processor.SHADOW_MOV_SS) {
            return InstructionError.ENTRY_BLOCKED_BY_MOV_SS.number;
        }
        VmcsState lifeCycle = VmcsState.of(true, vmcs.isLaunched());
        if (!lifeCycle.allows(instruction)) {
            return instruction == VmcsState.Event.VMLAUNCH
                    ? InstructionError.VMLAUNCH_NON_CLEAR.number
                    : InstructionError.VMRESUME_NON_LAUNCHED.number;
        }
        vmx.controls.read(vmcs);
        vmx.facts.look(vmcs, state.longModeActive());
        EntryCheck failedCheck = checks.controlsAndHostState(vmx.facts);
        if (failedCheck != null) {
            return failedCheck.section().error.number;
        }
        failedCheck = checks.guestState(vmx.facts);
        if (failedCheck != null) {
            vmx.exits.entryFailure(ExitReason.ENTRY_FAILURE_GUEST_STATE, failedCheck.qualification());
            return VmxInstructions.SUCCEED;
        }
        loadGuest();
        if (vmx.guestPdptesInvalid()) {
            vmx.exits.entryFailure(ExitReason.ENTRY_FAILURE_GUEST_STATE, QUALIFICATION_PDPTE);
            return VmxInstructions.SUCCEED;
        }
        long failed = vmx.msrAreas.loadGuest();
        if (failed != 0) {
            vmx.exits.entryFailure(ExitReason.ENTRY_FAILURE_MSR_LOADING, failed);
            return VmxInstructions.SUCCEED;
        }
        if (lifeCycle.after(instruction) != lifeCycle) {
            vmcs.launched(true);
        }
        begin();
        return VmxInstructions.SUCCEED;
    }

    private void loadGuest() {
        vmx.guest.load();
        vmx.enterGuestPhysicalSpace();
    }

    /** Everything is loaded: non-root operation begins. */
    private void begin() {
        cpu.guestMode = true;
        cpu.intercepts = vmx.controls.intercepts(vmcs);
        if (vmx.controls.is(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER)) {
            vmx.preemptionTimer.start(vmcs.read(VmcsField.VMX_PREEMPTION_TIMER_VALUE));
        }
        event = (int) vmcs.read(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION);
        if (event >= 0) {
            event = 0;
        } else if (EventInformation.type(event) != EventInformation.OTHER_EVENT) {
            cpu.activity = Processor.Activity.ACTIVE;
        }
        vmx.virtualApic.entered();
        vmx.pauseLoop.entered();
        vmx.stateLoaded();
        vmx.observed.entered();
    }

    /** Delivers the event that the entry injects. SDM 3C "Event Injection"; before anything else that is pending. */
    void inject() {
        if (event == 0) {
            return;
        }
        int information = event & (EventInformation.VALID | EventInformation.ERROR_CODE | 0x7ff);
        event = 0;
        int type = EventInformation.type(information);
        vmx.observed.injected(information);
        if (type == EventInformation.OTHER_EVENT) {
            vmx.monitorTrapPending = true;
            return;
        }
        // After a vectoring entry nothing is blocked by STI or MOV SS; an exit during the delivery saves what was
        // loaded.
        int shadow = cpu.shadow;
        int pendingDebug = cpu.pendingDebug;
        long rip = state.rip;
        cpu.shadow = Processor.NO_SHADOW;
        boolean softwareException =
                type == EventInformation.SOFTWARE_EXCEPTION || type == EventInformation.PRIVILEGED_SOFTWARE_EXCEPTION;
        if (!softwareException) {
            cpu.pendingDebug = 0;
        }
        if (type == EventInformation.NMI) {
            vmx.blockNmi();
        }
        try {
            cpu.events.inject(information, (int) vmcs.read(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE), (int)
                    vmcs.read(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH));
        } catch (GuestExit e) {
            state.rip = rip;
            cpu.shadow = shadow;
            cpu.pendingDebug = pendingDebug;
            throw e;
        }
        if (vmx.controls.is(PrimaryProcessorBased.MONITOR_TRAP_FLAG)) {
            vmx.monitorTrapPending = true;
        }
    }

    /** Forgets an event that has not been delivered. */
    void forget() {
        event = 0;
    }
}

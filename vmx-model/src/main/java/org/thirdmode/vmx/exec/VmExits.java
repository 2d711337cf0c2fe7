package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.Rflags;

/**
 * VM exits: what is known where one is found is noted here ({@link #note} and what follows it), then thrown as the
 * processor's one {@link GuestExit}; once the core has unwound the instruction, {@link #complete} records the information,
 * saves the guest and loads the host. SDM 3C "VM Exits".
 */
final class VmExits {
    /** What becomes of RFLAGS.RF. SDM 3C "Saving RIP, RSP, RFLAGS, and SSP". */
    enum ResumeFlag {
        /** As the processor has it: interrupts, trap-like exits. */
        KEPT,
        /** An instruction that causes an exit. */
        CLEARED,
        /** A fault, or an access to memory that is to be done again. */
        SET
    }

    private static final int NO_LENGTH = -1;

    /** To be found out when the exit is completed and RIP is that of the instruction. */
    private static final int OF_THE_INSTRUCTION = -2;

    /** VMX-abort indicators. SDM 3C "VMX Aborts". */
    static final int ABORT_SAVING_GUEST_MSRS = 1;

    static final int ABORT_HOST_PDPTES = 2;
    static final int ABORT_LOADING_HOST_MSRS = 4;

    private final Vmx vmx;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcs vmcs;

    private ExitReason reason = ExitReason.EXCEPTION_OR_NMI;
    private long qualification;
    private int interruption;
    private int interruptionErrorCode;
    private int length;
    private long instructionInformation;
    private long linear;
    private long guestPhysical;
    private ResumeFlag resumeFlag = ResumeFlag.KEPT;

    VmExits(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        state = cpu.state;
        vmcs = vmx.vmcs;
    }

    // ---- noting ----

    /** Begins an exit. What the caller does not add is as for an exit to which it does not apply. */
    VmExits note(ExitReason why, long exitQualification) {
        reason = why;
        qualification = exitQualification;
        interruption = 0;
        length = NO_LENGTH;
        instructionInformation = -1;
        linear = -1;
        guestPhysical = -1;
        resumeFlag = ResumeFlag.KEPT;
        return this;
    }

    /** An access to memory by an instruction, or on the way to the handler of an event. */
    VmExits access(ExitReason why, long exitQualification) {
        note(why, exitQualification).resumeFlag(ResumeFlag.SET);
        if (cpu.events.vectoring == 0) {
            length = OF_THE_INSTRUCTION;
        }
        return this;
    }

    /** An exit that comes between two instructions. */
    GuestExit between(ExitReason why) {
        return note(why, 0).exit();
    }

    /** An exit that an instruction of {@code bytes} causes. */
    GuestExit instruction(ExitReason why, long exitQualification, int bytes) {
        return note(why, exitQualification)
                .length(bytes)
                .resumeFlag(ResumeFlag.CLEARED)
                .exit();
    }

    /** The same, of an instruction that the instruction-information field describes. */
    GuestExit instruction(ExitReason why, long exitQualification, int bytes, int information) {
        return note(why, exitQualification)
                .length(bytes)
                .information(information)
                .resumeFlag(ResumeFlag.CLEARED)
                .exit();
    }

    VmExits interruption(int information, int errorCode) {
        interruption = information;
        interruptionErrorCode = errorCode;
        return this;
    }

    VmExits length(int bytes) {
        length = bytes;
        return this;
    }

    VmExits information(int information) {
        instructionInformation = information & 0xffff_ffffL;
        return this;
    }

    VmExits linear(long address) {
        linear = address;
        return this;
    }

    VmExits guestPhysical(long address) {
        guestPhysical = address;
        return this;
    }

    VmExits resumeFlag(ResumeFlag what) {
        resumeFlag = what;
        return this;
    }

    GuestExit exit() {
        return cpu.exit;
    }

    // ---- completing ----

    /** Completes the exit that was thrown. */
    void complete() {
        if (length == OF_THE_INSTRUCTION) {
            length = cpu.instructionLength();
        }
        vmx.leaving();
        record();
        switch (resumeFlag) {
            case SET -> state.systemFlags |= Rflags.RF;
            case CLEARED -> state.systemFlags &= ~Rflags.RF;
            case KEPT -> {}
        }
        // The valid bit of the VM-entry interruption information is cleared by every exit.
        long injected = vmcs.read(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION);
        vmcs.write(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, injected & Integer.MAX_VALUE);
        vmx.guest.save();
        outOfGuestMode();
        boolean stored = vmx.msrAreas.store();
        vmx.observed.exited(reason.number);
        toHost(stored ? 0 : ABORT_SAVING_GUEST_MSRS);
        if (reason == ExitReason.EXCEPTION_OR_NMI && EventInformation.type(interruption) == EventInformation.NMI) {
            cpu.nmiBlocked = true;
        }
    }

    /**
     * A VM entry that fails after its checks on controls and host state: like an exit, but nothing is saved.
     *
     * @param failure {@link ExitReason#ENTRY_FAILURE_GUEST_STATE} or {@link ExitReason#ENTRY_FAILURE_MSR_LOADING}
     */
    void entryFailure(ExitReason failure, long exitQualification) {
        reason = failure;
        qualification = exitQualification;
        vmcs.write(VmcsField.EXIT_REASON, failure.number | ExitReason.ENTRY_FAILURE);
        vmcs.write(VmcsField.EXIT_QUALIFICATION, exitQualification);
        vmx.observed.entryFailed(failure.number);
        toHost(0);
    }

    /** SDM 3C "Recording VM-Exit Information and Updating VM-Entry Control Fields". */
    private void record() {
        vmcs.write(VmcsField.EXIT_REASON, reason.number);
        vmcs.write(VmcsField.EXIT_QUALIFICATION, qualification);
        vmcs.write(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION, interruption);
        if (EventInformation.hasErrorCode(interruption)) {
            vmcs.write(VmcsField.VM_EXIT_INTERRUPTION_ERROR_CODE, interruptionErrorCode);
        }
        int vectoring = cpu.events.vectoring;
        vmcs.write(VmcsField.IDT_VECTORING_INFORMATION, vectoring);
        if (vectoring != 0) {
            if (EventInformation.hasErrorCode(vectoring)) {
                vmcs.write(VmcsField.IDT_VECTORING_ERROR_CODE, cpu.events.vectoringErrorCode);
            }
            if (EventInformation.bySoftware(vectoring)) {
                length = cpu.events.vectoringLength;
            }
        }
        if (length >= 0) {
            vmcs.write(VmcsField.VM_EXIT_INSTRUCTION_LENGTH, length);
        }
        if (instructionInformation >= 0) {
            vmcs.write(VmcsField.VM_EXIT_INSTRUCTION_INFORMATION, instructionInformation);
        }
        if (linear != -1) {
            vmcs.write(VmcsField.GUEST_LINEAR_ADDRESS, linear);
        }
        if (guestPhysical != -1) {
            vmcs.write(VmcsField.GUEST_PHYSICAL_ADDRESS, guestPhysical);
        }
    }

    /** MSRs are stored and loaded as in root operation: no offset of the time-stamp counter, no virtual APIC. */
    private void outOfGuestMode() {
        cpu.guestMode = false;
        cpu.intercepts = Intercept.INIT;
    }

    /** Loads the host; {@code abort} is 0, or the VMX abort that has been met already. */
    private void toHost(int abort) {
        vmx.preemptionTimer.stop();
        vmx.dropPendingExits();
        outOfGuestMode();
        vmx.leaveGuestPhysicalSpace();
        int indicator = abort;
        if (!vmx.host.load() && indicator == 0) {
            indicator = ABORT_HOST_PDPTES;
        }
        vmx.toHostTranslations();
        if (indicator == 0 && !vmx.msrAreas.loadHost()) {
            indicator = ABORT_LOADING_HOST_MSRS;
        }
        vmx.stateLoaded();
        if (indicator != 0) {
            vmcs.abortIndicator(indicator);
            cpu.activity = Processor.Activity.SHUTDOWN;
        }
        vmx.handOver();
    }
}

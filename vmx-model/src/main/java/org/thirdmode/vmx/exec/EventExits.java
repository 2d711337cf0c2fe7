package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.exec.VmExits.ResumeFlag;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Extension.TaskSwitchCause;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.Vector;

/** Events of a guest that cause VM exits. SDM 3C "Other Causes of VM Exits", "Information for VM Exits Due to Vectored Events". */
final class EventExits {
    // Exit qualification for task switches: bits 31:30.
    private static final int TASK_SWITCH_SOURCE_SHIFT = 30;

    private final Vmx vmx;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcs vmcs;
    private final Controls controls;

    EventExits(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        state = cpu.state;
        vmcs = vmx.vmcs;
        controls = vmx.controls;
    }

    // ---- exceptions ----

    void exception(int information, int errorCode, long payload) {
        int vector = EventInformation.vector(information);
        if (!exits(vector, errorCode)) {
            return;
        }
        boolean software = EventInformation.bySoftware(information);
        boolean unblocked = vmx.nmiUnblockedAt == cpu.now()
                && vmx.nmiUnblockedAt >= 0
                && vector != Vector.DF
                && cpu.events.vectoring == 0;
        vmx.exits
                .note(ExitReason.EXCEPTION_OR_NMI, vector == Vector.PF || vector == Vector.DB ? payload : 0)
                .interruption(unblocked ? information | EventInformation.NMI_UNBLOCKING : information, errorCode)
                .resumeFlag(resumeFlag(vector, software, payload));
        if (software) {
            vmx.exits.length(cpu.events.vectoringLength);
        }
        throw vmx.exits.exit();
    }

    private boolean exits(int vector, int errorCode) {
        boolean set = (vmcs.read(VmcsField.EXCEPTION_BITMAP) & (1L << vector)) != 0;
        if (vector != Vector.PF) {
            return set;
        }
        if (cpu.walker.inGuestTables()) {
            // Hypothetical: with agile paging it is none of the hypervisor's.
            return false;
        }
        long mask = vmcs.read(VmcsField.PAGE_FAULT_ERROR_CODE_MASK);
        boolean matches = (errorCode & mask) == vmcs.read(VmcsField.PAGE_FAULT_ERROR_CODE_MATCH);
        return set == matches;
    }

    /** RFLAGS.RF is saved as the handler would have found it on its stack. */
    private static ResumeFlag resumeFlag(int vector, boolean software, long payload) {
        if (software) {
            return ResumeFlag.CLEARED;
        }
        boolean trap = vector == Vector.DB && (payload & DebugRegisters.BD) == 0;
        return trap ? ResumeFlag.KEPT : ResumeFlag.SET;
    }

    GuestExit tripleFault() {
        return vmx.exits.between(ExitReason.TRIPLE_FAULT);
    }

    // ---- interrupts ----

    boolean externalInterrupt() {
        vmx.exits.note(ExitReason.EXTERNAL_INTERRUPT, 0);
        if (controls.is(ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT)) {
            int vector = cpu.apic.acknowledgeInterrupt();
            if (vmx.virtualApic.posted(vector)) {
                return true;
            }
            vmx.exits.interruption(EventInformation.of(EventInformation.EXTERNAL_INTERRUPT, vector, false), 0);
        }
        throw vmx.exits.exit();
    }

    boolean nmi() {
        if (cpu.nmiBlocked && !controls.is(PinBased.VIRTUAL_NMIS)) {
            return true;
        }
        cpu.nmiPending = false;
        throw vmx.exits
                .note(ExitReason.EXCEPTION_OR_NMI, 0)
                .interruption(EventInformation.of(EventInformation.NMI, Vector.NMI, false), 0)
                .exit();
    }

    // ---- task switches ----

    void taskSwitch(int selector, TaskSwitchCause cause) {
        long source = switch (cause) {
            case CALL -> 0;
            case IRET -> 1;
            case JMP -> 2;
            case TASK_GATE_IN_IDT -> 3;
        };
        vmx.exits.note(ExitReason.TASK_SWITCH, (source << TASK_SWITCH_SOURCE_SHIFT) | (selector & 0xffffL));
        if (cause != TaskSwitchCause.TASK_GATE_IN_IDT) {
            vmx.exits.length((int) (state.rip - state.instructionRip));
        }
        throw vmx.exits.exit();
    }
}

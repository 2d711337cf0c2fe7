package org.thirdmode.svm.exec;

import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Extension.TaskSwitchCause;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/**
 * Which events leave the guest, and which wait. APM 2 "Exception Intercepts", "Interrupt Intercepts", "Miscellaneous
 * Intercepts", "Virtual Interrupts".
 */
final class EventIntercepts {
    private static final long DR6_B = 0xf;
    private static final long IRET = 1L << 36;
    private static final long JUMP = 1L << 38;
    private static final long HAS_ERROR_CODE = 1L << 44;
    private static final long RESUME = 1L << 48;
    private static final long LOW32 = 0xffff_ffffL;

    private final Svm svm;
    private final Processor cpu;
    private final CpuState state;
    private final GuestControls controls;
    private final ExitInformation exit;

    EventIntercepts(Svm svm) {
        this.svm = svm;
        cpu = svm.cpu;
        state = cpu.state;
        controls = svm.controls;
        exit = svm.exit;
    }

    void exception(int information, int errorCode, long payload) {
        int vector = EventInformation.vector(information);
        if (vector == Vector.NMI || ((controls.exceptions >>> vector) & 1) == 0) {
            return;
        }
        if (vector == Vector.DB) {
            // "Both #DB faults and traps write DR6 and DR7 before the intercept is taken."
            state.dr[6] = (state.dr[6] & ~DR6_B) | payload;
            state.dr[7] &= ~DebugRegisters.GD;
        }
        long address = vector == Vector.PF ? payload : 0;
        long code = EventInformation.hasErrorCode(information) ? errorCode & LOW32 : 0;
        if (EventInformation.bySoftware(information)) {
            throw exit.instruction(ExitTable.EXCP0 + vector, code, address);
        }
        throw exit.event(ExitTable.EXCP0 + vector, code, address);
    }

    void taskSwitch(int selector, TaskSwitchCause cause) {
        int event = cpu.events.vectoring;
        long information = cause == TaskSwitchCause.IRET ? IRET : cause == TaskSwitchCause.JMP ? JUMP : 0;
        if (cause == TaskSwitchCause.TASK_GATE_IN_IDT) {
            if (EventInformation.hasErrorCode(event)) {
                information |= HAS_ERROR_CODE | (cpu.events.vectoringErrorCode & LOW32);
            }
            boolean fault = EventInformation.type(event) == EventInformation.HARDWARE_EXCEPTION;
            information |= fault ? RESUME : 0;
        }
        information |= (state.systemFlags & Rflags.RF) != 0 ? RESUME : 0;
        throw exit.event(ExitTable.TASK_SWITCH, selector, information);
    }

    void shutdown() {
        if (controls.intercepts1(InterceptTable.SHUTDOWN)) {
            throw exit.event(ExitTable.SHUTDOWN, 0, 0);
        }
        svm.worlds.abandon();
    }

    boolean init() {
        if (controls.intercepts1(InterceptTable.INIT)) {
            throw exit.event(ExitTable.INIT, 0, 0);
        }
        svm.worlds.abandon();
        return false;
    }

    void ferr() {
        throw exit.event(ExitTable.FERR_FREEZE, 0, 0);
    }

    /** An NMI stays pending when it leaves the guest: the host takes it once GIF is set. */
    boolean nmi() {
        if (cpu.nmiBlocked) {
            return true;
        }
        throw exit.event(ExitTable.NMI, 0, 0);
    }

    /** Whether RFLAGS.IF, the guest's or with V_INTR_MASKING the host's, lets a physical interrupt in. */
    private boolean physicalInterruptsEnabled() {
        return svm.virtual.masking() ? svm.worlds.hostInterruptsEnabled() : svm.registers.interruptsEnabled();
    }

    /** A physical interrupt is pending. True where the core is to leave it alone. */
    boolean externalInterrupt() {
        if (!physicalInterruptsEnabled()) {
            return true;
        }
        if (controls.intercepts1(InterceptTable.INTR)) {
            throw exit.event(ExitTable.INTR, 0, 0);
        }
        if (!svm.registers.interruptsEnabled()) {
            // The host's IF counts: the guest's handler gets it whatever the guest's says.
            cpu.events.interrupt(EventInformation.EXTERNAL_INTERRUPT, cpu.apic.acknowledgeInterrupt());
            cpu.wantAttention();
            return true;
        }
        return false;
    }

    /** "Physical interrupts take priority over virtual interrupts." */
    void virtualInterrupt() {
        boolean possible = svm.virtual.ready()
                && svm.registers.interruptsEnabled()
                && cpu.shadow == Processor.NO_SHADOW
                && !(cpu.apic.interruptPending() && physicalInterruptsEnabled());
        if (!possible) {
            return;
        }
        if (controls.intercepts1(InterceptTable.VINTR)) {
            throw exit.event(ExitTable.VINTR, 0, 0);
        }
        svm.virtual.taken();
        svm.observeVirtualInterrupt();
        cpu.events.interrupt(EventInformation.EXTERNAL_INTERRUPT, svm.virtual.vector());
        cpu.wantAttention();
    }
}

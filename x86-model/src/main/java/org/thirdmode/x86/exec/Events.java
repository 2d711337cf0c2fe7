package org.thirdmode.x86.exec;

import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.exec.system.Interrupts;
import org.thirdmode.x86.exec.system.Interrupts.Source;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/**
 * Exceptions and interrupts: what is delivered between two instructions and in which order (SDM 3A "Priority Among
 * Concurrent Events"), how exceptions combine to double faults and to shutdown (SDM 3A "Interrupt 8—Double Fault
 * Exception"), what RF is pushed (SDM 3B "Instruction-Breakpoint Exception Condition").
 */
public final class Events {
    private static final int DR6_B = 0xf;

    private final Processor cpu;
    private final CpuState state;
    private final Interrupts interrupts;

    /** MWAIT was told that an interrupt ends the wait even while RFLAGS.IF is clear. */
    private boolean maskedInterruptsWake;

    Events(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.interrupts = cpu.system.interrupts;
    }

    // ---- exceptions ----

    /** How an exception combines with one that its delivery raises. SDM 3A, the table "Interrupt and Exception Classes". */
    private enum Kind {
        BENIGN,
        CONTRIBUTORY,
        PAGE_FAULT,
        DOUBLE_FAULT
    }

    private static Kind kind(int vector) {
        return switch (vector) {
            case Vector.DE, Vector.TS, Vector.NP, Vector.SS, Vector.GP -> Kind.CONTRIBUTORY;
            case Vector.PF -> Kind.PAGE_FAULT;
            case Vector.DF -> Kind.DOUBLE_FAULT;
            default -> Kind.BENIGN;
        };
    }

    /** Whether the second exception, raised while the first was delivered, makes a double fault of both. */
    private static boolean doubles(Kind first, Kind second) {
        return switch (first) {
            case CONTRIBUTORY -> second == Kind.CONTRIBUTORY;
            case PAGE_FAULT, DOUBLE_FAULT -> second != Kind.BENIGN;
            case BENIGN -> false;
        };
    }

    /** Delivers a fault of the current instruction; RIP is the instruction's own. A triple fault shuts down. */
    public void deliverFault(GuestFault fault) {
        // A data breakpoint traps after its instruction: this one has not completed.
        cpu.pendingDebug = 0;
        int errorCode = fault.errorCode;
        boolean breakpoint = false;
        if (fault.vector == Vector.PF) {
            state.cr2 = fault.linearAddress;
        } else if (fault.vector == Vector.DB) {
            recordDebug(errorCode);
            // An instruction breakpoint leaves setting RF to its handler.
            breakpoint = (errorCode & DR6_B) != 0;
            errorCode = 0;
        }
        long flags = state.rflags();
        deliver(
                fault.vector,
                breakpoint ? flags : flags | Rflags.RF,
                fault.hasErrorCode,
                fault.hasErrorCode ? errorCode : 0,
                kind(fault.vector));
        cpu.wantAttention();
    }

    /**
     * Delivers an event, and what its delivery raises.
     *
     * @param kind how it combines; {@link Kind#BENIGN} for interrupts
     */
    private void deliver(int vector, long flags, boolean hasErrorCode, int errorCode, Kind kind) {
        state.instructionRip = state.rip;
        int nextVector = vector;
        long nextFlags = flags;
        boolean nextHasErrorCode = hasErrorCode;
        int nextErrorCode = errorCode;
        Kind nextKind = kind;
        while (true) {
            try {
                interrupts.deliver(nextVector, Source.EXTERNAL, nextFlags, nextHasErrorCode, nextErrorCode);
                return;
            } catch (GuestFault second) {
                // A task gate may have faulted in the new task: its RIP is the one then.
                state.rip = state.instructionRip;
                if (second.vector == Vector.PF) {
                    state.cr2 = second.linearAddress;
                }
                Kind secondKind = kind(second.vector);
                if (doubles(nextKind, secondKind)) {
                    if (nextKind == Kind.DOUBLE_FAULT) {
                        cpu.activity = Processor.Activity.SHUTDOWN;
                        return;
                    }
                    nextVector = Vector.DF;
                    nextKind = Kind.DOUBLE_FAULT;
                    nextHasErrorCode = true;
                    nextErrorCode = 0;
                    nextFlags = state.rflags();
                } else {
                    nextVector = second.vector;
                    nextKind = secondKind;
                    nextHasErrorCode = second.hasErrorCode;
                    nextErrorCode = second.errorCode;
                    nextFlags = state.rflags() | Rflags.RF;
                }
            }
        }
    }

    // ---- debug exceptions ----

    /** A debug exception as a fault, with bits of DR6: an instruction breakpoint or general detect. */
    public GuestFault debugFault(int bits) {
        return cpu.fault.as(Vector.DB, false, bits);
    }

    /** INT1 delivers one debug exception for itself and for what MOV SS before it has held back. */
    public void mergePendingDebug() {
        if (cpu.pendingDebug != 0) {
            recordDebug(cpu.pendingDebug);
            cpu.pendingDebug = 0;
        }
    }

    /** DR6 tells the handler why; the handler may use the debug registers whatever DR7.GD said. */
    private void recordDebug(int bits) {
        state.dr[6] = (state.dr[6] & ~(long) DR6_B) | bits;
        state.dr[7] &= ~DebugRegisters.GD;
    }

    // ---- between instructions ----

    /**
     * Takes what is pending and allowed, highest priority first; called between instructions while attention is set. Each
     * kind of event is taken once at most: a stream of interrupts does not keep the program from its next instruction.
     */
    void service() {
        cpu.attention = false;
        signals();
        if (cpu.activity == Processor.Activity.SHUTDOWN || cpu.activity == Processor.Activity.WAIT_FOR_SIPI) {
            return;
        }
        boolean delivered = false;
        boolean afterMovSs = cpu.shadow == Processor.SHADOW_MOV_SS;
        if (cpu.pendingDebug != 0 && !afterMovSs) {
            mergePendingDebug();
            interrupt(Vector.DB);
            delivered = true;
        }
        if (cpu.nmiPending && !cpu.nmiBlocked && !afterMovSs) {
            cpu.nmiPending = false;
            cpu.nmiBlocked = true;
            interrupt(Vector.NMI);
            delivered = true;
        }
        if (cpu.apic.interruptPending()) {
            if ((state.systemFlags & Rflags.IF) != 0 && cpu.shadow == Processor.NO_SHADOW) {
                interrupt(cpu.apic.acknowledgeInterrupt());
                delivered = true;
            } else if (cpu.activity == Processor.Activity.MWAIT && maskedInterruptsWake) {
                cpu.activity = Processor.Activity.ACTIVE;
            }
        }
        if (delivered) {
            cpu.wantAttention();
        }
    }

    /** RESET, INIT and startup IPI. */
    private void signals() {
        if (cpu.resetPending) {
            cpu.resetPending = false;
            Reset.powerUp(cpu);
        }
        if (cpu.initPending) {
            cpu.initPending = false;
            Reset.init(cpu);
        }
        if (cpu.startupVector >= 0) {
            if (cpu.activity == Processor.Activity.WAIT_FOR_SIPI) {
                Reset.start(cpu, cpu.startupVector);
            }
            cpu.startupVector = -1;
        }
    }

    /** Delivers a trap or an interrupt; it ends a wait. In the middle of a repeated string instruction RF is pushed set. */
    private void interrupt(int vector) {
        cpu.activity = Processor.Activity.ACTIVE;
        // The shadow was the interrupted program's; the handler stands in none.
        cpu.shadow = Processor.NO_SHADOW;
        long flags = state.rflags();
        deliver(vector, cpu.insideRepetition() ? flags | Rflags.RF : flags, false, 0, Kind.BENIGN);
    }

    /** MWAIT. */
    public void waitForEvent(boolean wakeOnMaskedInterrupts) {
        maskedInterruptsWake = wakeOnMaskedInterrupts;
        cpu.activity = Processor.Activity.MWAIT;
        cpu.wantAttention();
    }
}

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

    /** Whether an exception raised while another was delivered makes a double fault of both. */
    public static boolean doubleFault(int first, int second) {
        return doubles(kind(first), kind(second));
    }

    /** Whether an exception raised while another was delivered shuts the processor down. */
    public static boolean tripleFault(int first, int second) {
        return kind(first) == Kind.DOUBLE_FAULT && doubleFault(first, second);
    }

    /** Whether the second exception, raised while the first was delivered, makes a double fault of both. */
    private static boolean doubles(Kind first, Kind second) {
        return switch (first) {
            case CONTRIBUTORY -> second == Kind.CONTRIBUTORY;
            case PAGE_FAULT, DOUBLE_FAULT -> second != Kind.BENIGN;
            case BENIGN -> false;
        };
    }

    /**
     * The event in delivery, in the form of {@link EventInformation}; 0 where none is. An exit on the way to its handler
     * reports it. SDM 3C "Information for VM Exits That Occur During Event Delivery", APM 2 "EXITINTINFO".
     */
    public int vectoring;

    /** Its error code. */
    public int vectoringErrorCode;

    /** Of a software interrupt or exception in delivery: the length of its instruction, in bytes. */
    public int vectoringLength;

    /** No event is on its way any more. */
    void nothingInDelivery() {
        vectoring = 0;
    }

    /** Delivers a fault of the current instruction; RIP is the instruction's own. A triple fault shuts down. */
    public void deliverFault(GuestFault fault) {
        // A data breakpoint traps after its instruction: this one has not completed.
        cpu.pendingDebug = 0;
        int vector = fault.vector;
        boolean hasErrorCode = fault.hasErrorCode;
        // An instruction breakpoint leaves setting RF to its handler.
        boolean breakpoint = vector == Vector.DB && (fault.errorCode & DR6_B) != 0;
        raise(fault);
        int errorCode = hasErrorCode ? fault.errorCode : 0;
        long flags = state.rflags();
        deliver(
                hardware(vector, hasErrorCode),
                Source.EXTERNAL,
                breakpoint ? flags : flags | Rflags.RF,
                errorCode,
                kind(vector));
        cpu.wantAttention();
    }

    /**
     * The event as an exit during its delivery tells of it: in real-address mode it has no error code. SDM 3C "Information for VM
     * Exits That Occur During Event Delivery", bit 11. An intercept of the exception itself is told the code, for AMD's processors
     * have real mode with paging.
     */
    private int hardware(int vector, boolean hasErrorCode) {
        return EventInformation.of(EventInformation.HARDWARE_EXCEPTION, vector, hasErrorCode && state.protectedMode());
    }

    /** An exception is certain: a guest's hypervisor may take it; else CR2 and DR6 tell its handler why. */
    private void raise(GuestFault fault) {
        int vector = fault.vector;
        boolean debug = vector == Vector.DB;
        if ((cpu.intercepts & Intercept.EXCEPTION) != 0) {
            long payload = vector == Vector.PF ? fault.linearAddress : debug ? fault.errorCode : 0;
            int errorCode = fault.hasErrorCode ? fault.errorCode : 0;
            int information = EventInformation.of(EventInformation.HARDWARE_EXCEPTION, vector, fault.hasErrorCode);
            cpu.extension.exception(information, errorCode, payload);
        }
        if (vector == Vector.PF) {
            state.cr2 = fault.linearAddress;
        } else if (debug) {
            recordDebug(fault.errorCode);
        }
    }

    /** A double fault takes the place of an exception and of the event whose delivery raised it. */
    private void raiseDoubleFault() {
        vectoring = 0;
        if ((cpu.intercepts & Intercept.EXCEPTION) != 0) {
            cpu.extension.exception(EventInformation.of(EventInformation.HARDWARE_EXCEPTION, Vector.DF, true), 0, 0);
        }
    }

    private void tripleFault() {
        vectoring = 0;
        if ((cpu.intercepts & Intercept.SHUTDOWN) != 0) {
            cpu.extension.shutdown();
        }
        cpu.activity = Processor.Activity.SHUTDOWN;
    }

    /**
     * A software interrupt or exception of the instruction in execution; {@code state.rip} is that of the next one. What
     * its delivery raises is thrown, as any fault of an instruction.
     *
     * @param type {@link EventInformation#SOFTWARE_INTERRUPT} and the two after it
     * @param length of the instruction, in bytes
     */
    public void software(int type, int vector, int length) {
        int information = EventInformation.of(type, vector, false);
        vectoringLength = length;
        boolean interrupt = type == EventInformation.SOFTWARE_INTERRUPT;
        if (!interrupt && (cpu.intercepts & Intercept.EXCEPTION) != 0) {
            cpu.extension.exception(information, 0, 0);
        }
        if (type == EventInformation.PRIVILEGED_SOFTWARE_EXCEPTION) {
            // INT1 delivers one debug exception for itself and for what MOV SS before it has held back.
            mergePendingDebug();
        }
        vectoring = information;
        // The pushed image holds RF as it is.
        interrupts.deliver(vector, source(type), state.rflags() & ~(long) Rflags.RF, false, 0);
        vectoring = 0;
    }

    private static Source source(int type) {
        return switch (type) {
            case EventInformation.SOFTWARE_INTERRUPT -> Source.INT_N;
            case EventInformation.SOFTWARE_EXCEPTION -> Source.INT3_INTO;
            default -> Source.EXTERNAL;
        };
    }

    /**
     * Delivers the event that a VM entry injects; RIP is the guest's. It is not asked about itself, but what its delivery
     * raises is. SDM 3C "Event Injection", APM 2 "Event Injection".
     *
     * @param length of the instruction that a software event stands for: its handler returns behind it
     */
    public void inject(int information, int errorCode, int length) {
        state.instructionRip = state.rip;
        vectoringLength = length;
        int type = EventInformation.type(information);
        if (EventInformation.bySoftware(information)) {
            state.rip = (state.rip + length) & state.ripMask;
        }
        Kind kind =
                type == EventInformation.HARDWARE_EXCEPTION ? kind(EventInformation.vector(information)) : Kind.BENIGN;
        deliver(information, source(type), state.rflags(), errorCode, kind);
        cpu.wantAttention();
    }

    /**
     * Delivers an event, and what its delivery raises. {@code state.instructionRip} is where a fault of it returns to.
     *
     * @param kind how it combines; {@link Kind#BENIGN} for interrupts
     */
    private void deliver(int information, Source source, long flags, int errorCode, Kind kind) {
        vectoring = information;
        vectoringErrorCode = errorCode;
        Source nextSource = source;
        long nextFlags = flags;
        Kind nextKind = kind;
        while (true) {
            try {
                interrupts.deliver(
                        EventInformation.vector(vectoring),
                        nextSource,
                        nextFlags,
                        EventInformation.hasErrorCode(vectoring),
                        vectoringErrorCode);
                vectoring = 0;
                return;
            } catch (GuestFault second) {
                // A task gate may have faulted in the new task: its RIP is the one then.
                state.rip = state.instructionRip;
                nextSource = Source.EXTERNAL;
                Kind secondKind = kind(second.vector);
                if (doubles(nextKind, secondKind)) {
                    secondKind = doubleFault(second, nextKind);
                    if (secondKind == null) {
                        return;
                    }
                    vectoring = hardware(Vector.DF, true);
                    vectoringErrorCode = 0;
                    nextFlags = state.rflags();
                } else {
                    int vector = second.vector;
                    boolean hasErrorCode = second.hasErrorCode;
                    int code = hasErrorCode ? second.errorCode : 0;
                    raise(second);
                    vectoring = hardware(vector, hasErrorCode);
                    vectoringErrorCode = code;
                    nextFlags = state.rflags() | Rflags.RF;
                }
                nextKind = secondKind;
            }
        }
    }

    /** The second exception makes a double fault of both, or, on the way to its handler, a triple fault: then null. */
    private Kind doubleFault(GuestFault second, Kind first) {
        raise(second);
        if (first == Kind.DOUBLE_FAULT) {
            tripleFault();
            return null;
        }
        raiseDoubleFault();
        return Kind.DOUBLE_FAULT;
    }

    // ---- debug exceptions ----

    /** A debug exception as a fault, with bits of DR6: an instruction breakpoint or general detect. */
    public GuestFault debugFault(int bits) {
        return cpu.fault.as(Vector.DB, false, bits);
    }

    /** What waits to be delivered as a debug trap is now in DR6: for a hypervisor that delivers it. */
    public void takePendingDebug() {
        mergePendingDebug();
    }

    private void mergePendingDebug() {
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
        if (!cpu.globalInterruptFlag) {
            resetSignal();
            debugTrap();
            return;
        }
        signals();
        if (cpu.activity == Processor.Activity.WAIT_FOR_SIPI
                || (cpu.activity == Processor.Activity.SHUTDOWN && !cpu.guestMode)) {
            return;
        }
        if (cpu.guestMode) {
            cpu.extension.beforeDebugTraps();
        }
        boolean delivered = debugTrap();
        if (cpu.guestMode) {
            cpu.extension.beforeNmi();
        }
        delivered |= nonMaskableInterrupt();
        if (cpu.activity == Processor.Activity.SHUTDOWN) {
            return;
        }
        if (cpu.guestMode) {
            cpu.extension.beforeInterrupts();
        }
        delivered |= externalInterrupt();
        if (delivered) {
            cpu.wantAttention();
        }
    }

    private boolean debugTrap() {
        if (cpu.pendingDebug == 0 || cpu.shadow == Processor.SHADOW_MOV_SS) {
            return false;
        }
        int bits = cpu.pendingDebug;
        cpu.pendingDebug = 0;
        if ((cpu.intercepts & Intercept.EXCEPTION) != 0) {
            cpu.extension.exception(hardware(Vector.DB, false), 0, bits);
        }
        recordDebug(bits);
        interrupt(EventInformation.HARDWARE_EXCEPTION, Vector.DB);
        return true;
    }

    private boolean nonMaskableInterrupt() {
        if (!cpu.nmiPending || cpu.shadow == Processor.SHADOW_MOV_SS) {
            return false;
        }
        if ((cpu.intercepts & Intercept.NMI) != 0 && cpu.extension.nmi()) {
            return false;
        }
        if (cpu.nmiBlocked) {
            return false;
        }
        cpu.nmiPending = false;
        cpu.nmiBlocked = true;
        interrupt(EventInformation.NMI, Vector.NMI);
        return true;
    }

    private boolean externalInterrupt() {
        if (!cpu.apic.interruptPending()) {
            return false;
        }
        if (cpu.shadow == Processor.NO_SHADOW) {
            if ((cpu.intercepts & Intercept.EXTERNAL_INTERRUPT) != 0 && cpu.extension.externalInterrupt()) {
                return false;
            }
            if ((state.systemFlags & Rflags.IF) != 0) {
                interrupt(EventInformation.EXTERNAL_INTERRUPT, cpu.apic.acknowledgeInterrupt());
                return true;
            }
        }
        if (cpu.activity == Processor.Activity.MWAIT && maskedInterruptsWake) {
            cpu.activity = Processor.Activity.ACTIVE;
        }
        return false;
    }

    private void resetSignal() {
        if (cpu.resetPending) {
            cpu.resetPending = false;
            Reset.powerUp(cpu);
        }
    }

    /** RESET, INIT and startup IPI. */
    private void signals() {
        resetSignal();
        if (cpu.initPending && !((cpu.intercepts & Intercept.INIT) != 0 && cpu.extension.init())) {
            cpu.initPending = false;
            Reset.init(cpu);
        }
        if (cpu.startupVector >= 0) {
            int vector = cpu.startupVector;
            cpu.startupVector = -1;
            if (cpu.activity == Processor.Activity.WAIT_FOR_SIPI
                    && !((cpu.intercepts & Intercept.STARTUP) != 0 && cpu.extension.startup(vector))) {
                Reset.start(cpu, vector);
            }
        }
    }

    /**
     * Delivers an event that came between two instructions; it ends a wait. In the middle of a repeated string instruction
     * RF is pushed set. An extension delivers a virtual interrupt by it.
     *
     * @param type see {@link EventInformation}
     */
    public void interrupt(int type, int vector) {
        cpu.activity = Processor.Activity.ACTIVE;
        // The shadow was the interrupted program's; the handler stands in none.
        cpu.shadow = Processor.NO_SHADOW;
        long flags = state.rflags();
        long image = cpu.insideRepetition() ? flags | Rflags.RF : flags;
        state.instructionRip = state.rip;
        deliver(EventInformation.of(type, vector, false), Source.EXTERNAL, image, 0, Kind.BENIGN);
    }

    /** MWAIT. */
    public void waitForEvent(boolean wakeOnMaskedInterrupts) {
        maskedInterruptsWake = wakeOnMaskedInterrupts;
        cpu.activity = Processor.Activity.MWAIT;
        cpu.wantAttention();
    }
}

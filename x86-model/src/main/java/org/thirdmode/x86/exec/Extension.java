package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The extension port: what the core asks of Intel VMX or AMD SVM. One object a processor ({@link Processor#extend}); none
 * by default.
 *
 * <p>The extension executes its own instructions, owns its MSRs, and while a guest runs ({@link Processor#guestMode}) is
 * asked about whatever {@link Processor#intercepts} names. It leaves the guest by noting why and throwing
 * {@link Processor#exit}; the core unwinds the instruction as for a fault and calls {@link #leave}.
 *
 * <p>Where the manual says that an exit comes after the instruction ("trap-like"), the extension notes it, asks for
 * attention, and throws from {@link #beforeDebugTraps}.
 */
public interface Extension extends Stateful {
    /** No extension. */
    Extension NONE = new Extension() {};

    // ---- its own instructions and registers, in guest mode or out of it ----

    /** Executes an instruction of {@code Operation.Group.EXTENSION}. Not called for {@link #NONE}: #UD. */
    default void execute(Instruction i) {
        throw new IllegalStateException("no extension executes " + i.operation);
    }

    /** Whether {@code msr} belongs to the extension at this moment; asked before the core's and the local APIC's own. */
    default boolean ownsMsr(int msr) {
        return false;
    }

    /** RDMSR of an owned MSR into {@code result[0]}; false asks for #GP(0). */
    default boolean readMsr(int msr, long[] result) {
        return false;
    }

    /** WRMSR of an owned MSR; false asks for #GP(0). */
    default boolean writeMsr(int msr, long value) {
        return false;
    }

    /** Completes what CPUID answers ({@code out}: EAX, EBX, ECX, EDX). */
    default void cpuid(int leaf, int subleaf, int[] out) {}

    /**
     * Whether CR0 or CR4 may hold {@code value}: bits fixed in VMX operation. False asks for #GP(0). Asked whenever an
     * instruction writes the register, in guest mode or out of it, with the value that would be written.
     */
    default boolean allowsControlRegister(int number, long value) {
        return true;
    }

    /** After power-up and RESET (not INIT): out of guest mode, out of VMX operation, EFER.SVME clear. */
    default void reset() {}

    /** Tells {@code observer} of each entry, exit and injection; null for nobody. */
    default void observe(GuestModeObserver observer) {}

    /**
     * What it has besides the processor's registers, for a machine that is saved; memory and the processor are there before.
     *
     * @throws org.thirdmode.x86.snapshot.StateException where it is in use in a way that cannot be saved
     */
    @Override
    default void state(StatePort port) {}

    // ---- instructions of a guest ----

    /**
     * An instruction whose bit in {@link Intercept} is set. It is asked after the checks of #UD and of privilege that rank
     * higher in VMX, but for MOV to and from debug registers, which VMX ranks above them; where another extension ranks a
     * fault higher, it says no and the core raises it.
     *
     * <p>Here, and for ports and MSRs, an exit is told by the answer: to throw it costs more than the whole instruction.
     *
     * @return whether the instruction leaves the guest
     */
    default boolean instruction(Instruction i, long intercept) {
        return false;
    }

    /**
     * MOV from CR0, CR3, CR4 or CR8, or SMSW (as CR0).
     *
     * @return what the guest sees
     */
    default long readControlRegister(Instruction i, int number, long value) {
        return value;
    }

    /**
     * MOV to CR0, CR3 or CR4.
     *
     * @return the value to go on with; it then meets the same checks as any other
     */
    default long writeControlRegister(Instruction i, int number, long value) {
        return value;
    }

    /**
     * MOV to CR8.
     *
     * @return whether the extension has done it and the local APIC is to be left alone
     */
    default boolean writeTaskPriority(Instruction i, long value) {
        return false;
    }

    /**
     * CLTS or LMSW.
     *
     * @param source the operand of LMSW; 0 for CLTS
     * @param value the value of CR0 that it would write were no bit of it withheld
     * @return the value to go on with
     */
    default long writeMachineStatus(Instruction i, int source, long value) {
        return value;
    }

    /**
     * IN, OUT, INS or OUTS, after the check of the I/O permission map; for each iteration of a repeated one.
     *
     * @return whether the instruction leaves the guest
     */
    default boolean io(Instruction i, int port, int size, boolean in) {
        return false;
    }

    /**
     * RDMSR or WRMSR of {@code msr}.
     *
     * @return whether the instruction leaves the guest
     */
    default boolean msr(Instruction i, int msr, boolean write) {
        return false;
    }

    /** What the guest reads as time-stamp counter where the processor's own is {@code counter}. */
    default long timeStamp(long counter) {
        return counter;
    }

    // ---- events of a guest ----

    /** Why a task switch was asked for. */
    enum TaskSwitchCause {
        CALL,
        IRET,
        JMP,
        TASK_GATE_IN_IDT
    }

    /**
     * A task switch, after the checks of the descriptor and before anything has changed. Where an event goes through a
     * task gate, {@link Events#vectoring} is that event.
     */
    default void taskSwitch(int selector, TaskSwitchCause cause) {}

    /**
     * An exception that is about to be delivered: CR2, DR6 and DR7 are as before it. {@link Events#vectoring} is the event
     * whose delivery raised it, 0 where there is none.
     *
     * @param information type and vector, see {@link EventInformation}
     * @param payload the linear address of #PF, the bits for DR6 of #DB, else 0
     */
    default void exception(int information, int errorCode, long payload) {}

    /** A triple fault. Where it returns, the processor shuts down. */
    default void shutdown() {}

    /** An external interrupt is pending at the local APIC. True where it is dealt with or has to wait. */
    default boolean externalInterrupt() {
        return false;
    }

    /** A non-maskable interrupt is pending. True where it is dealt with or has to wait. */
    default boolean nmi() {
        return false;
    }

    /** INIT is pending: also asked in VMX root operation. True where it is dealt with or has to wait. */
    default boolean init() {
        return false;
    }

    /** A startup IPI has arrived. True where it is dealt with. */
    default boolean startup(int vector) {
        return false;
    }

    /** FERR# would be asserted. */
    default void ferr() {}

    /** A guest's instruction is complete, or a fault of it is delivered: {@link Intercept#EACH_INSTRUCTION}. */
    default void completed() {}

    /** IRET of a guest ends the blocking of non-maskable interrupts. True where that means something other than the core's. */
    default boolean unblockNmi() {
        return false;
    }

    /*
     * Between two instructions of a guest, while attention is asked for, in this order (SDM 3A "Priority Among Concurrent
     * Events", SDM 3C "Other Causes of VM Exits"):
     *
     *   RESET, INIT, startup IPI
     *   beforeDebugTraps   trap-like exits of the instruction before, monitor trap flag
     *   debug traps of the instruction before
     *   beforeNmi          preemption timer, NMI window
     *   NMI
     *   beforeInterrupts   interrupt window, virtual interrupts
     *   external interrupts
     */
    default void beforeDebugTraps() {}

    default void beforeNmi() {}

    default void beforeInterrupts() {}

    // ---- leaving ----

    /**
     * Completes the exit that was thrown: saves the guest, loads the host. RIP is that of the guest as it is to be saved;
     * {@link Events#vectoring} tells which event was being delivered; {@link Processor#shadow} and
     * {@link Processor#pendingDebug} are as they were before the instruction that did not complete.
     */
    default void leave() {
        throw new IllegalStateException("no extension runs a guest");
    }
}

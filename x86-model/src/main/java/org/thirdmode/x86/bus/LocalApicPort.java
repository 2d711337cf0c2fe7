package org.thirdmode.x86.bus;

/**
 * What the processor core asks of its interrupt system: the INTR pin with its acknowledge cycle, the task priority that
 * CR8 shows, and the MSRs that the local APIC implements. The board tells the core of changes through
 * {@link ProcessorSignals}.
 *
 * <p>Source: SDM 3A "Advanced Programmable Interrupt Controller (APIC)".
 */
public interface LocalApicPort {
    /** Whether an interrupt is waiting that the processor may take when RFLAGS.IF allows it. */
    boolean interruptPending();

    /** The acknowledge cycle: hands over the vector (0..255) of the pending interrupt and marks it in service. */
    int acknowledgeInterrupt();

    /** The end of the interrupt in service that the processor itself announces: posted-interrupt processing. */
    default void endOfInterrupt() {}

    /** Bits 7:4 of the task-priority register, as CR8 shows them (0..15). */
    int taskPriorityClass();

    /** A write to CR8 (0..15). */
    void setTaskPriorityClass(int priorityClass);

    /**
     * The time-stamp counter is now the tick plus {@code offset}: a deadline in its counts (IA32_TSC_DEADLINE) is another
     * tick.
     */
    default void timeStampCounterMoved(long offset) {}

    /** Whether {@code msr} belongs to the local APIC (IA32_APIC_BASE, IA32_TSC_DEADLINE, the x2APIC range 800H-8FFH). */
    boolean ownsMsr(int msr);

    /** RDMSR of an owned MSR into {@code result[0]}; false asks the core for #GP(0). */
    boolean readMsr(int msr, long[] result);

    /** WRMSR of an owned MSR; false asks the core for #GP(0). */
    boolean writeMsr(int msr, long value);
}

package org.thirdmode.x86.bus;

/** The pins of a processor that the board drives. Every call is made on the thread that runs the machine. */
public interface ProcessorSignals {
    /** {@link LocalApicPort#interruptPending()} may have changed: look again before the next instruction. */
    void interruptLineChanged();

    /** A non-maskable interrupt. SDM 3A "Nonmaskable Interrupt (NMI)". */
    void nmi();

    /** INIT: registers to their INIT state, wait for a startup IPI where the processor is not the bootstrap processor. */
    void init();

    /** A startup IPI: begin in real mode at {@code vector << 12}; ignored unless waiting for it. */
    void startup(int vector);

    /** The RESET pin: the whole processor to its power-up state. */
    void reset();

    /** A device that measures time is touched through memory: its clock is to be told the time. */
    default void syncClock() {}

    /** Gate A20: while masked, physical address bit 20 reads as 0. */
    void a20(boolean enabled);
}

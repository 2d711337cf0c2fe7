package org.thirdmode.x86.exec;

import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/**
 * Exceptions and interrupts: what is delivered between two instructions and in which order (SDM 3A "Priority Among
 * Concurrent Events"), delivery through the IDT, double faults and shutdown.
 */
public final class Events {
    private final Processor cpu;

    Events(Processor cpu) {
        this.cpu = cpu;
    }

    /** Delivers a fault of the current instruction; RIP is the instruction's own. A triple fault shuts down. */
    public void deliverFault(GuestFault fault) {
        cpu.activity = fault.vector == Vector.DF ? Processor.Activity.SHUTDOWN : Processor.Activity.SHUTDOWN;
    }

    /** Takes what is pending and allowed, highest priority first; called between instructions while attention is set. */
    void service() {
        cpu.attention = false;
    }
}

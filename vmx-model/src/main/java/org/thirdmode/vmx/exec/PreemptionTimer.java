package org.thirdmode.vmx.exec;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.time.GuestClock;

/**
 * The VMX-preemption timer: counts down by 1 each time that bit X of the time-stamp counter changes, X being
 * IA32_VMX_MISC[4:0]. SDM 3C "VMX-Preemption Timer".
 */
final class PreemptionTimer {
    /** The most ticks that an exit takes: no processor takes a thousand cycles only because its timer is slow. */
    private static final int MOST_EXIT_TICKS = 1 << 10;

    private final Processor cpu;

    /** X. */
    private final int rate;

    private final GuestClock.Timer timer;

    /** Time-stamp counter at which it reaches 0, in units of 2^X; meaningless while it does not run. */
    private long end;

    private boolean running;

    PreemptionTimer(Processor cpu, int rate) {
        this.cpu = cpu;
        this.rate = rate;
        timer = cpu.clock.newTimer(cpu::wantAttention);
    }

    private long count() {
        return cpu.system.msrs.timeStamp() >>> rate;
    }

    /** VM entry with the timer active. */
    void start(long value) {
        running = true;
        end = count() + value;
        long ticksLeft = (end << rate) - cpu.system.msrs.timeStamp();
        timer.arm(cpu.now() + Math.max(0, ticksLeft));
        if (value == 0) {
            cpu.wantAttention();
        }
    }

    /** Whether it runs and has reached 0. */
    boolean expired() {
        return running && count() >= end;
    }

    /**
     * A VM exit to HOST_RIP, before the timer is saved: with the time of the entry's own instruction it takes one count of the
     * timer, 2^X ticks. On a processor entry and exit take hundreds of cycles, and no timer is slower than that: a hypervisor
     * may count on it that the exit finds less in the timer than the entry put there. An exit to a hypervisor written in Java
     * takes no time, like all that this does.
     */
    void passExit() {
        cpu.passTicks(Math.max(0, Math.min(1 << rate, MOST_EXIT_TICKS) - cpu.instructionTime()));
    }

    /** What is left to count; 0 where it does not run. */
    long remaining() {
        return running ? Math.max(0, end - count()) : 0;
    }

    /** VM exit. */
    void stop() {
        if (running) {
            running = false;
            timer.disarm();
        }
    }
}

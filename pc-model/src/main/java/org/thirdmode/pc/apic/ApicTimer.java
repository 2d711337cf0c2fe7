package org.thirdmode.pc.apic;

import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * The local APIC's timer. Its input clock is one cycle a tick, as the time-stamp counter's.
 *
 * <p>Source: SDM 3A "APIC Timer", "TSC-Deadline Mode".
 */
final class ApicTimer implements Stateful {
    /** Bits 18:17 of the timer's LVT entry. */
    static final int ONE_SHOT = 0;

    static final int PERIODIC = 1;
    static final int TSC_DEADLINE = 2;

    private final GuestClock clock;
    private final Runnable onExpiry;
    private final GuestClock.Timer timer;

    private int mode = ONE_SHOT;
    private int divideConfiguration;
    private long initialCount;

    /** The tick at which the count was the initial count; counting goes on while {@link #counting}. */
    private long start;

    private boolean counting;
    private long deadline;

    /** What is added to the tick to give the time-stamp counter. */
    private long tscOffset;

    ApicTimer(GuestClock clock, Runnable onExpiry) {
        this.clock = clock;
        this.onExpiry = onExpiry;
        timer = clock.newTimer(this::expire);
    }

    void reset() {
        mode = ONE_SHOT;
        divideConfiguration = 0;
        stop();
    }

    private void stop() {
        initialCount = 0;
        counting = false;
        deadline = 0;
        timer.disarm();
    }

    /** Ticks a count: bits 3, 1 and 0 of the divide configuration register, 000 for 2 to 110 for 128, 111 for 1. */
    private long divisor() {
        int coded = (divideConfiguration >>> 1 & 4) | (divideConfiguration & 3);
        return coded == 7 ? 1 : 2L << coded;
    }

    private void expire() {
        if (mode == TSC_DEADLINE) {
            deadline = 0;
        } else if (mode == PERIODIC) {
            long period = initialCount * divisor();
            start += (clock.now() - start) / period * period;
            timer.arm(start + period);
        } else {
            counting = false;
        }
        onExpiry.run();
    }

    int mode() {
        return mode;
    }

    /** The mode of the LVT entry; between one-shot and periodic the count goes on, to and from TSC-deadline all stops. */
    void setMode(int newMode) {
        if (newMode != mode) {
            if ((newMode == TSC_DEADLINE) != (mode == TSC_DEADLINE)) {
                stop();
            }
            mode = newMode;
        }
    }

    long initialCount() {
        return initialCount;
    }

    void setInitialCount(long count) {
        if (mode == TSC_DEADLINE) {
            return;
        }
        initialCount = count;
        counting = count != 0;
        start = clock.now();
        armCount();
    }

    private void armCount() {
        if (counting) {
            timer.arm(start + initialCount * divisor());
        } else {
            timer.disarm();
        }
    }

    long currentCount() {
        if (!counting) {
            return 0;
        }
        return Math.max(0, initialCount - (clock.now() - start) / divisor());
    }

    int divideConfiguration() {
        return divideConfiguration;
    }

    void setDivideConfiguration(int value) {
        long current = currentCount();
        divideConfiguration = value;
        if (counting) {
            start = clock.now() - (initialCount - current) * divisor();
            armCount();
        }
    }

    /** IA32_TSC_DEADLINE: 0 while not armed. */
    long deadline() {
        return deadline;
    }

    void setDeadline(long tsc) {
        if (mode != TSC_DEADLINE) {
            return;
        }
        deadline = tsc;
        armDeadline();
    }

    private void armDeadline() {
        if (deadline == 0) {
            timer.disarm();
            return;
        }
        long now = clock.now();
        long counter = now + tscOffset;
        long wait = Long.compareUnsigned(deadline, counter) <= 0 ? 0 : deadline - counter;
        // Further away than guest time reaches: armed, and never due.
        boolean reachable = wait >= 0 && wait < GuestClock.NEVER - now;
        timer.arm(reachable ? now + wait : GuestClock.NEVER);
    }

    /** The time-stamp counter is now the tick plus {@code offset}. */
    void setTscOffset(long offset) {
        tscOffset = offset;
        if (mode == TSC_DEADLINE && deadline != 0) {
            armDeadline();
        }
    }

    @Override
    public void state(StatePort port) {
        port.part("timer", timer);
        mode = port.within("mode", mode, 0, 3);
        divideConfiguration = port.number("divide configuration", divideConfiguration);
        initialCount = port.number("initial count", initialCount);
        start = port.number("start", start);
        counting = port.flag("counting", counting);
        deadline = port.number("deadline", deadline);
        tscOffset = port.number("tsc offset", tscOffset);
    }
}

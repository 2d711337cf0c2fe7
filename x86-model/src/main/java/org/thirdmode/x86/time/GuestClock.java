package org.thirdmode.x86.time;

import java.util.PriorityQueue;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * Guest time in ticks. One retired instruction is one tick, or as many as its processor was told (a VM exit may take a few
 * more); a halted processor skips to the next deadline. A tick counts as one nanosecond towards devices that have a frequency
 * of their own, and as one cycle of the time-stamp counter.
 *
 * <p>Timers fire between instructions, in the order of their deadlines, then of their arming: a run is a function of its
 * input. Deadlines are absolute ticks.
 */
public final class GuestClock implements Stateful {
    /** Ticks in one guest second. */
    public static final long TICKS_PER_SECOND = 1_000_000_000L;

    /** The deadline of a timer that is not armed. */
    public static final long NEVER = Long.MAX_VALUE;

    private final PriorityQueue<Timer> queue = new PriorityQueue<>();
    private long now;
    private long armings;
    private Runnable onNearerDeadline = () -> {};

    /** The current tick. */
    public long now() {
        return now;
    }

    /** A new timer, not armed, that runs {@code onExpiry} once each time its deadline passes. */
    public Timer newTimer(Runnable onExpiry) {
        return new Timer(this, onExpiry);
    }

    /** The earliest deadline of any armed timer, or {@link #NEVER}. */
    public long nextDeadline() {
        Timer first = queue.peek();
        return first == null ? NEVER : first.deadline;
    }

    /** Moves time to {@code tick} without firing anything: the processor's word of how far it has come. */
    public void setNow(long tick) {
        now = tick;
    }

    /** Fires every timer whose deadline is not after {@link #now()}. */
    public void fireDue() {
        while (true) {
            Timer first = queue.peek();
            if (first == null || first.deadline > now) {
                return;
            }
            queue.poll();
            first.deadline = NEVER;
            first.onExpiry.run();
        }
    }

    /** Who must hear that a timer was armed before all others (the run loop, which stops at the next deadline). */
    public void onNearerDeadline(Runnable listener) {
        onNearerDeadline = listener;
    }

    /** The time. Each timer is a part of the device that has it. */
    @Override
    public void state(StatePort port) {
        now = port.number("now", now);
        armings = port.number("armings", armings);
    }

    /** One deadline of one device. */
    public static final class Timer implements Comparable<Timer>, Stateful {
        private final GuestClock clock;
        private final Runnable onExpiry;
        private long deadline = NEVER;
        private long order;

        private Timer(GuestClock clock, Runnable onExpiry) {
            this.clock = clock;
            this.onExpiry = onExpiry;
        }

        /** Arms (or re-arms) the timer for the absolute tick {@code deadline}; a past deadline fires at once after this instruction. */
        public void arm(long deadline) {
            disarm();
            if (deadline == NEVER) {
                return;
            }
            boolean nearer = deadline < clock.nextDeadline();
            this.deadline = deadline;
            order = clock.armings++;
            clock.queue.add(this);
            if (nearer) {
                clock.onNearerDeadline.run();
            }
        }

        /** Takes the timer back. */
        public void disarm() {
            if (deadline != NEVER) {
                clock.queue.remove(this);
                deadline = NEVER;
            }
        }

        /** Whether a deadline is set. */
        public boolean armed() {
            return deadline != NEVER;
        }

        /** The absolute tick at which it fires, or {@link GuestClock#NEVER}. */
        public long deadline() {
            return deadline;
        }

        /** The deadline, and its place among equal ones. */
        @Override
        public void state(StatePort port) {
            long written = port.number("deadline", deadline);
            long place = port.number("order", order);
            if (port.restoring()) {
                disarm();
                order = place;
                deadline = written;
                if (written != NEVER) {
                    clock.queue.add(this);
                }
            }
        }

        @Override
        public int compareTo(Timer other) {
            int byDeadline = Long.compare(deadline, other.deadline);
            return byDeadline != 0 ? byDeadline : Long.compare(order, other.order);
        }
    }
}

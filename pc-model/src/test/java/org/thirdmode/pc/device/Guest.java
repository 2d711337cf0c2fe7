package org.thirdmode.pc.device;

import org.thirdmode.x86.time.GuestClock;

/** Lets guest time pass as the run loop does: from deadline to deadline. */
public final class Guest {
    private Guest() {}

    /** Goes on to the absolute tick {@code until}. */
    public static void runTo(GuestClock clock, long until) {
        while (clock.nextDeadline() <= until) {
            clock.setNow(Math.max(clock.now(), clock.nextDeadline()));
            clock.fireDue();
        }
        clock.setNow(until);
        clock.fireDue();
    }

    /** Lets {@code ticks} pass. */
    public static void run(GuestClock clock, long ticks) {
        runTo(clock, clock.now() + ticks);
    }
}

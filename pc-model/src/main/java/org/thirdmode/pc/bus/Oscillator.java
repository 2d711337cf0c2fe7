package org.thirdmode.pc.bus;

import org.thirdmode.x86.time.GuestClock;

/**
 * A crystal of its own frequency beside guest time. Cycle n begins at the first tick that is not before n / frequency
 * seconds; no error builds up, however long the machine runs.
 */
public record Oscillator(long hertz) {
    /** The 8254's clock: 14.31818 MHz / 12, in Hz. */
    public static final Oscillator PIT = new Oscillator(1_193_182);

    /** The ACPI power-management timer's clock, in Hz. ACPI "Power Management Timer". */
    public static final Oscillator PM_TIMER = new Oscillator(3_579_545);

    /** The number of the cycle that is under way at {@code tick}. */
    public long cycleAt(long tick) {
        long seconds = tick / GuestClock.TICKS_PER_SECOND;
        long rest = tick % GuestClock.TICKS_PER_SECOND;
        return seconds * hertz + rest * hertz / GuestClock.TICKS_PER_SECOND;
    }

    /** The first tick of cycle {@code cycle}. */
    public long tickOf(long cycle) {
        long seconds = cycle / hertz;
        long rest = cycle % hertz;
        return seconds * GuestClock.TICKS_PER_SECOND + (rest * GuestClock.TICKS_PER_SECOND + hertz - 1) / hertz;
    }
}

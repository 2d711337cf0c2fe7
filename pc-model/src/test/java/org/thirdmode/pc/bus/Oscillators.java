package org.thirdmode.pc.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** Crystals beside guest time. */
final class Oscillators {
    @Test
    void theTimerOfAPcHas1193182CyclesInTheFirstSecond() {
        assertEquals(1_193_182, Oscillator.PIT.cycleAt(1_000_000_000));
        assertEquals(1_193_181, Oscillator.PIT.cycleAt(999_999_999));
    }

    @Test
    void noErrorBuildsUpInAThousandYears() {
        long seconds = 9_000_000_000L;
        assertEquals(3_579_545L * seconds, Oscillator.PM_TIMER.cycleAt(seconds * 1_000_000_000L));
    }

    @Property
    void aCycleBeginsAtItsFirstTick(@ForAll @LongRange(min = 1, max = 1L << 40) long cycle) {
        long tick = Oscillator.PIT.tickOf(cycle);
        assertEquals(cycle, Oscillator.PIT.cycleAt(tick));
        assertTrue(Oscillator.PIT.cycleAt(tick - 1) < cycle);
    }
}

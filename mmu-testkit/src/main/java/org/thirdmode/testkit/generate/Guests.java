package org.thirdmode.testkit.generate;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.world.GuestMode;

/** Arbitraries for properties of one's own. */
public final class Guests {
    private Guests() {}

    /** Random guests that do {@code actions} things; shrunk to fewer. */
    public static Arbitrary<Scenario> scenarios(Habits habits, int actions) {
        return Arbitraries.fromGenerator(
                random -> new ShrinkableScenario(new ScenarioGenerator(random, habits).next(actions)));
    }

    /** Entries of guest tables of a level, well formed and odd. */
    public static Arbitrary<Long> entries(GuestMode mode, int level) {
        return Arbitraries.randomValue(random -> new EntryGenerator(random).entry(mode, level));
    }
}

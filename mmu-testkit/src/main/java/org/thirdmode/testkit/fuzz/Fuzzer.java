package org.thirdmode.testkit.fuzz;

import java.util.Random;
import org.thirdmode.testkit.generate.Habits;
import org.thirdmode.testkit.generate.ScenarioGenerator;
import org.thirdmode.testkit.scenario.Failure;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.scenario.ScenarioRun;
import org.thirdmode.testkit.world.MmuMaker;

/**
 * Runs one random guest after the other on an MMU. The nth follows from the seed and n alone: seed {@code s + n} makes it the
 * first.
 */
public final class Fuzzer {
    /** Of a guest. */
    public static final int ACTIONS = 50;

    private final MmuMaker maker;
    private final Habits habits;
    private long next;
    private long guests;

    public Fuzzer(MmuMaker maker, Habits habits, long seed) {
        this.maker = maker;
        this.habits = habits;
        next = seed;
    }

    /** The guest of a seed. */
    public static Scenario guest(Habits habits, long seed) {
        return new ScenarioGenerator(new Random(seed), habits).next(ACTIONS);
    }

    /** Runs the next guest; null where nothing broke. */
    public Failure next() {
        Scenario guest = guest(habits, next++);
        guests++;
        return ScenarioRun.run(guest, maker);
    }

    /** The seed that makes the last guest the first. */
    public long seedOfTheLast() {
        return next - 1;
    }

    /** Guests run. */
    public long guests() {
        return guests;
    }
}

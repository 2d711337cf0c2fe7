package org.thirdmode.testkit.generate;

import java.util.Iterator;
import org.thirdmode.testkit.scenario.Failure;
import org.thirdmode.testkit.scenario.Scenario;
import org.thirdmode.testkit.scenario.ScenarioRun;
import org.thirdmode.testkit.world.MmuMaker;

/** Makes a failing scenario as small as it goes, while the same invariant breaks. */
public final class Shrinker {
    private static final int MOST_RUNS = 4000;

    private Shrinker() {}

    public static Failure shrink(Failure failure, MmuMaker maker) {
        Failure smallest = cut(failure);
        int runs = 0;
        boolean progress = true;
        while (progress) {
            progress = false;
            Iterator<Scenario> simpler = Simplifier.simpler(smallest.scenario()).iterator();
            while (simpler.hasNext() && runs++ < MOST_RUNS) {
                Failure again = ScenarioRun.run(simpler.next(), maker);
                if (again != null
                        && again.violation()
                                .invariant()
                                .equals(failure.violation().invariant())) {
                    smallest = cut(again);
                    progress = true;
                    break;
                }
            }
        }
        return smallest;
    }

    /** Without what came after it broke. */
    private static Failure cut(Failure failure) {
        Scenario s = failure.scenario();
        int end = Math.min(s.actions().size(), failure.step() + 1);
        Scenario cut = new Scenario(s.setup(), s.tables(), s.actions().subList(0, Math.max(0, end)));
        return new Failure(cut, failure.step(), failure.violation());
    }
}

package org.thirdmode.testkit.generate;

import java.util.stream.Stream;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.ShrinkingDistance;
import org.thirdmode.testkit.scenario.Scenario;

/** A scenario as jqwik makes it smaller. */
record ShrinkableScenario(Scenario value) implements Shrinkable<Scenario> {
    @Override
    public Stream<Shrinkable<Scenario>> shrink() {
        return Simplifier.simpler(value).map(ShrinkableScenario::new);
    }

    @Override
    public ShrinkingDistance distance() {
        return ShrinkingDistance.of(Simplifier.size(value));
    }
}

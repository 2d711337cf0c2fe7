package org.thirdmode.testkit.scenario;

import org.thirdmode.testkit.invariant.Violation;

/**
 * How a scenario ended that broke an invariant.
 *
 * @param step the number of the action after (or in) which it broke, from 0; -1 before the first, the number of actions at
 *     the end
 */
public record Failure(Scenario scenario, int step, Violation violation) {
    @Override
    public String toString() {
        return violation + "\nafter step " + (step + 1) + " of " + scenario;
    }
}

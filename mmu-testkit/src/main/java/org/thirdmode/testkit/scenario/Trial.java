package org.thirdmode.testkit.scenario;

/** Something to try that is no guest's life: a control structure, a walk. All of it follows from the seed. */
@FunctionalInterface
public interface Trial {
    /** What is wrong, as a short story; null where nothing is. */
    String run(long seed);
}

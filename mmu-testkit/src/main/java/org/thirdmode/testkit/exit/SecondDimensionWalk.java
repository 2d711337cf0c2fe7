package org.thirdmode.testkit.exit;

/** A processor's walk through tables of the second dimension, as a test sees it. */
@FunctionalInterface
public interface SecondDimensionWalk {
    /**
     * Translates for the access itself, by a supervisor's linear address.
     *
     * @param access as in {@link org.thirdmode.x86.paging.Access}
     */
    Answer translate(long guestPhysical, int access);
}

package org.thirdmode.testkit.world;

/** An invariant does not hold: which, and in words what is wrong. */
public final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@code I1} to {@code I12}. */
    public final String invariant;

    public Broken(String invariant, String what) {
        super(what);
        this.invariant = invariant;
    }
}

package org.thirdmode.testkit.invariant;

/** I3: A bounded number of faults per guest access. One that does not come to an end is stopped where it happens. */
public final class Progress implements Invariant {
    @Override
    public String id() {
        return "I3";
    }

    @Override
    public String statement() {
        return "A bounded number of faults per guest access.";
    }
}

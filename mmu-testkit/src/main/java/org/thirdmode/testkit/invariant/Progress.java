package org.thirdmode.testkit.invariant;

import java.util.List;

/** I3: A bounded number of faults per guest access. */
public final class Progress implements Invariant {
    @Override
    public String id() {
        return "I3";
    }

    @Override
    public String statement() {
        return "A bounded number of faults per guest access.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        // An access that does not come to an end is stopped where it happens: see GuestWorld.
        return List.of();
    }
}

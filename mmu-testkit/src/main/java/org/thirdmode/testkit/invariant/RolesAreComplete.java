package org.thirdmode.testkit.invariant;

import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;

/** I7: The role holds everything that the translation depends on. */
public final class RolesAreComplete implements Invariant {
    @Override
    public String id() {
        return "I7";
    }

    @Override
    public String statement() {
        return "The role holds everything that the translation depends on.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        return state.audit(id(), Rule.ROLE);
    }
}

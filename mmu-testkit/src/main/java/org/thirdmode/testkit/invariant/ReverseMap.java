package org.thirdmode.testkit.invariant;

import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;

/** I5: The reverse map and the entries that map pages are a bijection, and an entry maps the frame that is recorded. */
public final class ReverseMap implements Invariant {
    @Override
    public String id() {
        return "I5";
    }

    @Override
    public String statement() {
        return "The reverse map and the entries that map pages are a bijection, and an entry maps the frame that is recorded.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        return state.audit(id(), Rule.REVERSE_MAP);
    }
}

package org.thirdmode.testkit.invariant;

import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;

/** I1: Every translation used equals some legal walk of the guest's tables, stale TLB entries included where the manuals permit them. */
public final class Refinement implements Invariant {
    @Override
    public String id() {
        return "I1";
    }

    @Override
    public String statement() {
        return "Every translation used equals some legal walk of the guest's tables, stale TLB entries included where the manuals permit them.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        // Each access is judged when it happens: see org.thirdmode.testkit.oracle.Judge.
        return state.audit(id(), Rule.TARGET);
    }
}

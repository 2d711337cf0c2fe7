package org.thirdmode.testkit.invariant;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;
import org.thirdmode.testkit.world.HardwareTables.Leaf;

/** I6: Parent links and root counts are right; no freed or invalid page is reachable. */
public final class NothingFreedIsReachable implements Invariant {
    @Override
    public String id() {
        return "I6";
    }

    @Override
    public String statement() {
        return "Parent links and root counts are right; no freed or invalid page is reachable.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        List<Violation> violations = new ArrayList<>(state.audit(id(), Rule.LINKS));
        for (long table : state.tables) {
            if (!state.world.pool.isOut(table)) {
                violations.add(new Violation(id(), String.format("the table at %x is in use, but freed", table)));
            }
        }
        for (Leaf leaf : state.leaves) {
            if (state.world.slots.gfnOf(leaf.page()) == null) {
                violations.add(new Violation(id(), leaf + " maps host memory that is not the guest's"));
            }
        }
        return violations;
    }
}

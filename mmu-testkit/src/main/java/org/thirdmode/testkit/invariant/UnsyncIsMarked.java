package org.thirdmode.testkit.invariant;

import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;

/** I8: Tables that are out of sync can be reached by marks, and are synced before they are linked. */
public final class UnsyncIsMarked implements Invariant {
    @Override
    public String id() {
        return "I8";
    }

    @Override
    public String statement() {
        return "Tables that are out of sync can be reached by marks, and are synced before they are linked.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        return state.audit(id(), Rule.OUT_OF_SYNC);
    }
}

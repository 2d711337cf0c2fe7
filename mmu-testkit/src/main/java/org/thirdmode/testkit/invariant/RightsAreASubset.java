package org.thirdmode.testkit.invariant;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;
import org.thirdmode.testkit.world.HardwareTables.Leaf;
import org.thirdmode.testkit.world.TestSlot;

/** I2: A shadow entry's permissions are a subset of what the guest's entries on the way allow, and of what the slot does. */
public final class RightsAreASubset implements Invariant {
    @Override
    public String id() {
        return "I2";
    }

    @Override
    public String statement() {
        return "A shadow entry's permissions are a subset of what the guest's entries on the way allow.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        List<Violation> violations = new ArrayList<>(state.audit(id(), Rule.RIGHTS));
        for (Leaf leaf : state.leaves) {
            Long gfn = state.world.slots.gfnOf(leaf.page());
            TestSlot slot = gfn == null ? null : state.world.slots.find(gfn);
            if (slot != null && slot.readOnly() && leaf.writable()) {
                violations.add(new Violation(id(), leaf + " is writable, frame " + Long.toHexString(gfn) + " is not"));
            }
        }
        return violations;
    }
}

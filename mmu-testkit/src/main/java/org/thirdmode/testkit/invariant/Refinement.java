package org.thirdmode.testkit.invariant;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;
import org.thirdmode.testkit.world.HardwareTables.Leaf;
import org.thirdmode.testkit.world.Nesting;
import org.thirdmode.testkit.world.TestSlot;

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
        List<Violation> violations = new ArrayList<>(state.audit(id(), Rule.TARGET));
        if (state.world.setup.nesting() != Nesting.NONE) {
            state.leaves.forEach(leaf -> target(state, leaf, violations));
        }
        return violations;
    }

    /** Tables of the second dimension map each frame of the guest to the one that backs it. */
    private void target(MmuState state, Leaf leaf, List<Violation> violations) {
        long gfn = leaf.from() >>> 12;
        TestSlot slot = state.world.slots.find(gfn);
        if (slot == null || slot.hostAddress(gfn) != leaf.page()) {
            violations.add(new Violation(
                    id(),
                    String.format(
                            "%s maps guest frame %x, which %s",
                            leaf,
                            gfn,
                            slot == null
                                    ? "is no memory"
                                    : String.format("host page %x backs", slot.hostAddress(gfn)))));
        }
    }
}

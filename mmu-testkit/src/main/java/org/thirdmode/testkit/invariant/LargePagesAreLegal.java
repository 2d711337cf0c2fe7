package org.thirdmode.testkit.invariant;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;
import org.thirdmode.testkit.world.HardwareTables.Leaf;
import org.thirdmode.testkit.world.TestSlot;

/** I12: A large mapping is legal: inside one slot, contiguous, no protected page within. */
public final class LargePagesAreLegal implements Invariant {
    @Override
    public String id() {
        return "I12";
    }

    @Override
    public String statement() {
        return "A large mapping is legal: inside one slot, contiguous, no protected page within.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        List<Violation> violations = new ArrayList<>(state.audit(id(), Rule.LARGE_PAGE));
        for (Leaf leaf : state.leaves) {
            if (leaf.level() > 1) {
                check(state, leaf, violations);
            }
        }
        return violations;
    }

    private void check(MmuState state, Leaf leaf, List<Violation> violations) {
        Long first = state.world.slots.gfnOf(leaf.page());
        TestSlot slot = first == null ? null : state.world.slots.find(first);
        long frames = 1L << (leaf.pageShift() - 12);
        for (long i = 0; slot != null && i < frames; i++) {
            if (!slot.contains(first + i) || slot.hostAddress(first + i) != leaf.page() + (i << 12)) {
                violations.add(new Violation(
                        id(), String.format("%s: frame %x is not the slot's next in a row", leaf, first + i)));
                return;
            }
        }
    }
}

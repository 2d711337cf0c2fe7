package org.thirdmode.testkit.invariant;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;
import org.thirdmode.testkit.world.HardwareTables.Leaf;
import org.thirdmode.testkit.world.TestSlot;

/** I9: Accessed and Dirty flags and the dirty log are complete: no guest write is missed. */
public final class DirtyLogIsComplete implements Invariant {
    @Override
    public String id() {
        return "I9";
    }

    @Override
    public String statement() {
        return "Accessed and Dirty flags and the dirty log are complete: no guest write is missed.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        List<Violation> violations = new ArrayList<>(state.audit(id(), Rule.DIRTY_LOG));
        state.world.mmu.harvestDirty();
        for (Leaf leaf : state.leaves) {
            for (long at = 0; leaf.silent() && at < 1L << leaf.pageShift(); at += 4096) {
                Long gfn = state.world.slots.gfnOf(leaf.page() + at);
                TestSlot slot = gfn == null ? null : state.world.slots.find(gfn);
                if (slot == null || !slot.logsDirty()) {
                    break;
                }
                if (!slot.isDirty(gfn)) {
                    violations.add(new Violation(
                            id(),
                            String.format("%s lets frame %x be written, which would not be in the log", leaf, gfn)));
                    break;
                }
            }
        }
        return violations;
    }
}

package org.thirdmode.testkit.invariant;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.shadow.agile.AgileShadow;
import org.thirdmode.shadow.spec.Invariants.Rule;
import org.thirdmode.testkit.world.HardwareTables.Leaf;

/** I4: A guest page table that is in sync has no writable shadow entry. */
public final class WriteProtection implements Invariant {
    @Override
    public String id() {
        return "I4";
    }

    @Override
    public String statement() {
        return "A guest page table that is in sync has no writable shadow entry.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        List<Violation> violations = new ArrayList<>(state.audit(id(), Rule.WRITE_PROTECTION));
        if (state.world.mmu instanceof AgileMmu agile) {
            for (Leaf leaf : state.leaves) {
                byTheSecondDimension(agile.shadow(), leaf, violations);
            }
        }
        return violations;
    }

    /** Agile paging: its shadow tables have no more entry of their own for it than the second dimension's. */
    private void byTheSecondDimension(AgileShadow shadow, Leaf leaf, List<Violation> violations) {
        long first = leaf.from() >>> 12;
        for (long gfn = first; leaf.writable() && gfn < first + (1L << (leaf.pageShift() - 12)); gfn++) {
            if (shadow.isProtected(gfn)) {
                violations.add(new Violation(id(), String.format("%s can write the shadowed table %x", leaf, gfn)));
            }
        }
    }
}

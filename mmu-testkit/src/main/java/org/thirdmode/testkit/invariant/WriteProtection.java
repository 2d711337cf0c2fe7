package org.thirdmode.testkit.invariant;

import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;

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
        return state.audit(id(), Rule.WRITE_PROTECTION);
    }
}

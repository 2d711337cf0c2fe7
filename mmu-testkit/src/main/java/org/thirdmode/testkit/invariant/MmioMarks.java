package org.thirdmode.testkit.invariant;

import java.util.List;
import org.thirdmode.shadow.spec.Invariants.Rule;

/** I11: Marks of addresses without memory agree with the memory slots. */
public final class MmioMarks implements Invariant {
    @Override
    public String id() {
        return "I11";
    }

    @Override
    public String statement() {
        return "Marks of addresses without memory agree with the memory slots.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        return state.audit(id(), Rule.IO_MARK);
    }
}

package org.thirdmode.testkit.invariant;

import java.util.List;

/** I14: A merged (nested) control structure keeps every intercept of the outer hypervisor; it is fetched once. */
public final class NestedControls implements Invariant {
    @Override
    public String id() {
        return "I14";
    }

    @Override
    public String statement() {
        return "A merged (nested) control structure keeps every intercept of the outer hypervisor; the guest's is read once.";
    }

    @Override
    public List<Violation> check(MmuState state) {
        // It is about control structures, not about an MMU: see org.thirdmode.testkit.control.NestedControlsHeld.
        return List.of();
    }
}

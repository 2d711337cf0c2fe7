package org.thirdmode.testkit.invariant;

/**
 * I14: A merged (nested) control structure keeps every intercept of the outer hypervisor; it is fetched once. It is about control
 * structures, not about an MMU: {@link org.thirdmode.testkit.control.NestedControlsHeld} judges it.
 */
public final class NestedControls implements Invariant {
    @Override
    public String id() {
        return "I14";
    }

    @Override
    public String statement() {
        return "A merged (nested) control structure keeps every intercept of the outer hypervisor; the guest's is read once.";
    }
}

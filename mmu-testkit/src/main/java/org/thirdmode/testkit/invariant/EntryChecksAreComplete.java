package org.thirdmode.testkit.invariant;

/**
 * I13: Entry checks are complete, and a failed entry changes nothing but what the manual says. It is about control structures,
 * not about an MMU: {@link org.thirdmode.testkit.control.EntryChecksHeld} judges it.
 */
public final class EntryChecksAreComplete implements Invariant {
    @Override
    public String id() {
        return "I13";
    }

    @Override
    public String statement() {
        return "Entry checks are complete: what violates one is refused by it, and what violates none is not.";
    }
}

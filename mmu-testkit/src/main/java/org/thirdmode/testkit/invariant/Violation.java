package org.thirdmode.testkit.invariant;

/**
 * What does not hold.
 *
 * @param invariant {@code I1} to {@code I15}
 * @param what in words, with the entries involved
 */
public record Violation(String invariant, String what) {
    @Override
    public String toString() {
        return invariant + ": " + what;
    }
}

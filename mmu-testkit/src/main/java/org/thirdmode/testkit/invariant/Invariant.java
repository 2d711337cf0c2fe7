package org.thirdmode.testkit.invariant;

import java.util.List;

/** Something that has to hold of an MMU between any two of its operations. */
public interface Invariant {
    /** {@code I1} to {@code I15}. */
    String id();

    /** The invariant in one sentence. */
    String statement();

    /**
     * What does not hold now; nothing where all does, or where this kind of MMU keeps nothing that could break it. An invariant
     * that is not seen between two operations leaves this as it is, and tells where it is judged.
     */
    default List<Violation> check(MmuState state) {
        return List.of();
    }
}

package org.thirdmode.testkit.invariant;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.testkit.world.GuestWorld;

/** I1 to I15, in their order. */
public final class AllInvariants {
    private AllInvariants() {}

    private static final List<Invariant> ALL = List.of(
            new Refinement(),
            new RightsAreASubset(),
            new Progress(),
            new WriteProtection(),
            new ReverseMap(),
            new NothingFreedIsReachable(),
            new RolesAreComplete(),
            new UnsyncIsMarked(),
            new DirtyLogIsComplete(),
            new FlushBeforeUse(),
            new MmioMarks(),
            new LargePagesAreLegal(),
            new EntryChecksAreComplete(),
            new NestedControls(),
            new ExitsTellTheTruth());

    public static List<Invariant> list() {
        return ALL;
    }

    /** What does not hold of an MMU as it is now. */
    public static List<Violation> check(GuestWorld world) {
        MmuState state = new MmuState(world);
        List<Violation> violations = new ArrayList<>();
        ALL.forEach(invariant -> violations.addAll(invariant.check(state)));
        return violations;
    }
}

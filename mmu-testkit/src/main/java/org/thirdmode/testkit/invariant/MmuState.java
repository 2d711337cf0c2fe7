package org.thirdmode.testkit.invariant;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.spec.Invariants;
import org.thirdmode.shadow.spec.Invariants.Rule;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.HardwareTables.Leaf;

/** An MMU between two operations: its tables as the hardware sees them, and what the project's own strategies keep beside. */
public final class MmuState {
    public final GuestWorld world;

    /** Host-physical addresses of the tables that the hardware can come to. */
    public final Set<Long> tables = new HashSet<>();

    /** The entries that map pages, in those. */
    public final List<Leaf> leaves;

    private final List<Invariants.Violation> audit;

    public MmuState(GuestWorld world) {
        this.world = world;
        leaves = world.tables().leaves(tables);
        audit = switch (world.mmu) {
            case NaiveMmu naive -> Invariants.check(naive, world.around, world.slots::gfnOf);
            case CachedMmu cached -> Invariants.check(cached, world.around, world.slots::gfnOf);
            case AgileMmu agile -> Invariants.check(agile.shadow(), world.around, world.slots::gfnOf);
            default -> List.of();
        };
    }

    /** What does not hold of some rules of what is kept beside the tables; nothing where the strategy is not known. */
    List<Violation> audit(String id, Rule... rules) {
        return audit.isEmpty()
                ? List.of()
                : audit.stream()
                        .filter(v -> Arrays.asList(rules).contains(v.rule()))
                        .map(v -> new Violation(id, v.what()))
                        .toList();
    }
}

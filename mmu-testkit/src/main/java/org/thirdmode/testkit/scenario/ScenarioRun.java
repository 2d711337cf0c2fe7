package org.thirdmode.testkit.scenario;

import java.util.List;
import org.thirdmode.testkit.action.Action;
import org.thirdmode.testkit.invariant.AllInvariants;
import org.thirdmode.testkit.invariant.Violation;
import org.thirdmode.testkit.oracle.Judge;
import org.thirdmode.testkit.world.Broken;
import org.thirdmode.testkit.world.GuestWorld;
import org.thirdmode.testkit.world.MmuMaker;
import org.thirdmode.testkit.world.WorldWatcher;
import org.thirdmode.x86.state.ModelBug;

/** Runs a scenario on an MMU, checking every invariant after every step. */
public final class ScenarioRun {
    private ScenarioRun() {}

    /** The invariants that are about what an MMU keeps, not about what the guest sees. */
    private static final List<String> BOOKS = List.of("I5", "I6");

    /** The first thing that broke; null where all held. */
    public static Failure run(Scenario scenario, MmuMaker maker) {
        return run(scenario, new GuestWorld(scenario.setup(), maker));
    }

    /** Runs it in a world that was made for it. */
    public static Failure run(Scenario scenario, GuestWorld world) {
        int step = -1;
        try {
            for (TableEntry entry : scenario.tables()) {
                world.userSpaceWrites(entry.guestPhysical(), entry.size(), entry.entry());
            }
            for (int n = world.setup.vcpus() - 1; n >= 0; n--) {
                world.turnTo(n);
                world.loadCr3(0);
            }
            world.mmu.zapAll();
            world.flushAllVcpus();
            world.watch(scenario.tampers() ? WorldWatcher.NONE : new Judge(world));
            for (Action action : scenario.actions()) {
                step++;
                action.perform(world);
                Violation violation = firstViolation(world, scenario.tampers());
                if (violation != null) {
                    return new Failure(scenario, step, violation);
                }
                if (scenario.setup().flushes()) {
                    world.flushAllVcpus();
                }
            }
            step++;
            return end(scenario, step, world);
        } catch (Broken broken) {
            // What a guest meets in tables that were tampered with is nobody's fault.
            return scenario.tampers() && !BOOKS.contains(broken.invariant)
                    ? null
                    : new Failure(scenario, step, new Violation(broken.invariant, broken.getMessage()));
        } catch (ModelBug | IndexOutOfBoundsException | NullPointerException bug) {
            // What the MMU says of itself: its bookkeeping has come to what cannot be.
            return new Failure(scenario, step, new Violation("I6", "the MMU finds itself broken: " + bug));
        }
    }

    private static Violation firstViolation(GuestWorld world, boolean onlyBooks) {
        List<Violation> violations = AllInvariants.check(world).stream()
                .filter(v -> !onlyBooks || BOOKS.contains(v.invariant()))
                .toList();
        return violations.isEmpty() ? null : violations.getFirst();
    }

    /** The virtual CPU goes: every page comes back. */
    private static Failure end(Scenario scenario, int step, GuestWorld world) {
        world.mmu.destroy();
        int out = world.pool.pagesOut();
        return out == 0
                ? null
                : new Failure(scenario, step, new Violation("I6", out + " host pages never came back from the MMU"));
    }
}

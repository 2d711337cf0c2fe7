package org.thirdmode.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.ExitCounts;
import org.thirdmode.cost.Quantity;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** Experiments. */
class Experiments {
    private static final long BUDGET = 10_000_000;
    private static final Hypervisor NESTED = new Hypervisor(Virt.VMX, MmuKind.NESTED);

    private static Setup setup(String workload, Hypervisor hypervisor) {
        GuestImage kernel = GuestCatalogue.find("mini64").orElseThrow();
        return new Setup(
                new Image(kernel.name(), kernel.bytes()),
                LoadOptions.DEFAULT.withCommandLine("workload=" + workload),
                MachineConfiguration.DEFAULT,
                Optional.ofNullable(hypervisor));
    }

    private static Measurement run(String workload, Hypervisor hypervisor) throws ImageException {
        return Experiment.run(setup(workload, hypervisor), BUDGET, Progress.NONE);
    }

    @Test
    void theSameSetupGivesTheSameMeasurement() throws ImageException {
        Measurement first = run("fork processes=2 rounds=1", NESTED);
        Measurement second = run("fork processes=2 rounds=1", NESTED);
        assertTrue(first.agreesWith(second));
        assertEquals(first.exits(), second.exits());
        assertEquals(first.references(), second.references());
        assertEquals(
                first.mmu().orElseThrow().list(), second.mmu().orElseThrow().list());
    }

    @Test
    void watchingARunDoesNotChangeIt() throws ImageException {
        Setup setup = setup("preempt processes=2", NESTED);
        long[] seen = new long[1];
        Measurement watched = Experiment.run(setup, BUDGET, instructions -> seen[0] = 1 + instructions.getAsLong());
        Measurement alone = Experiment.run(setup, BUDGET, Progress.NONE);
        assertNotEquals(0, seen[0]);
        assertEquals(alone.exits(), watched.exits());
    }

    @Test
    void aComparisonNamesTheRunThatTheGuestCouldTellApart() throws ImageException {
        Measurement bare = run("fork processes=2 rounds=1", null);
        Measurement same = run("fork processes=2 rounds=1", NESTED);
        Measurement other = run("fork processes=2 rounds=2", NESTED);
        assertEquals(List.of(other), new Comparison("fork", List.of(bare, same, other)).disagreeing());
    }

    @Test
    void aGuestThatDoesNotEndEndsWithItsBudget() throws ImageException {
        Measurement cut = Experiment.run(setup("compile", NESTED), 100_000, Progress.NONE);
        assertEquals(100_000, cut.instructions());
    }

    @Test
    void whatIsPricedIsWhatWasCounted() throws ImageException {
        for (Hypervisor hypervisor : Hypervisor.all()) {
            Measurement run = run("fork processes=2 rounds=1", hypervisor);
            Counts counts = run.counts();
            assertEquals(run.instructions(), counts.of(Quantity.INSTRUCTIONS));
            assertEquals(
                    run.references(), counts.of(Quantity.TABLE_REFERENCES) + counts.of(Quantity.NESTED_REFERENCES));
            Map<String, Long> exits = new HashMap<>();
            for (ExitCounts exit : counts.exits()) {
                if (exit.exits() != 0) {
                    exits.put(exit.reason(), exit.exits());
                    // It cannot be told from another exit without reading the reason.
                    assertTrue(exit.controlReads() >= exit.exits(), exit.toString());
                    assertTrue(exit.emulated() <= exit.exits() * 2, exit.toString());
                }
            }
            assertEquals(run.exits(), exits);
        }
    }
}

package org.thirdmode.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.ExitCounts;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.Quantity;
import org.thirdmode.cost.data.DataException;
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

    private static Setup detailed(String workload, Hypervisor hypervisor, String caches) throws DataException {
        Setup fast = setup(workload, hypervisor);
        return new Setup(
                fast.image(),
                fast.options(),
                fast.configuration().withDetail(),
                fast.hypervisor(),
                caches.isEmpty() ? Optional.empty() : Optional.of(Profiles.find(caches)));
    }

    /** Caches watch: each reference of a walk hits once, somewhere, and nothing else of the run is another. */
    @Test
    void modelledCachesTellWhereEachReferenceHitAndChangeNothing() throws ImageException, DataException {
        for (Hypervisor on : new Hypervisor[] {null, NESTED, new Hypervisor(Virt.SVM, MmuKind.UNSYNC)}) {
            String workload = "gups pages=256 updates=5000";
            Measurement without = Experiment.run(detailed(workload, on, ""), BUDGET, Progress.NONE);
            Measurement with = Experiment.run(detailed(workload, on, "haswell"), BUDGET, Progress.NONE);
            assertTrue(with.agreesWith(without));
            Map<Quantity, Long> rest = new HashMap<>(with.counts().quantities());
            rest.keySet().removeIf(Quantity::byCache);
            assertEquals(without.counts().quantities(), rest);
            assertEquals(without.counts().exits(), with.counts().exits());
            assertEquals(
                    with.counts().of(Quantity.TABLE_REFERENCES),
                    sum(with, Quantity.TABLE_L1, Quantity.TABLE_L2, Quantity.TABLE_L3, Quantity.TABLE_MEMORY));
            assertEquals(
                    with.counts().of(Quantity.NESTED_REFERENCES),
                    sum(with, Quantity.NESTED_L1, Quantity.NESTED_L2, Quantity.NESTED_L3, Quantity.NESTED_MEMORY));
        }
    }

    private static long sum(Measurement run, Quantity... quantities) {
        return Stream.of(quantities).mapToLong(run.counts()::of).sum();
    }

    /** A pass over more than the first level holds misses it once a line: 64 lines a page, written once and read once. */
    @Test
    void aPassOverMemoryMissesTheFirstLevelOnceALine() throws ImageException, DataException {
        Measurement few = Experiment.run(detailed("sequential pages=64", null, "haswell"), BUDGET, Progress.NONE);
        Measurement more = Experiment.run(detailed("sequential pages=192", null, "haswell"), BUDGET, Progress.NONE);
        long missed = sum(more, Quantity.DATA_L2, Quantity.DATA_L3, Quantity.DATA_MEMORY)
                - sum(few, Quantity.DATA_L2, Quantity.DATA_L3, Quantity.DATA_MEMORY);
        long lines = 128 * 64;
        // The kernel clears each page before, which misses once more, and has data of its own.
        assertTrue(missed >= 2 * lines && missed < 4 * lines, () -> missed + " of " + lines + " lines");
        long first = more.counts().of(Quantity.DATA_MEMORY) - few.counts().of(Quantity.DATA_MEMORY);
        assertTrue(first >= lines && first < lines + lines / 4, () -> first + " of " + lines + " lines");
        long accesses = sum(more, Quantity.DATA_L1) - sum(few, Quantity.DATA_L1);
        assertTrue(accesses > 2 * 128 * 1024 - missed, () -> accesses + " hits");
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

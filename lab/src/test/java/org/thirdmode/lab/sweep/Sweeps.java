package org.thirdmode.lab.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.Quantity;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;
import org.thirdmode.x86.state.ModelBug;

/** Sweeps. */
class Sweeps {
    private static final String SHORT = "fork processes=2 rounds=1";

    @TempDir
    private Path folder;

    private static Study study(String parameters) throws DataException {
        return StudyReader.read(DataFile.parse("s.yaml", "title: t\nparameters: {" + parameters + "}"));
    }

    private Results run(Study study) throws Exception {
        List<Integer> told = new ArrayList<>();
        Plan plan = Plan.of(study);
        try (Journal journal = Journal.open(folder.resolve("runs"), "build", study.budget())) {
            int missing = Execution.missing(plan, journal);
            Results results = Execution.run(plan, journal, new Threads(2), told::add);
            assertEquals(missing, told.size());
            assertEquals(0, Execution.missing(plan, journal));
            return results;
        }
    }

    @Test
    void onlyWhatChangesARunIsRun() throws Exception {
        Study study = study("mmu: [bare, nested], virt: [vmx, svm], shadow-pages: [64, 256], profile: [merom, haswell],"
                + " round-trip: {from: 1, to: 1000, step: 1}");
        Plan plan = Plan.of(study);
        assertEquals(2 * 2 * 2 * 2 * 1000, plan.points());
        // The bare machine has no extension, and nested paging no shadow pages.
        assertEquals(3, plan.runs().size());
    }

    @Property(tries = 100)
    void aRunIsTheSameWhateverTheOrderOfItsPoints(@ForAll long seed, @ForAll @IntRange(min = 1, max = 500) int points)
            throws DataException {
        Study study = StudyReader.read(DataFile.parse(
                "s.yaml",
                "title: t\nsample: random\npoints: " + points + "\nseed: " + (seed >>> 20)
                        + "\nparameters: {mmu: [bare, cached, nested], memory: [64, 128],"
                        + " round-trip: {from: 1, to: 4000}, instruction: {from: 0.5, to: 2.5}}"));
        Plan plan = Plan.of(study);
        Sampling sampling = new Sampling(study);
        for (long point = points - 1L; point >= 0; point--) {
            RunSpec run = RunSpec.of(sampling.to(point));
            assertEquals(run, plan.runs().get(plan.runOf(sampling)));
            BigDecimal cycles =
                    sampling.apply(Parameters.find("instruction").orElseThrow()).number();
            assertTrue(cycles.compareTo(new BigDecimal("0.5")) >= 0 && cycles.compareTo(new BigDecimal("2.5")) <= 0);
        }
    }

    /** The price of a point is that of its counts under its profile with its figures. */
    @Test
    void aPointCostsWhatItsRunCostsUnderItsFigures() throws Exception {
        Study study = study("workload: " + SHORT + ", mmu: [cached, nested], profile: [merom, haswell],"
                + " round-trip: [200, 400.0], table-reference: [3.5, 20]");
        Results results = run(study);
        Sampling sampling = new Sampling(study);
        Results.Point point = new Results.Point();
        Set<Long> totals = new HashSet<>();
        for (long number = 0; number < results.plan().points(); number++) {
            results.at(number, sampling, point);
            Cost cost = Cost.of(
                    point.run().counts(),
                    Profiles.find(point.value(Parameters.PROFILE).text())
                            .with(
                                    Figure.ROUND_TRIP,
                                    point.value(Parameters.find("round-trip").orElseThrow())
                                            .number())
                            .with(
                                    Figure.TABLE_REFERENCE,
                                    point.value(Parameters.find("table-reference")
                                                    .orElseThrow())
                                            .number()));
            assertEquals(cost.total(), point.cycles());
            assertEquals(cost.of(org.thirdmode.cost.Part.PAGE_WALKS), point.cycles(org.thirdmode.cost.Part.PAGE_WALKS));
            totals.add(point.cycles());
        }
        assertEquals(16, totals.size());
        assertFalse(results.assumed().contains(Figure.ROUND_TRIP));
        assertFalse(results.assumed().contains(Figure.TABLE_REFERENCE));
        assertTrue(results.assumed().contains(Figure.DISPATCH));
    }

    /** A bug of the model, or too little memory, at one point: the others are answered, and it is tried again next time. */
    @Test
    void aRunThatFailsIsAFailedPointAndTheOthersGoOn() throws Exception {
        Study study = study("workload: " + SHORT + ", mmu: [bare, cached, nested], round-trip: [100, 200]");
        Plan plan = Plan.of(study);
        Path result = folder.resolve("r.csv");
        try (Journal journal = Journal.open(folder.resolve("runs"), "build", study.budget())) {
            Threads.Runner fails = (run, budget) -> Execution.guarded(() -> {
                if (run.words().contains("cached")) {
                    throw new ModelBug("no such state");
                }
                return Executor.run(run, budget);
            });
            Results results = Execution.run(plan, journal, new Threads(2, fails), done -> {});
            assertEquals(1, Execution.missing(plan, journal));
            RunResult failed = results.runs().get(1);
            assertTrue(failed.hasFailed());
            assertTrue(failed.end().startsWith("failed: ModelBug: no such state, at "), failed.end());
            assertTrue(new Curves(results).crossings().isEmpty());
            ResultFile.write(result, results);
        }
        List<String> lines = Files.readAllLines(result);
        assertEquals(2 + 6, lines.size());
        // Neither counts nor cycles, which nobody may take for the least.
        assertTrue(lines.get(4).contains(",executed,\"failed: ModelBug"), lines.get(4));
        assertTrue(lines.get(4).endsWith(",".repeat(7 + org.thirdmode.cost.Part.values().length)), lines.get(4));
        assertFalse(lines.get(6).endsWith(","));
    }

    /** What is kept when a sweep is interrupted: the points of the finished runs, and no other. */
    @Test
    void theFinishedRunsHaveTheirPointsInAResultOfTheirOwn() throws Exception {
        Study all = study("workload: " + SHORT + ", mmu: [bare, nested], round-trip: [100, 200]");
        Study half = study("workload: " + SHORT + ", mmu: bare, round-trip: [100, 200]");
        run(half);
        Path part = folder.resolve("part.csv");
        Path whole = folder.resolve("whole.csv");
        try (Journal journal = Journal.open(folder.resolve("runs"), "build", all.budget())) {
            ResultFile.write(part, Execution.finished(Plan.of(all), journal));
        }
        ResultFile.write(whole, run(all));
        assertEquals(Files.readAllLines(whole).subList(0, 4), Files.readAllLines(part));
    }

    /** The permissions that a new file of the process has, not those of a temporary one. */
    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aResultMayBeReadByWhoMayReadAnyOtherFile() throws Exception {
        Path other = Files.createFile(folder.resolve("other"));
        Path result = folder.resolve("r.csv");
        ResultFile.write(result, run(study("workload: " + SHORT + ", mmu: bare")));
        assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(result));
    }

    /** A page of 2 MBytes is mapped a level earlier: a walk reads one entry less, and 512 pages need one. */
    @Test
    void theGuestsPageSizeIsExecutedAndItsResultIsTheSame() throws Exception {
        for (String kernel : List.of("mini32", "minipae", "mini64")) {
            List<RunResult> runs = run(study(
                            "kernel: " + kernel + ", workload: gups pages=1024 updates=3000, mmu: bare,"
                                    + " guest-pages: [4k, large], tlbs: haswell, walk-cache: 0, tlb-l2: 0"))
                    .runs();
            Files.delete(folder.resolve("runs"));
            assertTrue(runs.getFirst().endedWell() && runs.getLast().endedWell());
            assertEquals(runs.getFirst().output(), runs.getLast().output());
            long few = runs.getLast().counts().of(Quantity.WALKS);
            assertTrue(few * 3 < runs.getFirst().counts().of(Quantity.WALKS), kernel);
        }
        assertThrows(DataException.class, () -> study("workload: fork, guest-pages: [4k, large]"));
    }

    /** A smaller TLB walks more, and the guest does not notice. */
    @Test
    void geometryIsExecutedAndChangesWalksAlone() throws Exception {
        Results results =
                run(study("workload: gups pages=64 updates=2000, mmu: nested, tlbs: haswell, tlb-l1: [16, 64],"
                        + " tlb-l2: [0, 1024]"));
        List<RunResult> runs = results.runs();
        assertEquals(4, runs.size());
        assertTrue(runs.getFirst().counts().of(Quantity.WALKS)
                > runs.getLast().counts().of(Quantity.WALKS));
        for (RunResult run : runs) {
            assertTrue(run.endedWell());
            assertEquals(runs.getFirst().output(), run.output());
            assertEquals(
                    runs.getFirst().counts().of(Quantity.INSTRUCTIONS),
                    run.counts().of(Quantity.INSTRUCTIONS));
            assertEquals(runs.getFirst().counts().allExits(), run.counts().allExits());
        }
        assertEquals(
                "haswell, tlb-l1 16, tlb-l2 0",
                runs.getFirst().counts().conditions().tlbs());
    }

    @Property
    void aChangedTlbHasAPowerOfTwoOfSets(
            @ForAll @IntRange(min = 1, max = 65536) int entries, @ForAll @IntRange(min = 1, max = 64) int base) {
        int ways = Geometries.ways(entries, base);
        assertEquals(0, entries % ways);
        assertEquals(1, Integer.bitCount(entries / ways));
        assertTrue(ways >= Math.min(base, entries));
    }

    @Test
    void aFinishedRunIsNotRunAgain() throws Exception {
        Results first = run(study("workload: " + SHORT + ", mmu: [cached, nested], round-trip: 400"));
        try (Journal journal = Journal.open(folder.resolve("runs"), "build", 4_000_000_000L)) {
            Plan more = Plan.of(study("workload: " + SHORT + ", mmu: [cached, unsync, nested], round-trip: 500"));
            assertEquals(1, Execution.missing(more, journal));
            for (int n = 0; n < 2; n++) {
                RunSpec run = first.plan().runs().get(n);
                assertEquals(first.runs().get(n), journal.find(run).orElseThrow());
            }
        }
    }

    @Test
    void halfALineIsDropped() throws Exception {
        Study study = study("workload: " + SHORT + ", mmu: [cached, nested]");
        run(study);
        Path runs = folder.resolve("runs");
        byte[] bytes = Files.readAllBytes(runs);
        Files.write(runs, java.util.Arrays.copyOf(bytes, bytes.length - 7));
        try (Journal journal = Journal.open(runs, "build", study.budget())) {
            assertEquals(1, Execution.missing(Plan.of(study), journal));
        }
        run(study);
        assertEquals(bytes.length, Files.size(runs));
    }

    @Test
    void theRunsOfAnotherBuildOrVersionAreRefused() throws Exception {
        run(study("workload: " + SHORT + ", mmu: nested"));
        Path runs = folder.resolve("runs");
        assertEquals(
                runs + ":1:1: was written by another build of the model; --fresh begins anew",
                assertThrows(DataException.class, () -> Journal.open(runs, "other", 1))
                        .getMessage());
        Files.writeString(runs, Files.readString(runs).replace("\"version\":2", "\"version\":1"));
        assertEquals(
                runs + ":1:1: is of version 1, this program reads version 2; --fresh begins anew",
                assertThrows(DataException.class, () -> Journal.open(runs, "build", 1))
                        .getMessage());
        Files.writeString(runs, "a diary\n");
        assertTrue(assertThrows(DataException.class, () -> Journal.open(runs, "build", 1))
                .getMessage()
                .startsWith(runs + ":1:1: is no file of finished runs"));
        assertEquals("a diary\n", Files.readString(runs));
    }

    @Test
    void aResultFileHasEveryParameterAndItsVersion() throws Exception {
        Results results = run(study("workload: " + SHORT + ", mmu: [cached, nested], round-trip: [200, 400.0]"));
        Path file = folder.resolve("r.csv");
        ResultFile.write(file, results);
        List<String> lines = Files.readAllLines(file);
        assertEquals("# thirdmode sweep results, version 2: t", lines.getFirst());
        assertTrue(
                lines.get(1)
                        .startsWith("point,kernel,workload,guest_pages,virt,mmu,host_pages,irqchip,memory,tlbs,caches,"
                                + "profile,round_trip,by,"),
                lines.get(1));
        assertEquals(6, lines.size());
        assertTrue(
                lines.get(2)
                        .startsWith("0,mini64,\"" + SHORT
                                + "\",4k,vmx,cached,4k,user,128,none,none,haswell,200,executed,0,"),
                lines.get(2));
        assertTrue(lines.get(3).contains(",400,repriced,0,"), lines.get(3));
        ResultFile.check(file);
    }

    /** Who changes the columns changes the version: a program that reads one would read the other wrong. */
    @Test
    void theColumnsOfVersion2AreThese() throws Exception {
        assertEquals(2, ResultFile.VERSION);
        assertEquals(
                "point kernel workload guest_pages virt mmu host_pages irqchip memory tlbs caches profile"
                        + " by ended instructions exits walks walk_references table_pages cycles guest_work page_walks"
                        + " second_dimension exit_hardware exit_hypervisor table_upkeep flushes user_space milliseconds",
                ResultFile.columns(study("mmu: nested")).stream()
                        .map(ResultFile.Column::name)
                        .collect(Collectors.joining(" ")));
    }

    @Test
    void aResultFileOfAnotherVersionIsRefused() throws Exception {
        Path file = folder.resolve("r.csv");
        for (String other : List.of("1", "3", "20")) {
            Files.writeString(file, "# thirdmode sweep results, version " + other + ": t\npoint,kernel\n");
            assertEquals(
                    file + ":1:36: is of version " + other
                            + ", this program reads version 2; remove it and run the study again",
                    assertThrows(DataException.class, () -> ResultFile.check(file))
                            .getMessage());
        }
    }

    @Test
    void aRunThatCannotDoItsWorkIsTold() throws Exception {
        Results results = run(study("workload: ram megabytes=64, memory: 16, mmu: nested"));
        assertNotEquals(RunResult.WELL, results.runs().getFirst().end());
        assertEquals("4", results.runs().getFirst().end());
    }
}

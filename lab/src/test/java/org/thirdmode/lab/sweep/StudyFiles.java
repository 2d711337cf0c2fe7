package org.thirdmode.lab.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;

/** Studies as files, and mistakes in them. */
class StudyFiles {
    private static Study study(String text) throws DataException {
        return StudyReader.read(DataFile.parse("s.yaml", text));
    }

    /** A study with these lines under {@code parameters}, which is line 2. */
    private static String mistake(String... lines) {
        String text = "title: t\nparameters:\n  " + String.join("\n  ", lines) + "\n";
        return assertThrows(DataException.class, () -> study(text)).getMessage();
    }

    @Test
    void anUnknownParameterIsToldWithItsPlaceAndTheValidOnes() {
        String message = mistake("mmu: nested", "exit-cost: 400");
        assertTrue(
                message.startsWith("s.yaml:4:3: unknown key 'exit-cost'; valid are kernel, workload, working-set,"),
                message);
        assertTrue(message.contains("round-trip"), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mmu: []                               | s.yaml:3:8: an empty grid: 'mmu' has no value
            mmu: fast                             | s.yaml:3:8: 'fast' is unknown; valid are bare, naive, cached, unsync, nested, agile
            mmu: [nested, nested]                 | s.yaml:3:17: 'nested' is given twice
            mmu: {from: 1, to: 2}                 | s.yaml:3:8: 'mmu' has words: give one, or a list of them
            memory: much                          | s.yaml:3:11: 'much' is no number; write it as 1234 or 12.5
            memory: 128.5                         | s.yaml:3:11: 128.5 has more than 0 places after the point
            memory: 1                             | s.yaml:3:11: 1 is out of range; valid are 8 to 4096
            round-trip: [400, [500]]              | s.yaml:3:21: is a list, expected a single value
            round-trip: {from: 9, to: 3, step: 1} | s.yaml:3:15: an empty grid: from 9 to 3
            round-trip: {from: 1, to: 3}          | s.yaml:3:15: 'step' is missing; a range without it is for sample: random
            round-trip: {from: 1, to: 3, step: 0} | s.yaml:3:38: a step of 0 makes more than 1000000 values
            workload: forks                       | s.yaml:3:13: 'forks' is no workload; valid are syscall, kpti, switch, preempt, fork, exec, mmap, cow, fault, gups, chase, sequential, sparse, ram, compile, port, mmio, disk, wp, idle
            workload: fork steps=3                | s.yaml:3:13: 'steps' is no parameter of fork; valid are processes, rounds, pages, hz, kpti
            workload: fork rounds=few             | s.yaml:3:13: 'rounds=few': expected a whole number, as in rounds=10
            walk-cache: 64                        | s.yaml:3:3: 'walk-cache' goes with modelled TLBs: 'tlbs' has to name a processor
            """)
    void aMistakeIsToldWithItsLineAndColumn(String line, String expected) {
        assertEquals(expected, mistake(line));
    }

    @Test
    void aWorkingSetWantsAWorkloadThatHasOne() {
        assertEquals(
                "s.yaml:4:3: workload syscall has no parameter 'pages'",
                mistake("workload: [gups, syscall]", "working-set: [16, 32]"));
        assertEquals(
                "s.yaml:4:3: workload 'gups pages=16' gives 'pages' itself",
                mistake("workload: gups pages=16", "working-set: [16, 32]"));
    }

    @Test
    void anUnknownProfileListsTheKnown() {
        String message = mistake("profile: zen9");
        assertTrue(message.startsWith("s.yaml:3:12: zen9: is no profile; valid are prescott, merom,"), message);
    }

    @Test
    void aRandomSampleNeedsItsNumberOfPoints() {
        assertEquals(
                "s.yaml:1:1: 'points' is missing",
                assertThrows(DataException.class, () -> study("title: t\nsample: random\nparameters: {mmu: nested}"))
                        .getMessage());
        assertEquals(
                "s.yaml:2:1: 'points' goes with sample: random",
                assertThrows(DataException.class, () -> study("title: t\npoints: 3\nparameters: {mmu: nested}"))
                        .getMessage());
    }

    @Test
    void aGridIsEveryCombination() throws DataException {
        Study study =
                study("title: t\nparameters:\n  mmu: [cached, nested]\n  round-trip: {from: 100, to: 300, step: 100}\n"
                        + "  profile: [merom, haswell]");
        Sampling sampling = new Sampling(study);
        assertEquals(12, sampling.points());
        assertEquals(
                List.of(
                        "cached merom 100",
                        "cached merom 200",
                        "cached merom 300",
                        "cached haswell 100",
                        "cached haswell 200",
                        "cached haswell 300",
                        "nested merom 100"),
                java.util.stream.LongStream.range(0, 7)
                        .mapToObj(n -> sampling.to(n).apply(Parameters.MMU) + " " + sampling.apply(Parameters.PROFILE)
                                + " "
                                + sampling.apply(Parameters.find("round-trip").orElseThrow()))
                        .toList());
    }
}

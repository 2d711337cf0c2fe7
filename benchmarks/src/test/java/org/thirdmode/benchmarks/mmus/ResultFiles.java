package org.thirdmode.benchmarks.mmus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Result files of JMH: what is read of them, and what two of them differ in. */
class ResultFiles {
    @TempDir
    private Path folder;

    /** As JMH 1.37 writes it, without what is not read. */
    private List<BenchmarkResult> results(String mmu, String times, int exits) throws IOException {
        return BenchmarkResult.read(Files.writeString(folder.resolve("r.json"), """
                [{"benchmark": "org.thirdmode.benchmarks.mmus.MmuRun.run",
                  "params": {"mmu": "%s", "workload": "fork", "workingSet": ""},
                  "primaryMetric": {"score": 1.0, "scoreUnit": "ms/op", "rawData": [[%s]]},
                  "secondaryMetrics": {"exits": {"score": 9, "scoreUnit": "#", "rawData": [[7.0, %d.0]]}}}]
                """.formatted(mmu, times, exits)));
    }

    private ResultComparison.Row compared(String before, String after, int exitsAfter) throws IOException {
        return ResultComparison.of(results("nested", before, 574), results("nested", after, exitsAfter))
                .getFirst();
    }

    @Test
    void timesAndCountsAreRead() throws IOException {
        BenchmarkResult result = results("nested", "10.0, 12.0, 14.0", 574).getFirst();
        assertEquals("MmuRun.run", result.name());
        assertEquals("nested, fork", result.title());
        assertEquals(12.0, result.mean(), 1e-9);
        assertEquals(574, result.counts().get("exits"));
        // Student's t of two degrees of freedom at 0.995 is 9.9248; the standard error is 2 / sqrt(3).
        assertEquals(9.9248 * 2 / Math.sqrt(3), result.error(), 1e-3);
    }

    @Test
    void whatIsWithinNoiseDidNotChange() throws IOException {
        ResultComparison.Row row = compared("10.0, 10.4, 9.8, 10.1", "10.2, 9.9, 10.3, 10.0", 574);
        assertEquals("-", row.verdict());
        assertFalse(row.changed());
    }

    @Test
    void whatIsBeyondNoiseIsToldWithItsDirection() throws IOException {
        ResultComparison.Row row = compared("10.0, 10.4, 9.8, 10.1", "20.2, 19.9, 20.3, 20.0", 574);
        assertEquals("slower", row.verdict());
        assertEquals(80.4 / 40.3, row.ratio(), 1e-9);
        assertTrue(row.changed());
        assertEquals(
                "faster",
                compared("20.2, 19.9, 20.3, 20.0", "10.0, 10.4, 9.8, 10.1", 574).verdict());
    }

    @Test
    void aCountThatDiffersIsAChangeWhateverTheTimes() throws IOException {
        ResultComparison.Row row = compared("10.0, 10.4, 9.8, 10.1", "10.2, 9.9, 10.3, 10.0", 575);
        assertEquals("exits 574 -> 575", row.verdict());
        assertTrue(row.changed());
    }

    @Test
    void fewIterationsTellNothingAboutTime() throws IOException {
        ResultComparison.Row row = compared("10.0", "20.0", 574);
        assertEquals("too few iterations to tell about time", row.verdict());
        assertFalse(row.changed());
    }

    @Test
    void whatIsInOneFileAloneIsTold() throws IOException {
        List<ResultComparison.Row> rows =
                ResultComparison.of(results("nested", "1.0, 1.0, 1.0", 1), results("cached", "1.0, 1.0, 1.0", 1));
        assertEquals(
                List.of("is gone", "is new"),
                rows.stream().map(ResultComparison.Row::verdict).toList());
    }

    @Test
    void aFileThatIsNoResultIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("x.json"), "{\"a\": 1}");
        assertEquals(
                file + ": is no result of JMH, as -rf json writes it",
                assertThrows(IOException.class, () -> BenchmarkResult.read(file))
                        .getMessage());
    }

    @Test
    void aChartIsSvgWithABarForEachResult() throws IOException {
        Path file = folder.resolve("c.svg");
        ResultChart.write(file, "title", results("nested", "1.0", 5));
        String svg = Files.readString(file);
        assertTrue(svg.contains("<svg"));
        assertTrue(svg.contains("<rect"));
    }
}

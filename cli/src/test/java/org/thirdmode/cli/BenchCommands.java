package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code thirdmode bench}, as far as nothing is timed. */
class BenchCommands {
    @TempDir
    private Path folder;

    private static CommandLineCase bench(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "bench";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return CommandLineCase.of(new BareMachine(), all);
    }

    private String result(String name, String times, int exits) throws IOException {
        return Files.writeString(folder.resolve(name), """
                [{"benchmark": "org.thirdmode.benchmarks.mmus.MmuRun.run", "params": {"mmu": "nested"},
                  "primaryMetric": {"scoreUnit": "ms/op", "rawData": [[%s]]},
                  "secondaryMetrics": {"exits": {"rawData": [[%d.0]]}}}]
                """.formatted(times, exits))
                .toString();
    }

    @Test
    void theSetsAreListed() {
        CommandLineCase done = bench("--list");
        assertEquals(0, done.status());
        for (String set : new String[] {"quick", "workloads", "modes", "working-sets", "extensions"}) {
            assertTrue(done.out().contains("\n" + set + " "), done.out());
        }
    }

    @Test
    void anUnknownSetListsTheKnown() {
        CommandLineCase done = bench("--set", "slow");
        assertEquals(2, done.status());
        assertEquals(
                "thirdmode bench: --set slow: is unknown; valid are quick, workloads, modes, working-sets, extensions\n",
                done.err());
    }

    @Test
    void aResultIsHeldAgainstItsBaseline() throws IOException {
        String before = result("a.json", "10.0, 10.1, 9.9", 574);
        CommandLineCase same = bench("--compare", before, result("b.json", "10.1, 9.9, 10.0", 574));
        assertEquals(0, same.status(), same.err());
        CommandLineCase other = bench("--compare", before, result("c.json", "20.1, 19.9, 20.0", 575));
        assertEquals(1, other.status(), other.err());
        assertTrue(other.out().contains("2.00   slower; exits 574 -> 575"), other.out());
    }

    @Test
    void aFileThatIsNoResultIsToldInOneLine() throws IOException {
        String none = ": is no result of JMH, as -rf json writes it";
        for (String text : new String[] {"{}", "[]", "[{\"primaryMetric\": {}}]", "[1]"}) {
            assertRefused(text, none);
        }
        assertRefused("[\n garbage]", ":2:2: is no JSON, as JMH's -rf json writes it");
        Path missing = folder.resolve("missing.json");
        CommandLineCase done = bench("--compare", missing.toString(), missing.toString());
        assertEquals("thirdmode: " + missing + ": is not there, or cannot be read\n", done.err());
    }

    private void assertRefused(String text, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("x.json"), text);
        CommandLineCase done = bench("--compare", file.toString(), file.toString());
        assertEquals(2, done.status());
        assertEquals("thirdmode: " + file + message + "\n", done.err());
    }

    @Test
    void aResultThatCannotBeWrittenIsToldBeforeTheBenchmarksRun() {
        for (String option : new String[] {"--out", "--svg"}) {
            CommandLineCase done = bench(option, folder.resolve("none/x").toString());
            assertEquals(2, done.status());
            assertTrue(done.err().contains("does not exist; create it first"), done.err());
        }
    }

    /** What is committed can be read and held against a result of today. */
    @Test
    void theBaselineIsAResult() {
        String baseline = System.getProperty("thirdmode.root") + "/benchmarks/baseline/quick.json";
        CommandLineCase done = bench("--compare", baseline, baseline);
        assertEquals(0, done.status(), done.err());
        assertTrue(done.out().contains("nested"), done.out());
    }
}

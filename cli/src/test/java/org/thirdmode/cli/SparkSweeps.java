package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** {@code thirdmode sweep --spark}: fetches 240 MB, so in continuous integration alone. */
class SparkSweeps {
    @TempDir
    private Path folder;

    private CommandLineCase sweep(String result, String... more) throws IOException {
        Path study = Files.writeString(folder.resolve("s.yaml"), """
                title: t
                parameters:
                  workload: fork processes=2 rounds=1
                  mmu: [cached, nested]
                  round-trip: [400, 700]
                """);
        String[] command = new String[4 + more.length];
        System.arraycopy(
                new String[] {
                    "sweep", study.toString(), "--out", folder.resolve(result).toString()
                },
                0,
                command,
                0,
                4);
        System.arraycopy(more, 0, command, 4, more.length);
        return CommandLineCase.of(new BareMachine(), command);
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "CI", matches = "true")
    void twoThreadsOfSparkFindWhatTwoOfOurOwnFind() throws IOException {
        try {
            Extra.SPARK.jars(new PrintStream(new ByteArrayOutputStream()));
        } catch (UserError e) {
            System.out.println("SparkSweeps: " + e.getMessage());
            Assumptions.abort(e.getMessage());
        }
        assertEquals(0, sweep("spark.csv", "--spark", "local[2]").status());
        assertEquals(0, sweep("own.csv").status());
        assertEquals(-1, Files.mismatch(folder.resolve("spark.csv"), folder.resolve("own.csv")));
    }

    @Test
    void threadsAreTheMasters() throws IOException {
        CommandLineCase done = sweep("r.csv", "--spark", "local[2]", "--threads", "3");
        assertEquals(2, done.status());
        assertTrue(done.err().contains("--threads: how many runs at a time is told by --spark local[2]"), done.err());
    }
}

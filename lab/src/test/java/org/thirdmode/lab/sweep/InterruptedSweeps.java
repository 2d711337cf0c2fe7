package org.thirdmode.lab.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps that end in the middle: each is a process of its own. */
@Timeout(120)
class InterruptedSweeps {
    private static final int RUNS = 10;

    @TempDir
    private Path folder;

    /** Runs a study; what the processes of these tests do. */
    public static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws Exception {
            Study study = Study.read(Path.of(arguments[0]));
            Plan plan = Plan.of(study);
            try (Journal journal = Journal.open(Path.of(arguments[1]), "build", study.budget())) {
                System.out.println("to do: " + Execution.missing(plan, journal));
                ResultFile.write(Path.of(arguments[2]), Execution.run(plan, journal, new Threads(2), done -> {}));
            }
        }
    }

    private Path study() throws IOException {
        StringBuilder rounds = new StringBuilder("title: t\nparameters:\n  workload: syscall\n  rounds: [");
        for (int n = 1; n <= RUNS; n++) {
            rounds.append(n == 1 ? "" : ", ").append(20 + n);
        }
        return Files.writeString(folder.resolve("s.yaml"), rounds.append("]\n"));
    }

    private ProcessBuilder sweep(String limit, String result) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                limit + "exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                study().toString(),
                folder.resolve("runs").toString(),
                folder.resolve(result).toString()));
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    private String output(String limit, String result, int status) throws Exception {
        Process process = sweep(limit, result).start();
        String text = new String(process.getInputStream().readAllBytes());
        assertEquals(status, process.waitFor(), text);
        return text;
    }

    private int finished() throws IOException {
        Path runs = folder.resolve("runs");
        return Files.exists(runs) ? (int) Files.readString(runs).lines().count() - 1 : 0;
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aKilledProcessLosesNoFinishedRun() throws Exception {
        Process process = sweep("", "r.csv").start();
        while (finished() < 3) {
            assertTrue(process.isAlive(), () -> "ended before it was killed");
            TimeUnit.MILLISECONDS.sleep(1);
        }
        process.destroyForcibly();
        process.waitFor();
        assertFalse(Files.exists(folder.resolve("r.csv")));
        String kept = Files.readString(folder.resolve("runs"));
        int whole = (int) kept.chars().filter(c -> c == '\n').count() - 1;
        assertTrue(whole >= 2);

        assertTrue(output("", "r.csv", 0).startsWith("to do: " + (RUNS - whole)));
        assertTrue(Files.readString(folder.resolve("runs")).startsWith(kept.substring(0, kept.lastIndexOf('\n') + 1)));
        Files.delete(folder.resolve("runs"));
        output("", "whole.csv", 0);
        assertEquals(-1, Files.mismatch(folder.resolve("r.csv"), folder.resolve("whole.csv")));
    }

    /** A limit on the size of files is met as a full disk is: the write fails, or is cut short. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskLosesNoFinishedRun() throws Exception {
        String text = output("ulimit -f 12; ", "r.csv", 1);
        assertTrue(text.contains("java.io.IOException: " + folder.resolve("runs")), text);
        String kept = Files.readString(folder.resolve("runs"));
        assertTrue(kept.endsWith("}\n"), kept);
        int whole = finished();
        assertTrue(whole > 0 && whole < RUNS, () -> whole + " runs");
        assertTrue(output("", "r.csv", 0).startsWith("to do: " + (RUNS - whole)));
        assertTrue(Files.readString(folder.resolve("runs")).startsWith(kept));
    }
}

package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** QEMU's tools for images, where they are installed. */
final class Qemu {
    record Result(int status, String output) {}

    private Qemu() {}

    /** Ends a test with a reason where the tool is not there. */
    static void require(String tool) {
        boolean there = false;
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            there |= Files.isExecutable(Path.of(folder, tool));
        }
        if (!there) {
            String reason =
                    tool + " is not installed (Debian: apt-get install qemu-utils): comparison with QEMU left out";
            System.err.println(reason);
            Assumptions.abort(reason);
        }
    }

    static Result run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    /** Runs a command that must succeed. */
    static String ok(String... command) throws IOException, InterruptedException {
        Result result = run(command);
        if (result.status() != 0) {
            throw new AssertionError(String.join(" ", command) + ": " + result.status() + "\n" + result.output());
        }
        return result.output();
    }
}

package org.thirdmode.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Microseconds that QEMU's TCG takes for a benchmark image, start and end of the process included: the difference of two
 * run lengths is the loop alone. Needs Debian's package qemu-system-x86.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class Qemu {
    /** The program. */
    static final String PROGRAM = "qemu-system-x86_64";

    @Param({"bench-alu", "bench-rmw", "bench-stride", "bench-churn", "bench-cr3"})
    public String image;

    /** A run of no length to speak of, or a long one. */
    @Param({"short", "long"})
    public String length;

    private Path file;

    /** Puts the image where QEMU can read it. */
    @Setup(Level.Trial)
    public void write() throws IOException {
        file = Files.createTempFile(image, ".elf");
        Loops.write(image, file);
    }

    @TearDown(Level.Trial)
    public void delete() throws IOException {
        Files.delete(file);
    }

    /** One QEMU process, from its start to the guest's exit. */
    @Benchmark
    public int run() throws IOException, InterruptedException {
        long iterations = length.equals("short") ? 1 : Loops.find(image).qemu();
        Process process = new ProcessBuilder(
                        PROGRAM,
                        "-accel",
                        "tcg",
                        "-m",
                        "128",
                        "-display",
                        "none",
                        "-serial",
                        "null",
                        "-device",
                        "isa-debug-exit,iobase=0xf4,iosize=4",
                        "-kernel",
                        file.toString(),
                        "-append",
                        "n=" + iterations)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int status = process.waitFor();
        // QEMU's exit device turns the guest's value v into (v << 1) | 1.
        if (status != 1) {
            throw new IllegalStateException("QEMU on " + image + " ended with status " + status + ": expected 1");
        }
        return status;
    }
}

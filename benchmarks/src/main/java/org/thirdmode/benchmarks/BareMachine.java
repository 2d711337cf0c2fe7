package org.thirdmode.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.ImageException;

/**
 * Guest instructions a second of the bare machine, in the middle of a benchmark image's loop. The score's unit is guest
 * instructions a microsecond, that is, million a second.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-XX:-ClipInlining",
            "-XX:PerMethodTrapLimit=0",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=CompileThresholdScaling,org.thirdmode.x86.exec.RunLoop::run,50.0"
        })
public class BareMachine {
    /** Guest instructions of one invocation. */
    static final int INSTRUCTIONS = 5_000_000;

    @Param({"bench-alu", "bench-rmw", "bench-stride", "bench-churn", "bench-cr3"})
    public String image;

    @Param({"fast", "detailed"})
    public String fidelity;

    private Machine machine;

    /** Boots the image and runs it into its loop. */
    @Setup(Level.Trial)
    public void boot() throws ImageException {
        machine = ImageInItsLoop.machine(image, fidelity);
    }

    /** Runs on for {@link #INSTRUCTIONS} instructions. */
    @Benchmark
    @OperationsPerInvocation(INSTRUCTIONS)
    public MachineOutcome run() {
        MachineOutcome outcome = machine.run(INSTRUCTIONS);
        if (!(outcome instanceof MachineOutcome.BudgetReached)) {
            throw new IllegalStateException(image + " ended: " + outcome);
        }
        return outcome;
    }
}

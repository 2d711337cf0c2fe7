package org.thirdmode.benchmarks.mmus;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.Quantity;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.lab.sweep.Execution;
import org.thirdmode.lab.sweep.RunResult;
import org.thirdmode.lab.sweep.RunSpec;

/** A workload from the reset of its machine to its end, under one MMU: JMH gives each its own JVM. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 8, time = 1)
public class MmuRun {
    private static final long BUDGET = 4_000_000_000L;

    @Param({"naive", "cached", "unsync", "nested"})
    public String mmu;

    @Param("vmx")
    public String virt;

    @Param("mini64")
    public String kernel;

    @Param("fork processes=4 rounds=4")
    public String workload;

    /** In pages; empty for the workload's own. */
    @Param("")
    public String workingSet;

    /** Whose figures price the counts. */
    @Param("haswell")
    public String profile;

    private RunSpec run;
    private Profile prices;

    /** What one run counts, the same each time, by iteration: JMH's own table adds the iterations up. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Model {
        public long cycles;
        public long exits;
        public long walkReferences;
        public long instructions;
    }

    /** Reads the parameters. */
    @Setup
    public void setUp() throws DataException {
        Map<String, String> settings = new HashMap<>(Map.of("mmu", mmu, "virt", virt, "kernel", kernel));
        settings.put("workload", workload);
        if (!workingSet.isEmpty()) {
            settings.put("working-set", workingSet);
        }
        run = RunSpec.given(settings);
        prices = Profiles.find(profile);
    }

    /** Runs it. */
    @Benchmark
    public void run(Model model) {
        RunResult result = Execution.run(run, BUDGET);
        if (!result.endedWell()) {
            throw new IllegalStateException("the guest ended with " + result.end() + ", not with 0");
        }
        model.cycles = Cost.of(result.counts(), prices).total();
        model.exits = result.counts().allExits();
        model.walkReferences =
                result.counts().of(Quantity.TABLE_REFERENCES) + result.counts().of(Quantity.NESTED_REFERENCES);
        model.instructions = result.counts().of(Quantity.INSTRUCTIONS);
    }
}

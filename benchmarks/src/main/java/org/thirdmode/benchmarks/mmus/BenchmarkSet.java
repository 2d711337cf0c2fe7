package org.thirdmode.benchmarks.mmus;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What is run together: values for parameters of {@link MmuRun}, all combinations.
 *
 * @param name as a user types it
 * @param meaning one line
 * @param parameters values by parameter
 * @param warmups seconds that are not measured
 * @param iterations seconds that are
 */
public record BenchmarkSet(
        String name, String meaning, Map<String, List<String>> parameters, int warmups, int iterations) {
    private static final List<String> MMUS = List.of("naive", "cached", "unsync", "nested");

    private static final List<BenchmarkSet> ALL = List.of(
            new BenchmarkSet("quick", "a short fork under each MMU: a minute", Map.of("mmu", MMUS), 6, 6),
            new BenchmarkSet(
                    "workloads",
                    "what an operating system does, workload by workload",
                    Map.of(
                            "mmu",
                            MMUS,
                            "workload",
                            List.of("syscall", "switch", "fork", "exec", "mmap", "cow", "compile")),
                    3,
                    8),
            new BenchmarkSet(
                    "modes",
                    "the same workloads in each mode of the guest",
                    Map.of(
                            "mmu",
                            MMUS,
                            "kernel",
                            List.of("mini32", "minipae", "mini64"),
                            "workload",
                            List.of("fork", "switch", "compile")),
                    3,
                    8),
            new BenchmarkSet(
                    "working-sets",
                    "updates at random places of more and more pages",
                    Map.of(
                            "mmu",
                            MMUS,
                            "workload",
                            List.of("gups"),
                            "workingSet",
                            List.of("64", "256", "1024", "4096")),
                    3,
                    8),
            new BenchmarkSet(
                    "extensions",
                    "VMX and SVM",
                    Map.of("mmu", MMUS, "virt", List.of("vmx", "svm"), "workload", List.of("fork", "compile")),
                    3,
                    8));

    /** All sets. */
    public static List<BenchmarkSet> all() {
        return ALL;
    }

    /** The set of that name. */
    public static Optional<BenchmarkSet> find(String name) {
        return ALL.stream().filter(set -> set.name.equals(name)).findFirst();
    }

    /** Their names, for messages. */
    public static String names() {
        return ALL.stream().map(BenchmarkSet::name).collect(Collectors.joining(", "));
    }

    /** How JMH is told. */
    public ChainedOptionsBuilder options() {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + MmuRun.class.getName().replace(".", "\\.") + "\\.run$")
                .warmupIterations(warmups)
                .measurementIterations(iterations);
        parameters.forEach((parameter, values) -> options.param(parameter, values.toArray(String[]::new)));
        return options;
    }
}

package org.thirdmode.benchmarks;

import java.io.PrintStream;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs each image in turn on the bare machine in both fidelities and under QEMU, one after the other so that a machine
 * whose speed drifts hits all alike, and prints million guest instructions a second with their ratios. The command is
 * {@code mvn -q -pl benchmarks -am -Pcompare process-classes}, with {@code -Dbenchmark.arguments="bench-alu bench-cr3"} for
 * some images only.
 */
public final class CompareWithPeers {
    private static final String ROW = "%-14s %10s %10s %10s %12s %15s%n";

    private CompareWithPeers() {}

    /** Arguments: names of benchmark images; all of them without any. */
    public static void main(String[] images) throws RunnerException {
        PrintStream out = System.out;
        String[] chosen =
                images.length == 0 ? new TreeMap<>(Peers.LOOPS).keySet().toArray(String[]::new) : images;
        StringBuilder table = new StringBuilder(
                String.format(ROW, "million/s", "fast", "detailed", "QEMU TCG", "fast/QEMU", "detailed/fast"));
        for (String image : chosen) {
            if (!Peers.LOOPS.containsKey(image)) {
                System.err.printf(
                        "%s: no benchmark image; valid are %s%n", image, String.join(", ", Peers.LOOPS.keySet()));
                System.exit(2);
            }
            Map<String, Double> speed = ours(image);
            double fast = speed.get("fast");
            double detailed = speed.get("detailed");
            double qemu = qemu(image);
            table.append(String.format(
                    ROW,
                    image,
                    number(fast),
                    number(detailed),
                    number(qemu),
                    String.format("%.2f", fast / qemu),
                    String.format("%.2f", detailed / fast)));
        }
        out.print(table);
    }

    private static String number(double value) {
        return String.format("%.0f", value);
    }

    private static Map<String, Double> ours(String image) throws RunnerException {
        Map<String, Double> scores = new TreeMap<>();
        for (RunResult result : run(BareMachine.class, image)) {
            scores.put(
                    result.getParams().getParam("fidelity"),
                    result.getPrimaryResult().getScore());
        }
        return scores;
    }

    private static double qemu(String image) throws RunnerException {
        Map<String, Double> microseconds = new TreeMap<>();
        for (RunResult result : run(Peers.class, image)) {
            microseconds.put(
                    result.getParams().getParam("length"),
                    result.getPrimaryResult().getScore());
        }
        Peers.Loop loop = Peers.LOOPS.get(image);
        return loop.iterations() * loop.instructions() / (microseconds.get("long") - microseconds.get("short"));
    }

    private static Collection<RunResult> run(Class<?> benchmark, String image) throws RunnerException {
        Options options = new OptionsBuilder()
                .include("\\." + benchmark.getSimpleName() + "\\.")
                .param("image", image)
                .build();
        return new Runner(options).run();
    }
}

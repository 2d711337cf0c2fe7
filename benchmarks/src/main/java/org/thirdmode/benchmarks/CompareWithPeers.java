package org.thirdmode.benchmarks;

import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs each image in turn on the bare machine in both fidelities, under QEMU and under Bochs, one after the other so that
 * a machine whose speed drifts hits all alike, and prints million guest instructions a second with their ratios. A peer
 * that is not installed is left out, with a word why. The command is {@code mvn -q -pl benchmarks -am -Pcompare
 * process-classes}, with {@code -Dbenchmark.arguments="bench-alu bench-cr3"} for some images only.
 */
public final class CompareWithPeers {
    private static final String ROW = "%-14s %10s %10s %10s %10s %12s %12s %15s%n";

    private CompareWithPeers() {}

    /** Arguments: names of benchmark images; all of them without any. */
    public static void main(String[] images) throws RunnerException {
        for (String image : images) {
            if (Loops.find(image) == null) {
                System.err.printf("%s: no benchmark image; valid are %s%n", image, String.join(", ", Loops.names()));
                System.exit(2);
            }
        }
        boolean qemu = present("QEMU", List.of(Qemu.PROGRAM));
        boolean bochs = present("Bochs", Bochs.PROGRAMS);
        StringBuilder table = new StringBuilder(String.format(
                ROW, "million/s", "fast", "detailed", "QEMU TCG", "Bochs", "fast/QEMU", "fast/Bochs", "detailed/fast"));
        for (String image : images.length == 0 ? Loops.names() : List.of(images)) {
            Loops.Loop loop = Loops.find(image);
            Map<String, Double> ours = scores(BareMachine.class, image, "fidelity");
            double fast = ours.get("fast");
            double detailed = ours.get("detailed");
            double ofQemu = qemu ? speed(Qemu.class, image, loop.qemu() * loop.instructions()) : Double.NaN;
            double ofBochs = bochs ? speed(Bochs.class, image, loop.bochs() * loop.instructions()) : Double.NaN;
            table.append(String.format(
                    ROW,
                    image,
                    number("%.0f", fast),
                    number("%.0f", detailed),
                    number("%.0f", ofQemu),
                    number("%.0f", ofBochs),
                    number("%.2f", fast / ofQemu),
                    number("%.2f", fast / ofBochs),
                    number("%.2f", detailed / fast)));
        }
        PrintStream out = System.out;
        out.print(table);
    }

    private static boolean present(String peer, List<String> programs) {
        List<String> missing =
                programs.stream().filter(program -> !Loops.installed(program)).toList();
        if (!missing.isEmpty()) {
            System.err.printf("%s is left out: not found on the PATH: %s%n", peer, String.join(", ", missing));
        }
        return missing.isEmpty();
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "-" : String.format(format, value);
    }

    /** Million instructions a second of a peer, by the difference of a long run and one of no length. */
    private static double speed(Class<?> peer, String image, long instructions) throws RunnerException {
        Map<String, Double> microseconds = scores(peer, image, "length");
        return instructions / (microseconds.get("long") - microseconds.get("short"));
    }

    /** The scores of a benchmark by one of its parameters. */
    private static Map<String, Double> scores(Class<?> benchmark, String image, String parameter)
            throws RunnerException {
        Options options = new OptionsBuilder()
                .include("\\." + benchmark.getSimpleName() + "\\.")
                .param("image", image)
                .build();
        Collection<RunResult> results = new Runner(options).run();
        Map<String, Double> scores = new TreeMap<>();
        for (RunResult result : results) {
            scores.put(
                    result.getParams().getParam(parameter),
                    result.getPrimaryResult().getScore());
        }
        return scores;
    }
}

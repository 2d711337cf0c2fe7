package org.thirdmode.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.openjdk.jmh.Main;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.thirdmode.benchmarks.mmus.BenchmarkResult;
import org.thirdmode.benchmarks.mmus.BenchmarkSet;
import org.thirdmode.benchmarks.mmus.ResultChart;
import org.thirdmode.benchmarks.mmus.ResultComparison;
import org.thirdmode.benchmarks.mmus.ResultTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode bench}: JMH benchmarks of shadow paging against nested paging. */
@Command(
        name = "bench",
        description = {
            "Runs a set of JMH benchmarks, shadow paging against nested paging, and prints the host's time beside what the"
                    + " model counts. What stands behind -- goes to JMH as it is, as in `bench -- -h`.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:as it should be",
            "1:--compare found changes beyond noise",
            "2:bad usage, or a benchmark failed"
        })
final class BenchCommand implements Callable<Integer> {
    /** Until a JVM has begun, and what the last iteration takes over its time. */
    private static final int START_SECONDS = 2;

    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Option(names = "--set", paramLabel = "NAME", description = "What to run; --list lists the sets (default: quick).")
    private String set;

    @Option(names = "--list", description = "List the sets.")
    private boolean list;

    @Option(
            names = "--out",
            paramLabel = "FILE.json",
            defaultValue = "bench.json",
            description = "JMH's result, which --compare reads (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Option(names = "--svg", paramLabel = "FILE.svg", description = "Draw the model's cycles.")
    private Path svg;

    @Option(
            names = "--compare",
            arity = "2",
            paramLabel = "FILE.json",
            description = "Run nothing: tell what the second result differs in from the first, the baseline.")
    private List<Path> compare;

    @Parameters(arity = "0..*", hidden = true)
    private List<String> jmh = new ArrayList<>();

    BenchCommand(PrintStream err) {
        this.err = err;
    }

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        try {
            if (list) {
                new Listing<>(BenchmarkSet.all())
                        .column("set", BenchmarkSet::name)
                        .column("what it runs", BenchmarkSet::meaning)
                        .print(terminal, false);
                return ExitStatus.OK;
            }
            if (compare != null) {
                return compared(terminal);
            }
            if (!jmh.isEmpty()) {
                return plain();
            }
            run(terminal);
            return ExitStatus.OK;
        } catch (IOException e) {
            throw new UserError(e.getMessage());
        } catch (RunnerException e) {
            throw new UserError("bench: " + e.getMessage());
        }
    }

    /** JMH itself. */
    private int plain() throws IOException, RunnerException {
        if (set != null) {
            throw new ParameterException(spec.commandLine(), "--set and options of JMH do not go together");
        }
        Main.main(jmh.toArray(String[]::new));
        return ExitStatus.OK;
    }

    private void run(PrintWriter terminal) throws IOException, RunnerException {
        String name = set == null ? "quick" : set;
        BenchmarkSet chosen = BenchmarkSet.find(name)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "--set " + name + ": is unknown; valid are " + BenchmarkSet.names()));
        int benchmarks =
                chosen.parameters().values().stream().mapToInt(List::size).reduce(1, Math::multiplyExact);
        OutputFile.writable("--out", out);
        OutputFile.writable("--svg", svg);
        int seconds = chosen.warmups() + chosen.iterations();
        err.println("bench " + name + ": " + benchmarks + " benchmarks, each in a JVM of its own for " + seconds
                + " s and more: about " + minutes(benchmarks * (seconds + START_SECONDS))
                + " on a machine that is idle");
        new Runner(chosen.options()
                        .verbosity(VerboseMode.SILENT)
                        .shouldFailOnError(true)
                        .resultFormat(ResultFormatType.JSON)
                        .result(out.toString())
                        .build())
                .run();
        List<BenchmarkResult> results = BenchmarkResult.read(out);
        ResultTable table = new ResultTable(results);
        TextTable.print(terminal, table.heading(), table.rows());
        terminal.println("kept in " + out);
        if (svg != null) {
            ResultChart.write(svg, chosen.meaning(), results);
            terminal.println("drawn in " + svg);
        }
        terminal.flush();
    }

    private static String minutes(int seconds) {
        return seconds < 90 ? seconds + " s" : Math.ceilDiv(seconds, 60) + " min";
    }

    private int compared(PrintWriter terminal) throws IOException {
        List<BenchmarkResult> before = BenchmarkResult.read(compare.getFirst());
        String unit = before.getFirst().unit();
        List<ResultComparison.Row> rows = ResultComparison.of(before, BenchmarkResult.read(compare.getLast()));
        TextTable.print(
                terminal,
                List.of("benchmark", "before, " + unit, "after, " + unit, "ratio", "beyond noise"),
                rows.stream()
                        .map(row -> List.of(
                                row.title(), number(row.before()), number(row.after()), ratio(row), row.verdict()))
                        .toList());
        terminal.flush();
        return rows.stream().anyMatch(ResultComparison.Row::changed) ? 1 : ExitStatus.OK;
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%,.2f", value);
    }

    private static String ratio(ResultComparison.Row row) {
        return Double.isNaN(row.ratio()) ? "-" : String.format(Locale.ROOT, "%.2f", row.ratio());
    }
}

package org.thirdmode.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.lab.sweep.Build;
import org.thirdmode.lab.sweep.Execution;
import org.thirdmode.lab.sweep.HtmlReport;
import org.thirdmode.lab.sweep.Journal;
import org.thirdmode.lab.sweep.Plan;
import org.thirdmode.lab.sweep.ResultDatabase;
import org.thirdmode.lab.sweep.ResultFile;
import org.thirdmode.lab.sweep.Results;
import org.thirdmode.lab.sweep.Study;
import org.thirdmode.lab.sweep.Threads;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode sweep}: one question at many points. */
@Command(
        name = "sweep",
        description = {
            "Answers a study, a YAML file that names parameters and their values: every point is executed, or priced from a"
                    + " run that was. Finished runs are kept beside the result, and the same command goes on from there.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all runs ended as they should",
            "1:some did not; the result says which",
            "2:bad usage, a mistake in the study, or a file that cannot be read or written",
            "130:interrupted; what was finished is kept"
        })
final class SweepCommand implements Callable<Integer> {
    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "STUDY.yaml",
            description = "The study; docs/studies.md tells what one says. With --sql it may as well be a result.")
    private Path file;

    @Option(
            names = "--out",
            paramLabel = "FILE.csv|FILE.parquet",
            description = "Where the result goes (default: the study's name with .csv, in this folder).")
    private Path out;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a report with charts, which opens offline.")
    private Path html;

    @Option(
            names = "--sql",
            paramLabel = "QUERY",
            description =
                    "Ask DuckDB about the result, which is the table `points`, as in 'SELECT mmu, min(cycles) FROM"
                            + " points GROUP BY mmu'.")
    private String sql;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = Count.class,
            description = "Runs at a time (default: one for each of the host's processors).")
    private Long threads;

    @Option(
            names = "--spark",
            paramLabel = "MASTER",
            description =
                    "Execute the runs on Apache Spark: local[2], or the master of a cluster, spark://HOST:PORT, whose workers"
                            + " have this Java.")
    private String spark;

    @Option(names = "--fresh", description = "Throw away the finished runs that are kept.")
    private boolean fresh;

    SweepCommand(PrintStream err) {
        this.err = err;
    }

    @Override
    public Integer call() {
        try {
            if (isResult(file)) {
                return ask();
            }
            Study study = Study.read(file);
            if (spark != null && !Spark.ready()) {
                if (threads != null) {
                    throw new ParameterException(
                            spec.commandLine(), "--threads: how many runs at a time is told by --spark " + spark);
                }
                return Spark.startAgain(
                        err, spec.commandLine().getParent().getParseResult().originalArgs());
            }
            return sweep(study);
        } catch (DataException e) {
            throw new UserError(e.getMessage());
        } catch (InterruptedException e) {
            return ExitStatus.INTERRUPTED;
        } catch (IOException e) {
            throw new UserError(e.getMessage() + "; what was finished is kept, and the same command goes on");
        }
    }

    private static boolean isResult(Path file) {
        return file.toString().endsWith(".csv") || ResultDatabase.isParquet(file);
    }

    private int ask() throws DataException, IOException {
        if (sql == null || html != null || out != null) {
            throw new ParameterException(
                    spec.commandLine(), file + " is a result: ask about it with --sql, or name a study");
        }
        ResultQuery.answer(err, spec.commandLine().getOut(), file, sql);
        return ExitStatus.OK;
    }

    private int sweep(Study study) throws DataException, IOException, InterruptedException {
        Path result = out != null ? out : Path.of(baseName(file) + ".csv");
        boolean parquet = ResultDatabase.isParquet(result);
        if (Files.exists(result)) {
            if (parquet) {
                ResultQuery.use(err, database -> database.check(result));
            } else {
                ResultFile.check(result);
            }
        }
        Path runs = Path.of(result + ".runs");
        if (fresh) {
            Files.deleteIfExists(runs);
        }
        Plan plan = Plan.of(study);
        // What is missing to do what was asked for is told before hours of work, not after.
        if (parquet || sql != null) {
            Extra.DUCKDB.jars(err);
        }
        try (Journal journal = Journal.open(runs, Build.fingerprint(), study.budget())) {
            Results results = execute(plan, journal, result);
            if (parquet) {
                ResultQuery.use(err, database -> database.write(result, results));
            } else {
                ResultFile.write(result, results);
            }
            if (html != null) {
                HtmlReport.write(html, results);
            }
            PrintWriter terminal = spec.commandLine().getOut();
            if (sql != null) {
                ResultQuery.answer(err, terminal, result, sql);
            } else {
                SweepSummary.print(terminal, results);
                terminal.printf(Locale.ROOT, "%,d points in %s%n", plan.points(), result);
                terminal.flush();
            }
            return failures(results) == 0 ? ExitStatus.OK : 1;
        }
    }

    private Results execute(Plan plan, Journal journal, Path result) throws IOException, InterruptedException {
        int missing = Execution.missing(plan, journal);
        int all = plan.runs().size();
        String task = file.getFileName() + ": " + plan.points() + " points, " + all + (all == 1 ? " run" : " runs")
                + (missing == all ? "" : ", " + (all - missing) + " of them kept from before");
        int width = threads != null
                ? (int) Math.min(threads, 1024)
                : Runtime.getRuntime().availableProcessors();
        try (SweepProgress progress = new SweepProgress(err, task, missing)) {
            return Execution.run(plan, journal, spark == null ? new Threads(width) : Spark.workers(spark), progress);
        } catch (InterruptedException e) {
            err.println("sweep: interrupted; " + (all - Execution.missing(plan, journal)) + " of " + all
                    + " runs are kept, and the same command goes on from there");
            if (!ResultDatabase.isParquet(result)) {
                ResultFile.write(result, Execution.finished(plan, journal));
                err.println("sweep: " + result + " has the points of these runs");
            }
            throw e;
        }
    }

    private long failures(Results results) {
        long failed = 0;
        for (int n = 0; n < results.runs().size(); n++) {
            if (!results.runs().get(n).endedWell()) {
                failed++;
                err.println(
                        "sweep: the run with " + results.plan().runs().get(n).words() + " ended with "
                                + results.runs().get(n).end() + ", not with 0"
                                + (results.runs().get(n).hasFailed() ? "; please report it" : ""));
            }
        }
        return failed;
    }

    private static String baseName(Path file) {
        return file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    }
}

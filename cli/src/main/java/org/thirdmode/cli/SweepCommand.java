package org.thirdmode.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.lab.sweep.Build;
import org.thirdmode.lab.sweep.Execution;
import org.thirdmode.lab.sweep.Journal;
import org.thirdmode.lab.sweep.Plan;
import org.thirdmode.lab.sweep.ResultFile;
import org.thirdmode.lab.sweep.Results;
import org.thirdmode.lab.sweep.Study;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

    @Parameters(paramLabel = "STUDY.yaml", description = "The study; docs/studies.md tells what one says.")
    private Path file;

    @Option(
            names = "--out",
            paramLabel = "FILE.csv",
            description = "Where the result goes (default: the study's name with .csv, in this folder).")
    private Path out;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = Count.class,
            description = "Runs at a time (default: one for each of the host's processors).")
    private Long threads;

    @Option(names = "--fresh", description = "Throw away the finished runs that are kept.")
    private boolean fresh;

    SweepCommand(PrintStream err) {
        this.err = err;
    }

    @Override
    public Integer call() {
        try {
            return sweep(Study.read(file));
        } catch (DataException e) {
            throw new UserError(e.getMessage());
        } catch (InterruptedException e) {
            return ExitStatus.INTERRUPTED;
        } catch (IOException e) {
            throw new UserError(e.getMessage() + "; what was finished is kept, and the same command goes on");
        }
    }

    private int sweep(Study study) throws DataException, IOException, InterruptedException {
        Path result = out != null ? out : Path.of(baseName(file) + ".csv");
        if (Files.exists(result)) {
            ResultFile.check(result);
        }
        Path runs = Path.of(result + ".runs");
        if (fresh) {
            Files.deleteIfExists(runs);
        }
        Plan plan = Plan.of(study);
        try (Journal journal = Journal.open(runs, Build.fingerprint(), study.budget())) {
            Results results = execute(plan, journal);
            ResultFile.write(result, results);
            SweepSummary.print(spec.commandLine().getOut(), results);
            spec.commandLine().getOut().println(plan.points() + " points in " + result);
            spec.commandLine().getOut().flush();
            return failures(results) == 0 ? ExitStatus.OK : 1;
        }
    }

    private Results execute(Plan plan, Journal journal) throws IOException, InterruptedException {
        int missing = Execution.missing(plan, journal);
        int all = plan.runs().size();
        String task = file.getFileName() + ": " + plan.points() + " points, " + all + (all == 1 ? " run" : " runs")
                + (missing == all ? "" : ", " + (all - missing) + " of them kept from before");
        int width = threads != null
                ? (int) Math.min(threads, 1024)
                : Runtime.getRuntime().availableProcessors();
        try (SweepProgress progress = new SweepProgress(err, task, missing)) {
            return Execution.run(plan, journal, width, progress);
        } catch (InterruptedException e) {
            err.println("sweep: interrupted; " + (all - Execution.missing(plan, journal)) + " of " + all
                    + " runs are kept, and the same command goes on from there");
            throw e;
        }
    }

    private long failures(Results results) {
        long failed = 0;
        for (int n = 0; n < results.runs().size(); n++) {
            if (!results.runs().get(n).endedWell()) {
                failed++;
                err.println("sweep: the run with " + results.plan().runs().get(n).words() + " ended with "
                        + results.runs().get(n).end() + ", not with 0");
            }
        }
        return failed;
    }

    private static String baseName(Path file) {
        return file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    }
}

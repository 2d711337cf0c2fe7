package org.thirdmode.lab.sweep;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Executes the runs of a plan. */
public final class Execution {
    /** Hears how far it is. */
    @FunctionalInterface
    public interface Watcher {
        /** Some runs are finished. */
        void finished(int runs);

        /** Something happened that is worth a line. */
        default void note(String line) {}
    }

    private Execution() {}

    /**
     * Executes one run. Where it fails, by a bug of the model or for want of memory, the result says so.
     *
     * @param budget the most ticks of guest time
     */
    public static RunResult run(RunSpec run, long budget) {
        return guarded(() -> Executor.run(run, budget));
    }

    static RunResult guarded(Supplier<RunResult> run) {
        try {
            return run.get();
        } catch (RuntimeException | StackOverflowError e) {
            return RunResult.failed(words(e));
        } catch (OutOfMemoryError e) {
            return RunResult.failed(
                    "not enough memory for the Java virtual machine; give it more, or use fewer threads");
        }
    }

    private static String words(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        String message = failure.getMessage() == null
                ? ""
                : ": " + failure.getMessage().lines().findFirst().orElse("");
        return failure.getClass().getSimpleName() + message + (trace.length == 0 ? "" : ", at " + trace[0]);
    }

    /** The runs of a plan that a journal does not have. */
    public static int missing(Plan plan, Journal journal) {
        return (int)
                plan.runs().stream().filter(run -> journal.find(run).isEmpty()).count();
    }

    /** What a journal has of a plan's runs. */
    public static Results finished(Plan plan, Journal journal) {
        List<RunResult> results = new ArrayList<>();
        plan.runs().forEach(run -> results.add(journal.find(run).orElse(null)));
        return new Results(plan, results);
    }

    /**
     * Executes what the journal does not have.
     *
     * @throws IOException where a finished run cannot be kept
     * @throws InterruptedException where this thread is interrupted; the journal has all that was finished
     */
    public static Results run(Plan plan, Journal journal, Workers workers, Watcher watcher)
            throws IOException, InterruptedException {
        long budget = plan.study().budget();
        RunResult[] results = new RunResult[plan.runs().size()];
        List<RunSpec> missing = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        for (int n = 0; n < results.length; n++) {
            RunSpec run = plan.runs().get(n);
            results[n] = journal.find(run).orElse(null);
            if (results[n] == null) {
                missing.add(run);
                numbers.add(n);
            }
        }
        int[] done = {0};
        try {
            workers.execute(missing, budget, new Workers.Sink() {
                @Override
                public void finished(int number, RunResult result) throws IOException {
                    // What failed is tried again by the next command: a lack of memory need not be there then.
                    if (!result.hasFailed()) {
                        journal.add(missing.get(number), budget, result);
                    }
                    results[numbers.get(number)] = result;
                    done[0]++;
                    watcher.finished(done[0]);
                }

                @Override
                public void note(String line) {
                    watcher.note(line);
                }
            });
        } catch (ClosedByInterruptException e) {
            throw new InterruptedException();
        }
        return new Results(plan, Arrays.asList(results));
    }
}

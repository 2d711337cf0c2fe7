package org.thirdmode.lab.sweep;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Executes the runs of a plan, as many at a time as there are threads. */
public final class Execution {
    /** Hears how far it is. */
    @FunctionalInterface
    public interface Watcher {
        /** Some runs are finished. */
        void finished(int runs);
    }

    /** A run with its number in the plan. */
    private record Numbered(int number, RunResult result) {}

    private Execution() {}

    /**
     * Executes one run.
     *
     * @param budget the most ticks of guest time
     */
    public static RunResult run(RunSpec run, long budget) {
        return Executor.run(run, budget);
    }

    /** The runs of a plan that a journal does not have. */
    public static int missing(Plan plan, Journal journal) {
        return (int)
                plan.runs().stream().filter(run -> journal.find(run).isEmpty()).count();
    }

    /**
     * Executes what the journal does not have.
     *
     * @throws IOException where a finished run cannot be kept
     * @throws InterruptedException where this thread is interrupted; the journal has all that was finished
     */
    public static Results run(Plan plan, Journal journal, int threads, Watcher watcher)
            throws IOException, InterruptedException {
        long budget = plan.study().budget();
        ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("sweep-", 0).factory());
        try {
            CompletionService<Numbered> completed = new ExecutorCompletionService<>(pool);
            int left = 0;
            RunResult[] results = new RunResult[plan.runs().size()];
            for (int n = 0; n < results.length; n++) {
                RunSpec run = plan.runs().get(n);
                results[n] = journal.find(run).orElse(null);
                if (results[n] == null) {
                    completed.submit(task(n, run, budget));
                    left++;
                }
            }
            for (int done = 1; done <= left; done++) {
                Numbered finished = completed.take().get();
                journal.add(plan.runs().get(finished.number), budget, finished.result);
                results[finished.number] = finished.result;
                watcher.finished(done);
            }
            return new Results(plan, new ArrayList<>(List.of(results)));
        } catch (ClosedByInterruptException e) {
            throw new InterruptedException();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    private static Callable<Numbered> task(int number, RunSpec run, long budget) {
        return () -> {
            try {
                return new Numbered(number, Executor.run(run, budget));
            } catch (RuntimeException | StackOverflowError e) {
                throw new IllegalStateException("run with " + run.words() + ": " + e.getMessage(), e);
            }
        };
    }
}

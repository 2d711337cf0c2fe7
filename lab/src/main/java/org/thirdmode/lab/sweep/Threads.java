package org.thirdmode.lab.sweep;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Threads of this process, each with a machine of its own. */
public final class Threads implements Workers {
    /** How one run is executed. */
    @FunctionalInterface
    interface Runner {
        RunResult run(RunSpec run, long budget);
    }

    /** A run with its number in the list. */
    private record Numbered(int number, RunResult result) {}

    private final int width;
    private final Runner runner;

    /** @param width runs at a time */
    public Threads(int width) {
        this(width, Execution::run);
    }

    Threads(int width, Runner runner) {
        this.width = width;
        this.runner = runner;
    }

    @Override
    public void execute(List<RunSpec> runs, long budget, Sink sink) throws IOException, InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(
                width, Thread.ofPlatform().daemon().name("sweep-", 0).factory());
        try {
            CompletionService<Numbered> completed = new ExecutorCompletionService<>(pool);
            for (int n = 0; n < runs.size(); n++) {
                int number = n;
                completed.submit(() -> new Numbered(number, runner.run(runs.get(number), budget)));
            }
            for (int n = 0; n < runs.size(); n++) {
                Numbered finished = completed.take().get();
                sink.finished(finished.number, finished.result);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }
}

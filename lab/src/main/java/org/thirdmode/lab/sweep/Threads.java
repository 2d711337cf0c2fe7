package org.thirdmode.lab.sweep;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.thirdmode.x86.paging.TranslationTrace.Inexact;
import org.thirdmode.x86.paging.TranslationTrace.Reach;
import org.thirdmode.x86.paging.TranslationTrace.Unusable;

/**
 * Threads of this process, each with a machine of its own. Runs that differ in TLBs and walk caches alone are executed once, and
 * the trace of that run replayed for each of them ({@link Recording}); where that would not be exact they are executed.
 */
public final class Threads implements Workers {
    /** To record a run takes about twice as long as to execute it. */
    private static final int WORTH_RECORDING = 4;

    /** How one run is executed. */
    @FunctionalInterface
    interface Runner {
        RunResult run(RunSpec run, long budget);
    }

    /** Something to do: what comes of a recording goes first, for its trace takes memory. */
    private record Work(boolean urgent, int number, Runnable task) implements Runnable {
        @Override
        public void run() {
            task.run();
        }
    }

    /** Something to tell: a run with its number in the list, or a line. */
    private record News(int number, RunResult result, String line, Error failure) {}

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
        new Pool(runs, budget).execute(sink);
    }

    /** The numbers of runs that one trace may tell about. */
    private static List<List<Integer>> groups(List<RunSpec> runs) {
        Map<RunSpec, List<Integer>> byTrace = new LinkedHashMap<>();
        List<List<Integer>> groups = new ArrayList<>();
        for (int n = 0; n < runs.size(); n++) {
            int number = n;
            runs.get(n)
                    .butForTlbs()
                    .ifPresentOrElse(
                            common -> byTrace.computeIfAbsent(common, key -> new ArrayList<>())
                                    .add(number),
                            () -> groups.add(List.of(number)));
        }
        groups.addAll(byTrace.values());
        groups.sort(Comparator.comparing(List::getFirst));
        return groups;
    }

    private final class Pool {
        private final List<RunSpec> runs;
        private final long budget;
        private final BlockingQueue<News> news = new LinkedBlockingQueue<>();
        private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
                width,
                width,
                0,
                TimeUnit.SECONDS,
                new PriorityBlockingQueue<>(
                        11,
                        Comparator.comparing((Runnable work) -> !((Work) work).urgent)
                                .thenComparing(work -> ((Work) work).number)),
                Thread.ofPlatform().daemon().name("sweep-", 0).factory());

        Pool(List<RunSpec> runs, long budget) {
            this.runs = runs;
            this.budget = budget;
        }

        void execute(Sink sink) throws IOException, InterruptedException {
            try {
                for (List<Integer> group : groups(runs)) {
                    if (group.size() < WORTH_RECORDING) {
                        group.forEach(number -> start(false, number, () -> execute(number)));
                    } else {
                        start(false, group.getFirst(), () -> record(group));
                    }
                }
                int finished = 0;
                while (finished < runs.size()) {
                    News next = news.take();
                    if (next.failure != null) {
                        throw next.failure;
                    }
                    if (next.line != null) {
                        sink.note(next.line);
                    } else {
                        sink.finished(next.number, next.result);
                        finished++;
                    }
                }
            } finally {
                threads.shutdownNow();
            }
        }

        private void start(boolean urgent, int number, Runnable task) {
            threads.execute(new Work(urgent, number, () -> {
                try {
                    task.run();
                } catch (Error e) {
                    news.add(new News(number, null, null, e));
                }
            }));
        }

        private void execute(int number) {
            news.add(new News(number, runner.run(runs.get(number), budget), null, null));
        }

        private void record(List<Integer> group) {
            RunSpec first = runs.get(group.getFirst());
            Reach reach = group.stream()
                    .map(number -> Reach.of(runs.get(number).tlbs()))
                    .reduce(Reach::common)
                    .orElseThrow();
            Recording recording;
            try {
                recording = Executor.record(first, budget, reach);
            } catch (Unusable e) {
                tell("not replayed but executed, the " + group.size() + " runs with "
                        + first.butForTlbs().orElseThrow().words() + ": " + e.getMessage());
                recording = null;
            } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
                // What fails there fails in the runs too, which tell why.
                recording = null;
            }
            Recording recorded = recording;
            for (int number : group) {
                start(
                        recorded != null,
                        number,
                        recorded == null ? () -> execute(number) : () -> replay(recorded, number));
            }
        }

        private void replay(Recording recording, int number) {
            RunResult result;
            try {
                result = recording.replay(runs.get(number));
            } catch (Inexact e) {
                tell("not replayed but executed, the run with "
                        + runs.get(number).words() + ": " + e.getMessage());
                result = runner.run(runs.get(number), budget);
            }
            news.add(new News(number, result, null, null));
        }

        private void tell(String line) {
            news.add(new News(0, null, line, null));
        }
    }
}

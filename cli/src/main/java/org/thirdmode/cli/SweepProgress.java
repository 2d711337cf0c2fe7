package org.thirdmode.cli;

import java.io.PrintStream;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.thirdmode.lab.sweep.Execution;

/** How many runs of a sweep are finished, and how long the others will take; where nobody watches, a line now and then. */
final class SweepProgress implements Execution.Watcher, AutoCloseable {
    private static final int WIDTH = 140;
    private static final Duration PERIOD = Duration.ofSeconds(20);

    private final PrintStream err;
    private final int runs;
    private final long began = System.nanoTime();
    private final ProgressBar bar;
    private long told = began;

    SweepProgress(PrintStream err, String task, int runs) {
        this.err = err;
        this.runs = runs;
        if (runs == 0 || System.console() == null || !System.console().isTerminal()) {
            err.println(task);
            bar = null;
            return;
        }
        bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(runs)
                .setUnit(" runs", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setMaxRenderedLength(WIDTH)
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build();
    }

    @Override
    public void finished(int done) {
        if (bar != null) {
            bar.stepTo(done);
            return;
        }
        long now = System.nanoTime();
        if (now - told > PERIOD.toNanos()) {
            told = now;
            Duration left = Duration.ofNanos((now - began) / done * (runs - done));
            err.printf(
                    "sweep: %d of %d runs, about %d:%02d min left%n",
                    done, runs, left.toMinutes(), left.toSecondsPart());
        }
    }

    @Override
    public void note(String line) {
        err.println("sweep: " + line);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}

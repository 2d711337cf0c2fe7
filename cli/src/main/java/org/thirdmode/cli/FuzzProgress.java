package org.thirdmode.cli;

import java.io.PrintStream;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A line that grows while time passes, with the guests run; where nobody watches, one line when it begins. */
final class FuzzProgress implements AutoCloseable {
    private static final int WIDTH = 120;
    private static final int PERIOD_MILLIS = 200;

    private final long began = System.nanoTime();
    private final ProgressBar bar;

    FuzzProgress(PrintStream err, String task, Duration time) {
        if (System.console() == null || !System.console().isTerminal()) {
            err.println(task);
            bar = null;
            return;
        }
        bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(time.toSeconds())
                .setUnit(" s", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(PERIOD_MILLIS)
                .setMaxRenderedLength(WIDTH)
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build();
    }

    void ran(long guests) {
        if (bar != null) {
            bar.stepTo(Duration.ofNanos(System.nanoTime() - began).toSeconds());
            bar.setExtraMessage(String.format("%,d guests", guests));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}

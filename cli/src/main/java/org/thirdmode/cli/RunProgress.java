package org.thirdmode.cli;

import java.io.PrintStream;
import java.text.DecimalFormat;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.thirdmode.lab.Progress;

/** A line that grows while a run goes on, with its rate; where nobody watches, one line when it begins. */
final class RunProgress implements Progress, AutoCloseable {
    /** Nobody knows how long the run takes. */
    static final long UNKNOWN = -1;

    private static final long MILLION = 1_000_000;
    private static final int WIDTH = 140;
    private static final int PERIOD_MILLIS = 200;

    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());
    private final ProgressBar bar;

    RunProgress(PrintStream err, String task, long instructions) {
        if (System.console() == null || !System.console().isTerminal()) {
            err.println(task);
            bar = null;
            return;
        }
        bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(instructions)
                .setUnit(" million instructions", MILLION)
                .showSpeed(new DecimalFormat("0.0"))
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(PERIOD_MILLIS)
                .setMaxRenderedLength(WIDTH)
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build();
    }

    @Override
    public void begins(LongSupplier instructions) {
        if (bar != null) {
            clock.scheduleAtFixedRate(
                    () -> bar.stepTo(instructions.getAsLong()), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        if (bar != null) {
            bar.close();
        }
    }
}

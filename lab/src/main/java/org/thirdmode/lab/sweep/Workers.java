package org.thirdmode.lab.sweep;

import java.io.IOException;
import java.util.List;

/** Who executes runs. */
@FunctionalInterface
public interface Workers {
    /** Takes what is finished; asked by one thread at a time. */
    @FunctionalInterface
    interface Sink {
        /** The run of that place in the list is finished. */
        void finished(int number, RunResult result) throws IOException;

        /** Something that whoever waits for the runs may want to know, in one line. */
        default void note(String line) {}
    }

    /**
     * Executes runs, in any order. One that fails is finished too ({@link RunResult#hasFailed}), and the others go on.
     *
     * @param budget the most ticks of guest time of each
     * @throws IOException where the sink throws it, or the workers are gone; in one line
     * @throws InterruptedException where this thread is interrupted
     */
    void execute(List<RunSpec> runs, long budget, Sink sink) throws IOException, InterruptedException;
}

package org.thirdmode.cli;

import org.thirdmode.pc.Machine;
import org.thirdmode.x86.exec.Processor;

/** How far a machine runs at once, and what is done in between. */
interface Pace extends AutoCloseable {
    /** The most instructions to run at once. */
    long instructions();

    /** Called before each such stretch. */
    void before(Processor processor);

    @Override
    void close();

    static Pace of(BareRun what, Machine machine) {
        return what.trace().isPresent() ? new Trace(what.trace().get(), machine) : new Free();
    }

    /** As fast as it goes; often enough out of the machine to hear an interruption and to show a prompt. */
    final class Free implements Pace {
        private static final long STRETCH = 1L << 24;

        @Override
        public long instructions() {
            return STRETCH;
        }

        @Override
        public void before(Processor processor) {}

        @Override
        public void close() {}
    }
}

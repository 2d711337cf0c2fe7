package org.thirdmode.cli.operator;

import org.thirdmode.pc.Board;

/** Somebody at the machine while it runs: at the far end of its serial line, at its keyboard and screen. */
public interface Operator extends AutoCloseable {
    /** Nobody: the machine runs by itself. */
    Operator NOBODY = new Operator() {};

    /** The machine is put together, and has not run yet. */
    default void at(Board board) {}

    /** The guest has sent a byte over its first serial port. */
    default void received(int value) {}

    /** The most instructions that the machine may execute until {@link #look}, or ticks that it may sleep. */
    default long patience() {
        return Long.MAX_VALUE;
    }

    /**
     * The machine stands still for him to do something.
     *
     * @param slept ticks that its processor has slept since the last time
     * @return false where he has enough of it
     */
    default boolean look(long slept) {
        return true;
    }

    /**
     * The processor sleeps, and no device will wake it.
     *
     * @return whether he has done something that may
     */
    default boolean wake() {
        return false;
    }

    @Override
    default void close() {}
}

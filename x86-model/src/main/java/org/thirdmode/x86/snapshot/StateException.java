package org.thirdmode.x86.snapshot;

/** A state that cannot be written or read, told in one line. */
public final class StateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public StateException(String line) {
        super(line);
    }
}

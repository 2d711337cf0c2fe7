package org.thirdmode.cost.data;

/** A mistake in a data file, told in one line that begins with {@code file:line:column}. */
public final class DataException extends Exception {
    private static final long serialVersionUID = 1;

    public DataException(String line) {
        super(line, null, false, false);
    }
}

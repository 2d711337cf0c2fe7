package org.thirdmode.cost.data;

/**
 * Where in a file something stands.
 *
 * @param file its name, as the user knows it
 * @param line from 1
 * @param column from 1
 */
public record Place(String file, int line, int column) {
    /** A mistake here. */
    public DataException wrong(String what) {
        return new DataException(this + ": " + what);
    }

    /** As compilers write it. */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}

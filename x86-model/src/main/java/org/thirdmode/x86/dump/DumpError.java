package org.thirdmode.x86.dump;

/** A text that is no dump of a control structure: one line that names the line, what it is, and what was expected. */
public final class DumpError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MOST_SHOWN = 60;

    /** What is wrong with one line, counted from 1. */
    public DumpError(int line, String found, String expected) {
        super("line " + line + ": '" + shortened(found) + "': expected " + expected, null, false, false);
    }

    /** What is wrong with the whole. */
    public DumpError(String message) {
        super(message, null, false, false);
    }

    private static String shortened(String text) {
        String plain = text.strip().replaceAll("\\p{Cntrl}", "?");
        return plain.length() <= MOST_SHOWN ? plain : plain.substring(0, MOST_SHOWN) + "...";
    }
}

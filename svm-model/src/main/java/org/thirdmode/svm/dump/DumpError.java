package org.thirdmode.svm.dump;

/** A text that is no VMCB: one line that names the line, what it is, and what was expected. */
public final class DumpError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MOST_SHOWN = 60;

    DumpError(int line, String found, String expected) {
        super("line " + line + ": '" + shortened(found) + "': expected " + expected, null, false, false);
    }

    DumpError(String message) {
        super(message, null, false, false);
    }

    private static String shortened(String text) {
        String plain = text.strip().replaceAll("\\p{Cntrl}", "?");
        return plain.length() <= MOST_SHOWN ? plain : plain.substring(0, MOST_SHOWN) + "...";
    }
}

package org.thirdmode.cli;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** The guest's serial output on its way out: whole lines at once, and an end of the run where nobody reads it. */
final class SerialOutput extends FilterOutputStream {
    /** Whoever read standard output is gone, as with {@code | head}. */
    static final class Closed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Closed() {
            super("standard output is closed", null, false, false);
        }
    }

    SerialOutput(OutputStream out) {
        super(new BufferedOutputStream(out));
    }

    @Override
    public void write(int value) {
        try {
            out.write(value);
            if (value == '\n') {
                out.flush();
            }
        } catch (IOException e) {
            throw new Closed();
        }
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        for (int i = 0; i < length; i++) {
            write(bytes[from + i]);
        }
    }

    @Override
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new Closed();
        }
    }
}

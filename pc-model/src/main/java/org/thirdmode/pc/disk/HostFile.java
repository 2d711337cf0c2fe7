package org.thirdmode.pc.disk;

import java.io.Closeable;
import java.io.IOException;

/**
 * A file of the host, as images use it. Writes may reach the medium in any order, and any of them not at all, until {@link
 * #flush()} has returned; each 512 bytes of a write, aligned in the file, reach it whole.
 */
public interface HostFile extends Closeable {
    /** How errors name the file. */
    String name();

    /** Whether it was opened to be written. */
    boolean writable();

    /** Its size, in bytes. */
    long size() throws IOException;

    /** Reads {@code count} bytes at {@code position}; those behind the end of the file are zeros. */
    void read(long position, byte[] to, int at, int count) throws IOException;

    /** Writes {@code count} bytes at {@code position}; the file grows where it has to. */
    void write(long position, byte[] from, int at, int count) throws IOException;

    /** Returns once all that was written is on the medium. */
    void flush() throws IOException;
}

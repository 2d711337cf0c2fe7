package org.thirdmode.pc.disk;

import java.io.IOException;

/** An image that cannot be used as asked: one line with the file, what was found there, and what was expected. */
public final class DiskException extends IOException {
    private static final long serialVersionUID = 1;

    /** Says that about the image {@code name}. */
    public DiskException(String name, String line) {
        super(name + ": " + line);
    }

    /** The same where the host's file system is the cause. */
    public DiskException(String name, String line, IOException cause) {
        super(name + ": " + line + ": " + cause.getMessage(), cause);
    }
}

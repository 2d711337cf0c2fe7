package org.thirdmode.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the debug console (ports 0xe9 and 0x402) ends: a file, or nowhere. */
final class DebugConsoleFile implements AutoCloseable {
    private final String name;
    private final OutputStream out;

    private DebugConsoleFile(String name, OutputStream out) {
        this.name = name;
        this.out = out;
    }

    static DebugConsoleFile open(Optional<Path> file) {
        if (file.isEmpty()) {
            return new DebugConsoleFile("", OutputStream.nullOutputStream());
        }
        try {
            return new DebugConsoleFile(
                    file.get().toString(), new BufferedOutputStream(Files.newOutputStream(file.get())));
        } catch (IOException e) {
            throw new UserError("--debug-console " + file.get() + ": cannot be written: " + e.getMessage());
        }
    }

    void write(int value) {
        try {
            out.write(value);
        } catch (IOException e) {
            throw new UserError("--debug-console " + name + ": cannot be written: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UserError("--debug-console " + name + ": cannot be written: " + e.getMessage());
        }
    }
}

package org.thirdmode.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.thirdmode.lab.trace.TraceEvent;
import org.thirdmode.lab.trace.TraceFormat;
import org.thirdmode.lab.trace.TraceWriter;

/** The file of {@code --trace}. */
final class TraceFile implements AutoCloseable {
    private final Path file;
    private final TraceWriter out;

    private TraceFile(Path file, TraceFormat format) {
        this.file = file;
        try {
            out = format.to(new BufferedOutputStream(Files.newOutputStream(file)));
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    /** What to trace to. */
    record Choice(Path file, TraceFormat format) {
        TraceFile open() {
            return new TraceFile(file, format);
        }
    }

    void write(TraceEvent event) {
        try {
            out.write(event);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    private UserError cannotWrite(IOException e) {
        return new UserError("--trace " + file + ": cannot be written: " + e.getMessage());
    }
}

package org.thirdmode.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** One command line and what it did: status, standard output, standard error. */
record CommandLineCase(int status, String out, String err) {
    static CommandLineCase of(Bare bare, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = run(bare, out, err, arguments);
        return new CommandLineCase(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static int run(Bare bare, OutputStream out, OutputStream err, String... arguments) {
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        return Thirdmode.run(bare, out, errors, arguments);
    }

    /** The lines on standard error. */
    long errorLines() {
        return err.lines().count();
    }
}

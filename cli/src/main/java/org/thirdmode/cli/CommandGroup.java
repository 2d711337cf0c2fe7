package org.thirdmode.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that does nothing without one of its own commands. */
abstract class CommandGroup implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public final void run() {
        throw new ParameterException(
                spec.commandLine(),
                "missing command; valid are "
                        + String.join(", ", spec.subcommands().keySet()));
    }

    /** Where its commands print. */
    final PrintWriter out() {
        return spec.commandLine().getOut();
    }
}

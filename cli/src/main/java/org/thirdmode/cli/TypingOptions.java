package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What is typed on the guest's first serial port, and when. */
final class TypingOptions {
    /** What a root's shell prompts with. */
    private static final String PROMPT = "# ";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--type",
            paramLabel = "FILE",
            description = "Type the lines of FILE on the first serial port, each when the guest has sent what"
                    + " --type-after says.")
    private Path type;

    @Option(
            names = "--type-after",
            paramLabel = "TEXT",
            description =
                    "What the guest sends when it waits for a line of --type (default: a shell's prompt, \"# \").")
    private String typeAfter;

    /** Who types: the file, or the user at the terminal. */
    OperatorChoice operator(boolean interactive, boolean atScreen) {
        if (type == null && typeAfter != null) {
            throw new ParameterException(spec.commandLine(), "--type-after: is for --type FILE");
        }
        if (type != null && interactive) {
            throw new ParameterException(
                    spec.commandLine(), "--type: you type yourself, by --interactive; leave out one");
        }
        if (typeAfter != null && typeAfter.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--type-after: expected what the guest prompts with, as in \"# \"");
        }
        return new OperatorChoice(
                Optional.ofNullable(type), typeAfter == null ? PROMPT : typeAfter, interactive, atScreen);
    }
}

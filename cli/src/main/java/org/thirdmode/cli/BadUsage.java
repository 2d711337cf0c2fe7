package org.thirdmode.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells a mistake on the command line in one line that lists what would have been valid. */
final class BadUsage implements IParameterExceptionHandler {
    /** What the parser puts before the words of a converter. */
    private static final Pattern PREFIX = Pattern.compile("^Invalid value for option '[^']*'( \\([^)]*\\))?: ");

    @Override
    public int handleParseException(ParameterException mistake, String[] arguments) {
        CommandLine command = mistake.getCommandLine();
        command.getErr().println(command.getCommandSpec().qualifiedName(" ") + ": " + line(mistake, command));
        return ExitStatus.BAD_USAGE;
    }

    private static String line(ParameterException mistake, CommandLine command) {
        if (mistake instanceof UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().getFirst();
            if (first.startsWith("-")) {
                return "unknown option '" + first + "'; valid are " + options(command);
            }
            if (!command.getSubcommands().isEmpty()) {
                return "unknown command '" + first + "'; valid are "
                        + String.join(", ", command.getSubcommands().keySet());
            }
            String one = command.getCommandName().equals("run") ? "one image at a time" : "no more than one";
            return "unexpected '" + first + "': " + one + "; quote a value that has spaces";
        }
        if (mistake instanceof MissingParameterException missing
                && missing.getMissing().getFirst() instanceof OptionSpec option) {
            return option.longestName() + " needs a value, " + option.paramLabel();
        }
        if (mistake instanceof OverwrittenOptionException twice
                && twice.getOverwritten() instanceof OptionSpec option) {
            return option.longestName() + " is given more than once";
        }
        if (mistake.getArgSpec() instanceof OptionSpec option) {
            return option.longestName() + ": "
                    + PREFIX.matcher(mistake.getMessage()).replaceFirst("");
        }
        return firstLine(mistake.getMessage());
    }

    private static String options(CommandLine command) {
        List<OptionSpec> options = new ArrayList<>(command.getCommandSpec().options());
        return options.stream()
                .map(OptionSpec::longestName)
                .sorted(Comparator.naturalOrder())
                .collect(Collectors.joining(", "));
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse("bad usage");
    }
}

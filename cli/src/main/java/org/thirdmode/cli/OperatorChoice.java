package org.thirdmode.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.thirdmode.cli.operator.Console;
import org.thirdmode.cli.operator.Operator;
import org.thirdmode.cli.operator.Typist;

/**
 * Who is at the machine.
 *
 * @param lines the file with the lines to type; empty for none
 * @param prompt what the guest sends when it waits for a line
 * @param interactive whether the user is, at the terminal
 * @param atScreen whether the user looks at the text screen, and not at the serial port
 */
record OperatorChoice(Optional<Path> lines, String prompt, boolean interactive, boolean atScreen) {
    /** The machine runs by itself. */
    static final OperatorChoice NOBODY = new OperatorChoice(Optional.empty(), "", false, false);

    private static final long LONGEST_FILE = 1 << 20;

    /** Opens the terminal, or the file, while nothing of the machine is there yet. */
    Operator open() {
        if (interactive) {
            try {
                return Console.open(atScreen);
            } catch (Console.NoTerminal e) {
                throw new UserError("--interactive: " + e.getMessage() + "; lines of a file are typed by --type FILE");
            }
        }
        return lines.<Operator>map(file -> new Typist(read(file), prompt)).orElse(Operator.NOBODY);
    }

    private static List<String> read(Path file) {
        byte[] bytes = Input.file(file, "--type", LONGEST_FILE).bytes();
        return new String(bytes, StandardCharsets.UTF_8).lines().toList();
    }
}

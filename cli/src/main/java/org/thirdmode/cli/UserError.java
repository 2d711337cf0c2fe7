package org.thirdmode.cli;

/** A mistake of the user, told in one line: where, what was found, what was expected. Ends the program with status 2. */
final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1;

    UserError(String line) {
        super(line, null, false, false);
    }
}

package org.thirdmode.cli;

import java.io.PrintStream;

/** Turns what ended a command early into words and a status. */
final class Failures {
    private Failures() {}

    static int tell(Throwable failure, PrintStream err) {
        return switch (failure) {
            case UserError error -> {
                err.println("thirdmode: " + error.getMessage());
                yield ExitStatus.BAD_USAGE;
            }
            case SerialOutput.Closed ignored -> ExitStatus.OUTPUT_CLOSED;
            case OutOfMemoryError ignored -> {
                long limit = Runtime.getRuntime().maxMemory();
                err.println("thirdmode: the guest touched more memory than the Java heap holds (" + (limit >> 20)
                        + " MB); give it more with THIRDMODE_JAVA_OPTIONS=-Xmx8g, or use a smaller --memory");
                yield ExitStatus.BAD_USAGE;
            }
            default -> {
                err.println("thirdmode: a bug of the model, please report it with this trace and the command line");
                failure.printStackTrace(err);
                yield ExitStatus.MODEL_BUG;
            }
        };
    }
}

package org.thirdmode.cli;

/** The exit statuses that are not the guest's own: the guest's are the values it writes to port 0xf4. */
final class ExitStatus {
    static final int OK = 0;
    static final int BAD_USAGE = 2;
    static final int HYPERVISOR_FAILED = 123;
    static final int BUDGET_REACHED = 124;
    static final int TRIPLE_FAULT = 125;
    static final int MODEL_BUG = 126;

    /** As a shell reports a program that SIGINT ended. */
    static final int INTERRUPTED = 130;

    /** As a shell reports a program that SIGPIPE ended: nobody reads the serial output any more. */
    static final int OUTPUT_CLOSED = 141;

    private ExitStatus() {}
}

package org.thirdmode.cost;

/**
 * What exits for one reason made the hypervisor do.
 *
 * @param reason in the manual's words
 * @param exits how often
 * @param controlReads fields read of the control structure between such an exit and the next one
 * @param controlWrites fields written
 * @param emulated instructions emulated
 * @param injected events injected
 */
public record ExitCounts(
        String reason, long exits, long controlReads, long controlWrites, long emulated, long injected) {
    public ExitCounts {
        if (exits < 0 || controlReads < 0 || controlWrites < 0 || emulated < 0 || injected < 0) {
            throw new IllegalArgumentException(reason + ": a count is negative");
        }
    }
}

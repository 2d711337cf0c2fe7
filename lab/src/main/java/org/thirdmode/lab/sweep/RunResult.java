package org.thirdmode.lab.sweep;

import org.thirdmode.cost.Counts;

/**
 * What one run did.
 *
 * @param end how it ended: the guest's exit status, or in words
 * @param output SHA-256 of what the guest printed, in hexadecimal
 * @param tablePages the most table pages that the hypervisor had in use
 */
public record RunResult(Counts counts, String end, String output, long tablePages) {
    /** What a guest that has done its work writes to the exit port. */
    public static final String WELL = "0";

    /** Whether the guest did its work. */
    public boolean endedWell() {
        return end.equals(WELL);
    }
}

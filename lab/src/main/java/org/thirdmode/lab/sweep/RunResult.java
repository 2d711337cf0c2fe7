package org.thirdmode.lab.sweep;

import java.util.List;
import java.util.Map;
import org.thirdmode.cost.Counts;

/**
 * What one run did.
 *
 * @param end how it ended: the guest's exit status, or in words
 * @param output SHA-256 of what the guest printed, in hexadecimal
 * @param tablePages the most table pages that the hypervisor had in use
 * @param replayed whether it follows from the trace of another run, with other TLBs
 */
public record RunResult(Counts counts, String end, String output, long tablePages, boolean replayed) {
    /** What a guest that has done its work writes to the exit port. */
    public static final String WELL = "0";

    private static final String FAILED = "failed: ";

    /** A run that did not come to an end: a bug of the model, or too little memory for it. */
    static RunResult failed(String why) {
        Counts nothing =
                new Counts("", "", new Counts.Conditions(Counts.Extension.NONE, false, "", ""), Map.of(), List.of());
        return new RunResult(nothing, FAILED + why, "", 0, false);
    }

    /** Whether it did not come to an end: then it has no counts. */
    public boolean hasFailed() {
        return end.startsWith(FAILED);
    }

    /** Whether the guest did its work. */
    public boolean endedWell() {
        return end.equals(WELL);
    }
}

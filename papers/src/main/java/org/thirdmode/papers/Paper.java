package org.thirdmode.papers;

import java.util.Map;
import org.thirdmode.pc.loader.ImageException;

/** A paper: its claims are in its folder, and this is the run that reproduces them. */
public interface Paper {
    /** The name of its folder. */
    String folder();

    /**
     * Runs what answers its claims.
     *
     * @return ours by the claim's id, in the claim's unit; a claim without an answer is not run
     */
    Map<String, Double> measure(Lab lab) throws ImageException;

    /** What the paper leaves open and the model answers. */
    default MoreRows more(Lab lab) throws ImageException {
        return MoreRows.NONE;
    }
}

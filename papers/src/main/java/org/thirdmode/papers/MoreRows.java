package org.thirdmode.papers;

import java.util.List;

/**
 * A table beside the claims: what a paper leaves open and the model answers.
 *
 * @param text what it is; empty where there is none
 * @param named how many columns name a row, from the first
 * @param charted the columns of numbers that a chart has where no claim was measured
 */
public record MoreRows(String text, List<String> heading, List<List<String>> rows, int named, List<Integer> charted) {
    /** None. */
    public static final MoreRows NONE = new MoreRows("", List.of(), List.of(), 0, List.of());

    public MoreRows {
        heading = List.copyOf(heading);
        rows = List.copyOf(rows);
        charted = List.copyOf(charted);
    }
}

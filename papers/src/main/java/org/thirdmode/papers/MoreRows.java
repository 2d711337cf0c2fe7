package org.thirdmode.papers;

import java.util.List;

/**
 * A table beside the claims: what a paper leaves open and the model answers.
 *
 * @param text what it is; empty where there is none
 */
public record MoreRows(String text, List<String> heading, List<List<String>> rows) {
    /** None. */
    public static final MoreRows NONE = new MoreRows("", List.of(), List.of());

    public MoreRows {
        heading = List.copyOf(heading);
        rows = List.copyOf(rows);
    }
}

package org.thirdmode.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run left behind.
 *
 * @param counts what was counted, in the order to print; a name is the count's own words
 * @param screen the text screen at the end, empty where none was asked for
 */
record Report(Outcome outcome, Map<String, Long> counts, String screen) {
    Report {
        counts = new LinkedHashMap<>(counts);
    }
}

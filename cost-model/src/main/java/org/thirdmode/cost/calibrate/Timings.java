package org.thirdmode.cost.calibrate;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Averages that a file tells, by what it calls them.
 *
 * @param format what kind of file it is, in words
 * @param microseconds whether they are microseconds; else cycles
 */
record Timings(String format, boolean microseconds, Map<String, Double> averages) {
    Timings {
        averages = new LinkedHashMap<>(averages);
    }
}

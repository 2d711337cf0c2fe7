package org.thirdmode.cost.calibrate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    /** What lines tell that a pattern matches: its first group is the name, its second the average. */
    static Map<String, Double> averages(Pattern pattern, List<String> lines) {
        Map<String, Double> averages = new LinkedHashMap<>();
        for (String line : lines) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.matches()) {
                averages.put(matcher.group(1), Double.valueOf(matcher.group(2)));
            }
        }
        return averages;
    }
}

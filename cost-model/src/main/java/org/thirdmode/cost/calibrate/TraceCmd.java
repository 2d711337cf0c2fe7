package org.thirdmode.cost.calibrate;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What trace-cmd prints of kvm's events: the time from each exit to the entry after it, by thread. */
final class TraceCmd {
    private static final Pattern EXIT = Pattern.compile(
            "(.*?\\S)\\s+\\[[0-9]+\\].*?\\s([0-9]{1,9}\\.[0-9]{6,9}): kvm_exit:.*?reason ([A-Za-z_]+).*");
    private static final Pattern ENTRY =
            Pattern.compile("(.*?\\S)\\s+\\[[0-9]+\\].*?\\s([0-9]{1,9}\\.[0-9]{6,9}): kvm_entry:.*");

    /** An exit that waits for its entry. */
    private record Open(String reason, double at) {}

    private TraceCmd() {}

    /** Null where no exit with its entry is in it. */
    static Timings read(List<String> lines) {
        Map<String, Open> open = new HashMap<>();
        Map<String, Double> sums = new LinkedHashMap<>();
        Map<String, Integer> counts = new HashMap<>();
        for (String line : lines) {
            Matcher exit = EXIT.matcher(line);
            if (exit.matches()) {
                open.put(exit.group(1), new Open(exit.group(3), Double.parseDouble(exit.group(2))));
                continue;
            }
            Matcher entry = ENTRY.matcher(line);
            Open began = entry.matches() ? open.remove(entry.group(1)) : null;
            if (began != null) {
                sums.merge(began.reason, (Double.parseDouble(entry.group(2)) - began.at) * 1e6, Double::sum);
                counts.merge(began.reason, 1, Integer::sum);
            }
        }
        sums.replaceAll((reason, sum) -> sum / counts.get(reason));
        return sums.isEmpty() ? null : new Timings("trace-cmd", true, sums);
    }
}

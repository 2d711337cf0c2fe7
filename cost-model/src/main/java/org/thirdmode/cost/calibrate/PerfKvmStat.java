package org.thirdmode.cost.calibrate;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The report of {@code perf kvm stat}: reason, samples, two shares, least, most and average time. */
final class PerfKvmStat {
    private static final Pattern LINE = Pattern.compile(
            "\\s*([A-Za-z][A-Za-z0-9_ /-]*?)\\s+[0-9]{1,15}\\s+[0-9.]{1,8}%\\s+[0-9.]{1,8}%\\s+[0-9.]{1,15}us\\s+"
                    + "[0-9.]{1,15}us\\s+([0-9]{1,12}(?:\\.[0-9]{1,6})?)us.*");

    private PerfKvmStat() {}

    /** Null where it is no such report. */
    static Timings read(List<String> lines) {
        Map<String, Double> averages = Timings.averages(LINE, lines);
        return averages.isEmpty() ? null : new Timings("perf kvm stat", true, averages);
    }
}

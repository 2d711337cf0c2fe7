package org.thirdmode.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/** The short table at the end of a run: what was counted, and how the run ended. Counts of zero are left out. */
final class CountsTable {
    private CountsTable() {}

    static void print(Report report, PrintStream err) {
        Map<String, Long> counts = report.counts();
        int width = counts.keySet().stream().mapToInt(String::length).max().orElse(0);
        err.println("--");
        counts.forEach((name, count) -> {
            if (count != 0) {
                err.println(String.format(Locale.ROOT, "%-" + width + "s %,17d", name, count));
            }
        });
        err.println(report.outcome().words());
    }
}

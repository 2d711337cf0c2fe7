package org.thirdmode.benchmarks.mmus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What two result files differ in. The model's counts are exact, so any difference is one; times have to differ beyond noise. */
public final class ResultComparison {
    /** How sure a difference of times has to be: JMH's two-sided t-test. */
    private static final double CONFIDENCE = 0.99;

    /** Fewer iterations have no noise to tell. */
    private static final int LEAST = 3;

    private ResultComparison() {}

    /**
     * One benchmark of both.
     *
     * @param ratio the new time as a multiple of the old one
     * @param verdict in words
     * @param changed whether something differs beyond noise
     */
    public record Row(String title, double before, double after, double ratio, String verdict, boolean changed) {}

    /** Compares the results of the same benchmarks with the same parameters; others are told as such. */
    public static List<Row> of(List<BenchmarkResult> before, List<BenchmarkResult> after) {
        List<Row> rows = new ArrayList<>();
        for (BenchmarkResult old : before) {
            Optional<BenchmarkResult> now = after.stream().filter(old::sameAs).findFirst();
            rows.add(now.map(each -> row(old, each))
                    .orElseGet(() -> new Row(old.title(), old.mean(), Double.NaN, Double.NaN, "is gone", true)));
        }
        for (BenchmarkResult now : after) {
            if (before.stream().noneMatch(now::sameAs)) {
                rows.add(new Row(now.title(), Double.NaN, now.mean(), Double.NaN, "is new", true));
            }
        }
        return rows;
    }

    private static Row row(BenchmarkResult old, BenchmarkResult now) {
        List<String> verdict = new ArrayList<>();
        double ratio = now.mean() / old.mean();
        boolean enough = old.times().size() >= LEAST && now.times().size() >= LEAST;
        if (!enough) {
            verdict.add("too few iterations to tell about time");
        } else if (old.statistics().isDifferent(now.statistics(), CONFIDENCE)) {
            verdict.add(ratio < 1 ? "faster" : "slower");
        }
        boolean changed = enough && !verdict.isEmpty();
        for (String count : old.counts().keySet()) {
            long was = old.counts().get(count);
            Long is = now.counts().get(count);
            if (is != null && is != was) {
                verdict.add(String.format(Locale.ROOT, "%s %,d -> %,d", count, was, is));
                changed = true;
            }
        }
        return new Row(
                old.title(),
                old.mean(),
                now.mean(),
                ratio,
                verdict.isEmpty() ? "-" : String.join("; ", verdict),
                changed);
    }
}

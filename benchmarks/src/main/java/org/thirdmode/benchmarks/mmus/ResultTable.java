package org.thirdmode.benchmarks.mmus;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Results as rows of text, the parameters that vary in front. */
public final class ResultTable {
    private final List<BenchmarkResult> results;
    private final Set<String> parameters = new LinkedHashSet<>();
    private final Set<String> counts = new LinkedHashSet<>();

    public ResultTable(List<BenchmarkResult> results) {
        this.results = results;
        for (BenchmarkResult result : results) {
            counts.addAll(result.counts().keySet());
            for (String parameter : result.parameters().keySet()) {
                if (results.stream()
                                .map(each -> each.parameters().get(parameter))
                                .distinct()
                                .count()
                        > 1) {
                    parameters.add(parameter);
                }
            }
        }
    }

    /** The column titles. */
    public List<String> heading() {
        List<String> heading = new ArrayList<>(parameters);
        heading.addAll(counts);
        heading.add("host " + results.getFirst().unit());
        heading.add("+-");
        return heading;
    }

    /** A row a result. */
    public List<List<String>> rows() {
        return results.stream().map(this::row).toList();
    }

    private List<String> row(BenchmarkResult result) {
        List<String> row = new ArrayList<>();
        parameters.forEach(parameter -> row.add(result.parameters().getOrDefault(parameter, "")));
        counts.forEach(count -> row.add(
                result.counts().containsKey(count)
                        ? String.format(Locale.ROOT, "%,d", result.counts().get(count))
                        : ""));
        row.add(String.format(Locale.ROOT, "%,.1f", result.mean()));
        row.add(Double.isNaN(result.error()) ? "-" : String.format(Locale.ROOT, "%,.1f", result.error()));
        return row;
    }

    /** What a row is called in a chart: the values of the parameters that vary, but one. */
    String group(BenchmarkResult result, String but) {
        List<String> words = new ArrayList<>();
        for (String parameter : parameters) {
            if (!parameter.equals(but)) {
                words.add(result.parameters().get(parameter));
            }
        }
        return words.isEmpty() ? result.parameters().getOrDefault("workload", result.name()) : String.join(", ", words);
    }
}

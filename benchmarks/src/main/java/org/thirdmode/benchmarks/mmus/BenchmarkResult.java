package org.thirdmode.benchmarks.mmus;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.util.ListStatistics;

/**
 * One benchmark of a result file of JMH, as its {@code -rf json} writes it.
 *
 * @param name without the package
 * @param parameters by name
 * @param unit of the host's time
 * @param times of the host, an iteration each
 * @param counts what the model counted
 */
public record BenchmarkResult(
        String name, Map<String, String> parameters, String unit, List<Double> times, Map<String, Long> counts) {
    /**
     * Reads a file.
     *
     * @throws IOException where it cannot be read or is no result of JMH, in one line
     */
    public static List<BenchmarkResult> read(Path file) throws IOException {
        JsonNode top;
        try {
            top = new ObjectMapper().readTree(file.toFile());
        } catch (FileNotFoundException e) {
            throw new IOException(file + ": is not there, or cannot be read", e);
        } catch (JsonProcessingException e) {
            JsonLocation place = e.getLocation();
            throw new IOException(
                    file + ":" + place.getLineNr() + ":" + place.getColumnNr()
                            + ": is no JSON, as JMH's -rf json writes it",
                    e);
        }
        List<BenchmarkResult> results = new ArrayList<>();
        top.forEach(node -> results.add(result(node)));
        if (!top.isArray()
                || results.isEmpty()
                || results.stream().anyMatch(each -> each.name.isEmpty() || each.times.isEmpty())) {
            throw new IOException(file + ": is no result of JMH, as -rf json writes it");
        }
        return results;
    }

    private static BenchmarkResult result(JsonNode node) {
        Map<String, String> parameters = new TreeMap<>();
        node.path("params")
                .properties()
                .forEach(each -> parameters.put(each.getKey(), each.getValue().asText()));
        List<Double> times = new ArrayList<>();
        node.path("primaryMetric").path("rawData").forEach(fork -> fork.forEach(time -> times.add(time.asDouble())));
        Map<String, Long> counts = new LinkedHashMap<>();
        // The value of the last iteration: each run counts the same, and a metric's score would add the iterations up.
        node.path("secondaryMetrics").properties().forEach(each -> {
            JsonNode fork = each.getValue().path("rawData").path(0);
            if (!fork.isEmpty()) {
                counts.put(each.getKey(), Math.round(fork.get(fork.size() - 1).asDouble()));
            }
        });
        String benchmark = node.path("benchmark").asText();
        String[] parts = benchmark.split("\\.");
        return new BenchmarkResult(
                parts.length < 2 ? benchmark : parts[parts.length - 2] + "." + parts[parts.length - 1],
                parameters,
                node.path("primaryMetric").path("scoreUnit").asText(),
                times,
                counts);
    }

    /** What it is, for a table: the parameters that are given. */
    public String title() {
        return parameters.isEmpty()
                ? name
                : parameters.values().stream().filter(value -> !value.isEmpty()).collect(Collectors.joining(", "));
    }

    /** Whether another result is of the same thing. */
    boolean sameAs(BenchmarkResult other) {
        return name.equals(other.name) && parameters.equals(other.parameters) && unit.equals(other.unit);
    }

    /** The times, for JMH's tests. */
    ListStatistics statistics() {
        return new ListStatistics(
                times.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** The mean time. */
    public double mean() {
        return statistics().getMean();
    }

    /** Half the width of the interval that the mean lies in with 99 % confidence. */
    public double error() {
        return times.size() < 2 ? Double.NaN : statistics().getMeanErrorAt(0.99);
    }
}

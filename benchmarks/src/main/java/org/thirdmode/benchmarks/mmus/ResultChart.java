package org.thirdmode.benchmarks.mmus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;

/** The model's cycles as bars, a group for each workload and a colour for each MMU, as SVG. */
public final class ResultChart {
    private static final int WIDTH = 1000;
    private static final int HEIGHT = 500;
    private static final String SERIES = "mmu";
    private static final String COUNT = "cycles";
    private static final double MILLION = 1e6;

    private ResultChart() {}

    /** Writes the chart. */
    public static void write(Path file, String title, List<BenchmarkResult> results) throws IOException {
        ResultTable table = new ResultTable(results);
        Set<String> groups = new LinkedHashSet<>();
        Map<String, Map<String, Double>> bars = new LinkedHashMap<>();
        for (BenchmarkResult result : results) {
            String group = table.group(result, SERIES);
            groups.add(group);
            bars.computeIfAbsent(result.parameters().getOrDefault(SERIES, result.name()), key -> new LinkedHashMap<>())
                    .put(group, result.counts().getOrDefault(COUNT, 0L) / MILLION);
        }
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .yAxisTitle("million cycles of the model")
                .build();
        bars.forEach((series, byGroup) -> {
            List<Double> heights = new ArrayList<>();
            groups.forEach(group -> heights.add(byGroup.getOrDefault(group, 0.0)));
            chart.addSeries(series, new ArrayList<>(groups), heights);
        });
        VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
    }
}

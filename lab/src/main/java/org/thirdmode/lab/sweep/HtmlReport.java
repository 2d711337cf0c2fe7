package org.thirdmode.lab.sweep;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Part;
import org.thirdmode.cost.data.FreshFile;

/** A study's results as one HTML file that opens anywhere, with its charts' library (Apache ECharts) in it. */
public final class HtmlReport {
    private static final String ECHARTS = "5.5.0";
    private static final String LIBRARY = "/META-INF/resources/webjars/echarts/" + ECHARTS + "/echarts.min.js";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** More cells cannot be told apart. */
    private static final int MOST_CELLS = 60;

    private static final int MOST_MAPS = 6;
    private static final int SCATTERED = 4000;

    private final Results results;
    private final Curves curves;
    private final Writer out;
    private int charts;

    private HtmlReport(Results results, Writer out) {
        this.results = results;
        curves = new Curves(results);
        this.out = out;
    }

    /** Writes a report; the file is whole or, where this throws, as it was. */
    public static void write(Path file, Results results) throws IOException {
        try (FreshFile fresh = FreshFile.beside(file)) {
            try (Writer out = Files.newBufferedWriter(fresh.path)) {
                new HtmlReport(results, out).page();
            }
            fresh.complete();
        }
    }

    private void page() throws IOException {
        String title = escaped(results.plan().study().title());
        out.write("""
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <title>%s</title>
                <style>
                body { font: 16px/1.45 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; }
                table { border-collapse: collapse; }
                th, td { text-align: left; vertical-align: top; padding: 0.15em 1.2em 0.15em 0; }
                .chart { width: 100%%; height: 26em; }
                </style>
                <script>
                """.formatted(title));
        out.write(library());
        out.write("\n</script>\n</head>\n<body>\n<h1>" + title + "</h1>\n");
        parameters();
        breakdown();
        for (Axis axis : curves.directions()) {
            lines(axis);
        }
        maps();
        if (results.plan().study().sample() instanceof Study.Random) {
            scatter();
        }
        assumptions();
        out.write("</body>\n</html>\n");
    }

    private static String library() throws IOException {
        try (InputStream in = HtmlReport.class.getResourceAsStream(LIBRARY)) {
            if (in == null) {
                throw new IllegalStateException(LIBRARY + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    // ---- text ----

    private void parameters() throws IOException {
        out.write("<p>" + results.plan().points() + " points, "
                + results.plan().runs().size()
                + " of them executed; the others are those runs priced again.</p>\n<table>\n");
        for (Parameter parameter : ResultFile.parameters(results.plan().study())) {
            String values = results.plan()
                    .study()
                    .axis(parameter)
                    .map(HtmlReport::values)
                    .orElseGet(() -> parameter.fallback().text());
            row(parameter.name(), values, parameter.meaning());
        }
        out.write("</table>\n");
    }

    private static String values(Axis axis) {
        return switch (axis.choice()) {
            case Axis.Between between ->
                between.from().toPlainString() + " to " + between.to().toPlainString();
            case Axis.OneOf(List<Value> values)
            when values.size() > 12 ->
                values.getFirst() + ", " + values.get(1) + " ... " + values.getLast() + " (" + values.size()
                        + " values)";
            case Axis.OneOf(List<Value> values) ->
                values.stream().map(Value::text).collect(Collectors.joining(", "));
        };
    }

    private void row(String... cells) throws IOException {
        out.write("<tr>");
        for (String cell : cells) {
            out.write("<td>" + escaped(cell) + "</td>");
        }
        out.write("</tr>\n");
    }

    private void assumptions() throws IOException {
        for (String note : results.notes()) {
            out.write("<p>" + escaped(note) + "</p>\n");
        }
        if (!results.assumed().isEmpty()) {
            out.write("<h2>What this leans on</h2>\n<p>Nobody published these figures; the profile's are assumed:</p>\n"
                    + "<table>\n");
            for (Figure figure : results.assumed()) {
                row(figure.key, figure.meaning);
            }
            out.write("</table>\n");
        }
        out.write("<p>Charts: Apache ECharts " + ECHARTS + ", Apache License 2.0.</p>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    // ---- charts ----

    private void heading(String text) throws IOException {
        out.write("<h2>" + escaped(text) + "</h2>\n");
    }

    private void chart(Map<String, Object> options) throws IOException {
        charts++;
        // "</" would end the script: JSON may write the stroke with a reverse one before it.
        String json = JSON.writeValueAsString(options).replace("</", "<\\/");
        out.write("<div class=\"chart\" id=\"chart" + charts
                + "\"></div>\n<script>\necharts.init(document.getElementById(" + "\"chart" + charts + "\")).setOption("
                + json + ");\n</script>\n");
    }

    private static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int n = 0; n < keysAndValues.length; n += 2) {
            map.put((String) keysAndValues[n], keysAndValues[n + 1]);
        }
        return map;
    }

    private static Map<String, Object> names(String axisName, List<String> data) {
        return names(axisName, data, 30);
    }

    private static Map<String, Object> names(String axisName, List<String> data, int gap) {
        return map("type", "category", "name", axisName, "nameLocation", "middle", "nameGap", gap, "data", data);
    }

    private static Map<String, Object> numbers(String axisName) {
        return map("type", "value", "name", axisName, "scale", true);
    }

    private static Map<String, Object> options(
            Map<String, Object> x, Map<String, Object> y, List<Map<String, Object>> series) {
        return map(
                "animation",
                false,
                "tooltip",
                map(),
                "legend",
                map("type", "scroll"),
                "grid",
                map("left", 100, "right", 40, "bottom", 60),
                "xAxis",
                x,
                "yAxis",
                y,
                "series",
                series);
    }

    private void breakdown() throws IOException {
        heading("What the cycles go into");
        List<Curves.Series> all = curves.series();
        if (!curves.directions().isEmpty()) {
            out.write("<p>With " + escaped(firsts(curves.directions())) + ".</p>\n");
        }
        if (curves.seriesLeftOut() > 0) {
            out.write("<p>The first " + all.size() + " combinations; " + curves.seriesLeftOut()
                    + " more are in the result" + " file.</p>\n");
        }
        List<List<Long>> parts = all.stream().map(curves::parts).toList();
        List<Map<String, Object>> series = new ArrayList<>();
        for (Part part : Part.values()) {
            List<Long> data = parts.stream().map(one -> one.get(part.ordinal())).toList();
            series.add(map("name", part.title, "type", "bar", "stack", "cycles", "data", data));
        }
        // Bars tell lengths: they begin at zero.
        Map<String, Object> cycles = numbers("cycles");
        cycles.put("scale", false);
        chart(options(names("", all.stream().map(Curves.Series::name).toList()), cycles, series));
    }

    private static String firsts(List<Axis> axes) {
        return axes.stream()
                .map(axis -> axis.parameter().name() + " "
                        + Curves.values(axis).getFirst().text())
                .collect(Collectors.joining(", "));
    }

    private void lines(Axis axis) throws IOException {
        List<Curves.Curve> lines = curves.along(axis);
        if (lines.stream().allMatch(curve -> curve.at().size() < 2)) {
            return;
        }
        heading("Along " + axis.parameter().name());
        List<Axis> others =
                curves.directions().stream().filter(other -> other != axis).toList();
        out.write("<p>" + escaped(axis.parameter().meaning())
                + (others.isEmpty() ? "" : "; with " + escaped(firsts(others))) + ".</p>\n");
        List<Curves.Crossing> crossings = curves.crossings().stream()
                .filter(crossing -> crossing.axis() == axis)
                .toList();
        List<Map<String, Object>> series = new ArrayList<>();
        for (Curves.Curve curve : lines) {
            List<List<Object>> data = new ArrayList<>();
            for (int n = 0; n < curve.at().size(); n++) {
                data.add(List.of(curve.at().get(n), curve.cycles().get(n)));
            }
            Map<String, Object> line = map("name", curve.series().name(), "type", "line", "data", data);
            if (series.isEmpty() && !crossings.isEmpty()) {
                List<Object> marks = new ArrayList<>();
                for (Curves.Crossing crossing : crossings) {
                    marks.add(map("xAxis", crossing.at(), "name", crossing.at().toPlainString()));
                }
                line.put("markLine", map("symbol", "none", "label", map("formatter", "{b}"), "data", marks));
            }
            series.add(line);
        }
        Map<String, Object> x = numbers(axis.parameter().name());
        x.put("nameLocation", "middle");
        x.put("nameGap", 30);
        chart(options(x, numbers("cycles"), series));
        for (Curves.Crossing crossing : crossings) {
            out.write("<p>Break-even: beyond " + crossing.at().toPlainString() + " of "
                    + escaped(axis.parameter().name()) + ", " + escaped(crossing.cheaper()) + " costs less than "
                    + escaped(crossing.other()) + ".</p>\n");
        }
    }

    // ---- heat maps ----

    /** The first series against each of the others over each pair of axes; a single series in cycles. */
    private void maps() throws IOException {
        List<Curves.Series> series = curves.series();
        int drawn = 0;
        for (int a = 0; a < curves.directions().size(); a++) {
            for (int b = a + 1; b < curves.directions().size(); b++) {
                for (int n = series.size() == 1 ? 0 : 1; n < series.size() && drawn < MOST_MAPS; n++) {
                    if (map(curves.directions().get(a), curves.directions().get(b), series.getFirst(), series.get(n))) {
                        drawn++;
                    }
                }
            }
        }
    }

    private boolean map(Axis x, Axis y, Curves.Series first, Curves.Series second) throws IOException {
        List<String> across = labels(x);
        List<String> down = labels(y);
        Optional<List<List<Long>>> ours = curves.over(first, x, y);
        Optional<List<List<Long>>> theirs = curves.over(second, x, y);
        if (across.size() > MOST_CELLS || down.size() > MOST_CELLS || ours.isEmpty() || theirs.isEmpty()) {
            return false;
        }
        boolean ratio = first != second;
        List<Object> cells = new ArrayList<>();
        double least = Double.MAX_VALUE;
        double most = 0;
        for (int row = 0; row < down.size(); row++) {
            for (int column = 0; column < across.size(); column++) {
                double cycles = ours.get().get(row).get(column);
                double value = ratio ? cycles / theirs.get().get(row).get(column) : cycles;
                double rounded = ratio ? Math.round(value * 1000) / 1000.0 : value;
                least = Math.min(least, rounded);
                most = Math.max(most, rounded);
                cells.add(List.of(column, row, rounded));
            }
        }
        heading(x.parameter().name() + " and " + y.parameter().name());
        out.write("<p>"
                + escaped(
                        ratio
                                ? "Cycles of " + first.name() + " as a multiple of those of " + second.name()
                                        + ": above 1 the latter costs less."
                                : "Cycles.")
                + "</p>\n");
        Map<String, Object> series = map("type", "heatmap", "data", cells, "label", map("show", across.size() <= 12));
        Map<String, Object> options =
                options(names(x.parameter().name(), across), names(y.parameter().name(), down, 70), List.of(series));
        options.put("grid", map("left", 100, "right", 120, "bottom", 60));
        options.put(
                "visualMap",
                map(
                        "min",
                        least,
                        "max",
                        most,
                        "calculable",
                        true,
                        "right",
                        0,
                        "top",
                        "center",
                        "precision",
                        ratio ? 3 : 0));
        chart(options);
        return true;
    }

    private static List<String> labels(Axis axis) {
        return Curves.values(axis).stream()
                .map(Value::number)
                .sorted()
                .map(BigDecimal::toPlainString)
                .toList();
    }

    /** A random sample, a dot a point. */
    private void scatter() throws IOException {
        for (Axis axis : curves.directions()) {
            heading("All points by " + axis.parameter().name());
            Map<String, List<Object>> data = new LinkedHashMap<>();
            Sampling sampling = new Sampling(results.plan().study());
            Results.Point point = new Results.Point();
            for (long n = 0; n < Math.min(SCATTERED, results.plan().points()); n++) {
                if (!results.at(n, sampling, point).priced()) {
                    continue;
                }
                data.computeIfAbsent(point.run().counts().on(), key -> new ArrayList<>())
                        .add(List.of(point.value(axis.parameter()).number(), point.cycles()));
            }
            List<Map<String, Object>> series = new ArrayList<>();
            data.forEach(
                    (name, dots) -> series.add(map("name", name, "type", "scatter", "symbolSize", 4, "data", dots)));
            chart(options(numbers(axis.parameter().name()), numbers("cycles"), series));
        }
    }
}

package org.thirdmode.lab.sweep;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.thirdmode.cost.Part;

/**
 * What a study's results look like along its axes: its words make series (an MMU, a workload), its numbers make directions.
 * Where one axis is looked along, the others are at their first value.
 */
public final class Curves {
    /** More curves in one chart cannot be told apart. */
    private static final int MOST_SERIES = 12;

    /** More points of a curve are not seen. */
    private static final int MOST_POINTS = 400;

    private final Results results;
    private final List<Axis> series;
    private final List<Axis> directions;

    /** One combination of words. */
    public record Series(String name, List<Value> values) {}

    /** Cycles along an axis, by series. */
    public record Curve(Series series, List<BigDecimal> at, List<Long> cycles) {}

    /**
     * Where two curves cross.
     *
     * @param cheaper which costs less beyond it
     */
    public record Crossing(Axis axis, BigDecimal at, String cheaper, String other) {}

    public Curves(Results results) {
        this.results = results;
        List<Axis> varying =
                results.plan().study().axes().stream().filter(Axis::varies).toList();
        directions = varying.stream().filter(axis -> axis.parameter().numeric()).toList();
        series = varying.stream().filter(axis -> !axis.parameter().numeric()).toList();
    }

    /** The axes whose values are numbers, and more than one. */
    public List<Axis> directions() {
        return directions;
    }

    /** The combinations of words, as far as a chart can show them. */
    public List<Series> series() {
        List<Series> all = new ArrayList<>(List.of(new Series("", List.of())));
        for (Axis axis : series) {
            List<Series> longer = new ArrayList<>();
            for (Series one : all) {
                for (Value value : axis.values()) {
                    List<Value> values = new ArrayList<>(one.values);
                    values.add(value);
                    longer.add(new Series(values.stream().map(Value::text).collect(Collectors.joining(", ")), values));
                }
            }
            all = longer;
        }
        return all.subList(0, Math.min(all.size(), MOST_SERIES));
    }

    /** How many combinations are not among {@link #series}. */
    public long seriesLeftOut() {
        long all = series.stream().mapToLong(axis -> axis.values().size()).reduce(1, Math::multiplyExact);
        return all - series().size();
    }

    /** Goes to a series, with every other axis at its first value. */
    private Sampling to(Series one) {
        Sampling sampling = new Sampling(results.plan().study()).toFirst();
        for (int n = 0; n < one.values.size(); n++) {
            sampling.with(series.get(n).parameter(), one.values.get(n));
        }
        return sampling;
    }

    /** What a series' cycles went into; nothing where its run did not come to an end. */
    public List<Long> parts(Series one) {
        Sampling sampling = to(one);
        if (!results.knows(sampling)) {
            return Collections.nCopies(Part.values().length, 0L);
        }
        Results.Point point = results.at(sampling, new Results.Point());
        List<Long> parts = new ArrayList<>();
        for (Part part : Part.values()) {
            parts.add(point.cycles(part));
        }
        return parts;
    }

    /** The values of an axis, as many as a chart can show; a range is its ends and what lies between. */
    public static List<Value> values(Axis axis) {
        return switch (axis.choice()) {
            case Axis.OneOf(List<Value> values) -> {
                int step = (values.size() + MOST_POINTS - 1) / MOST_POINTS;
                List<Value> some = new ArrayList<>();
                for (int n = 0; n < values.size(); n += step) {
                    some.add(values.get(n));
                }
                yield some;
            }
            case Axis.Between between -> {
                BigDecimal width = between.to().subtract(between.from());
                List<Value> some = new ArrayList<>();
                int steps = 20;
                for (int n = 0; n <= steps; n++) {
                    some.add(Value.number(between.from()
                            .add(width.multiply(BigDecimal.valueOf(n))
                                    .divide(BigDecimal.valueOf(steps), between.decimals(), RoundingMode.HALF_UP))));
                }
                yield some.stream().distinct().toList();
            }
        };
    }

    /** Cycles along an axis; empty where its runs were not made, as of a range that changes runs. */
    public List<Curve> along(Axis axis) {
        List<Curve> curves = new ArrayList<>();
        for (Series one : series()) {
            Sampling sampling = to(one);
            List<BigDecimal> at = new ArrayList<>();
            List<Long> cycles = new ArrayList<>();
            for (Value value : sorted(axis)) {
                sampling.with(axis.parameter(), value);
                if (results.knows(sampling)) {
                    at.add(value.number());
                    cycles.add(results.at(sampling, new Results.Point()).cycles());
                }
            }
            curves.add(new Curve(one, at, cycles));
        }
        return curves;
    }

    private static List<Value> sorted(Axis axis) {
        return values(axis).stream().sorted(Comparator.comparing(Value::number)).toList();
    }

    /** Cycles over two axes: rows of {@code y}, columns of {@code x}; empty where a run was not made. */
    public Optional<List<List<Long>>> over(Series one, Axis x, Axis y) {
        Sampling sampling = to(one);
        List<List<Long>> rows = new ArrayList<>();
        for (Value down : sorted(y)) {
            List<Long> row = new ArrayList<>();
            for (Value across : sorted(x)) {
                sampling.with(x.parameter(), across).with(y.parameter(), down);
                if (!results.knows(sampling)) {
                    return Optional.empty();
                }
                row.add(results.at(sampling, new Results.Point()).cycles());
            }
            rows.add(row);
        }
        return Optional.of(rows);
    }

    /**
     * Where curves cross along the axes. Between two neighbouring points they are taken as straight: of a figure they are so,
     * but for the rounding of each part to whole cycles.
     */
    public List<Crossing> crossings() {
        List<Crossing> crossings = new ArrayList<>();
        for (Axis axis : directions) {
            List<Curve> curves = along(axis);
            for (int a = 0; a < curves.size(); a++) {
                for (int b = a + 1; b < curves.size(); b++) {
                    crossings(axis, curves.get(a), curves.get(b), crossings);
                }
            }
        }
        return crossings;
    }

    private static void crossings(Axis axis, Curve a, Curve b, List<Crossing> into) {
        if (!a.at.equals(b.at)) {
            return;
        }
        for (int n = 1; n < a.at.size(); n++) {
            long before = a.cycles.get(n - 1) - b.cycles.get(n - 1);
            long after = a.cycles.get(n) - b.cycles.get(n);
            if (before != 0 && Long.signum(before) != Long.signum(after)) {
                BigDecimal width = a.at.get(n).subtract(a.at.get(n - 1));
                BigDecimal part = BigDecimal.valueOf(before)
                        .divide(BigDecimal.valueOf(before).subtract(BigDecimal.valueOf(after)), MathContext.DECIMAL64);
                BigDecimal at = a.at.get(n - 1).add(width.multiply(part)).setScale(1, RoundingMode.HALF_UP);
                boolean first = before > 0;
                into.add(new Crossing(
                        axis, at, first ? a.series.name : b.series.name, first ? b.series.name : a.series.name));
            }
        }
    }
}

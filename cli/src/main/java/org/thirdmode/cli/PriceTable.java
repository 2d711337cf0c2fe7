package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Part;
import org.thirdmode.cost.Profile;

/** What runs take on processors: a row for each of both, the parts in columns, and what a reader should know below. */
final class PriceTable {
    private final List<Counts> runs;
    private final List<Cost> costs = new ArrayList<>();

    PriceTable(List<Counts> runs, List<Profile> profiles) {
        this.runs = runs;
        for (Profile profile : profiles) {
            for (Counts run : runs) {
                costs.add(priced(run, profile));
            }
        }
    }

    private static Cost priced(Counts run, Profile profile) {
        try {
            return Cost.of(run, profile);
        } catch (ArithmeticException e) {
            throw new UserError(run.workload() + " on " + run.on() + ": takes more cycles on " + profile.name()
                    + " than 64 bits hold");
        }
    }

    /** The same workload's run on the bare machine at the same profile's prices. */
    private Optional<Cost> bare(Cost cost) {
        return costs.stream()
                .filter(other -> other.profile() == cost.profile()
                        && other.counts().on().equals("bare")
                        && other.counts().workload().equals(cost.counts().workload()))
                .findFirst();
    }

    /** As text. */
    void print(PrintWriter out) {
        boolean workloads = runs.stream().map(Counts::workload).distinct().count() > 1;
        List<Part> parts = Arrays.stream(Part.values())
                .filter(part -> costs.stream().anyMatch(cost -> cost.of(part) != 0))
                .toList();
        List<String> heading = new ArrayList<>();
        if (workloads) {
            heading.add("workload");
        }
        heading.addAll(List.of("processor", "run", "cycles", "of bare"));
        parts.forEach(part -> heading.add(part.title));
        List<List<String>> rows = new ArrayList<>();
        for (Cost cost : costs) {
            List<String> row = new ArrayList<>();
            if (workloads) {
                row.add(cost.counts().workload());
            }
            row.add(cost.profile().name());
            row.add(cost.counts().on());
            row.add(number(cost.total()));
            row.add(bare(cost).map(bare -> ratio(cost.ratioTo(bare))).orElse("-"));
            parts.forEach(part -> row.add(number(cost.of(part))));
            rows.add(row);
        }
        TextTable.print(out, heading, rows);
        footnotes(out);
        out.flush();
    }

    /** What prices lean on, once for each processor. */
    private void footnotes(PrintWriter out) {
        Map<Profile, Set<Figure>> assumed = new LinkedHashMap<>();
        Map<String, Set<String>> notes = new LinkedHashMap<>();
        for (Cost cost : costs) {
            Profile profile = cost.profile();
            assumed.computeIfAbsent(profile, key -> EnumSet.noneOf(Figure.class))
                    .addAll(cost.assumed());
            cost.notes()
                    .forEach(note -> notes.computeIfAbsent(note, key -> new LinkedHashSet<>())
                            .add(cost.counts().on()));
        }
        assumed.forEach((profile, figures) -> {
            if (!figures.isEmpty()) {
                out.println(figures.stream()
                        .map(figure -> figure.key + " " + profile.quote(figure).value())
                        .collect(Collectors.joining(", ", "Assumed, not published, of " + profile.name() + ": ", ".")));
            }
        });
        long all = runs.stream().map(Counts::on).distinct().count();
        notes.forEach((note, on) -> out.println(on.size() == all ? note : String.join(", ", on) + ": " + note));
        out.println("`thirdmode profiles show NAME` tells the source of each figure.");
    }

    /** The exits of each run by reason, as text. */
    void printReasons(PrintWriter out) {
        List<List<String>> rows = new ArrayList<>();
        for (Cost cost : costs) {
            for (Cost.Reason reason : cost.reasons()) {
                rows.add(List.of(
                        cost.profile().name(),
                        cost.counts().on(),
                        number(reason.exits()),
                        number(reason.hardware()),
                        number(reason.hypervisor()),
                        reason.reason()));
            }
        }
        TextTable.print(out, List.of("processor", "run", "exits", "hardware", "hypervisor", "reason"), rows);
        out.flush();
    }

    /** As objects, with everything. */
    List<Map<String, Object>> objects() {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (Cost cost : costs) {
            Map<String, Object> object = head(cost);
            object.put("parts", parts(cost));
            object.put(
                    "reasons",
                    cost.reasons().stream()
                            .map(reason -> Map.of(
                                    "reason", reason.reason(),
                                    "exits", reason.exits(),
                                    "hardware", reason.hardware(),
                                    "hypervisor", reason.hypervisor()))
                            .toList());
            object.put(
                    "assumed", cost.assumed().stream().map(figure -> figure.key).toList());
            object.put("notes", cost.notes());
            objects.add(object);
        }
        return objects;
    }

    /** As rows of a table: each part and each reason is a column. */
    List<Map<String, Object>> flat() {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Cost cost : costs) {
            Map<String, Object> row = head(cost);
            row.putAll(parts(cost));
            cost.reasons().forEach(reason -> {
                row.put("hardware: " + reason.reason(), reason.hardware());
                row.put("hypervisor: " + reason.reason(), reason.hypervisor());
            });
            row.put("assumed", cost.assumed().stream().map(figure -> figure.key).collect(Collectors.joining(" ")));
            rows.add(row);
        }
        return rows;
    }

    private Map<String, Object> head(Cost cost) {
        Map<String, Object> head = new LinkedHashMap<>();
        head.put("workload", cost.counts().workload());
        head.put("on", cost.counts().on());
        head.put("processor", cost.profile().name());
        head.put("cycles", cost.total());
        head.put("seconds", cost.profile().seconds(cost.total()));
        head.put("ofBare", bare(cost).map(cost::ratioTo).orElse(null));
        return head;
    }

    private static Map<String, Object> parts(Cost cost) {
        Map<String, Object> parts = new LinkedHashMap<>();
        cost.parts().forEach((part, cycles) -> parts.put(part.title, cycles));
        return parts;
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}

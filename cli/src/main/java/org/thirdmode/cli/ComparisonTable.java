package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Profile;
import org.thirdmode.lab.Comparison;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.lab.Measurement;
import org.thirdmode.lab.boot.BootStage;
import org.thirdmode.lab.boot.Moment;
import org.thirdmode.shadow.MmuCounters;

/** The runs of comparisons, a row each. */
final class ComparisonTable {
    private static final int TOP_REASONS = 3;

    private ComparisonTable() {}

    /** As text, with what a reader looks at first. */
    static void print(PrintWriter out, Comparison comparison) {
        TextTable.print(
                out,
                List.of(
                        "run",
                        "instructions",
                        "exits",
                        "page-fault exits",
                        "guest faults",
                        "walks",
                        "references a walk",
                        "flushes",
                        "table pages",
                        "most frequent exits"),
                comparison.runs().stream().map(ComparisonTable::cells).toList());
    }

    private static List<String> cells(Measurement run) {
        return List.of(
                run.setup().on(),
                number(run.instructions()),
                number(run.allExits()),
                run.mmu().map(c -> number(c.faults)).orElse("-"),
                run.mmu().map(c -> number(c.guestFaults)).orElse("-"),
                number(run.walks().walks),
                String.format(Locale.ROOT, "%.1f", run.referencesPerWalk()),
                run.mmu().map(c -> number(c.flushes)).orElse("-"),
                run.mmu().map(c -> number(c.pagesInUsePeak)).orElse("-"),
                mostFrequent(run.exits()));
    }

    /** The reasons that there are most exits for. */
    static String mostFrequent(Map<String, Long> exits) {
        return exits.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(TOP_REASONS)
                .map(e -> e.getKey() + " " + number(e.getValue()))
                .collect(Collectors.joining(", "));
    }

    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /**
     * As objects, with everything.
     *
     * @param stages of a kernel's boot, for runs whose stages were asked for
     */
    static List<Map<String, Object>> objects(
            List<Comparison> comparisons, List<Profile> profiles, Map<Measurement, Map<BootStage, Moment>> stages) {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (Comparison comparison : comparisons) {
            for (Measurement run : comparison.runs()) {
                Map<String, Object> object = object(comparison.name(), run, profiles);
                objects.add(object);
                if (stages.containsKey(run)) {
                    object.put("stages", StageTable.objects(stages.get(run)));
                }
            }
        }
        return objects;
    }

    private static Map<String, Object> object(String workload, Measurement run, List<Profile> profiles) {
        Map<String, Object> object = new LinkedHashMap<>();
        Hypervisor hypervisor = run.setup().hypervisor().orElse(null);
        object.put("workload", workload);
        object.put("on", hypervisor == null ? "bare" : "kvm");
        object.put("virt", hypervisor == null ? null : Words.word(hypervisor.virt()));
        object.put("mmu", hypervisor == null ? null : Words.word(hypervisor.mmu()));
        object.put("instructionTime", run.setup().configuration().instructionTime());
        object.put("instructions", run.instructions());
        object.put("exits", run.exits());
        object.put("walks", run.walks().walks);
        object.put("tableReferences", run.walks().allTableReferences());
        object.put("nestedReferences", run.walks().allNestedReferences());
        object.put("counters", run.mmu().map(MmuCounters::list).orElse(Map.of()));
        object.put("output", run.output());
        if (!profiles.isEmpty()) {
            Map<String, Object> cycles = new LinkedHashMap<>();
            for (Profile profile : profiles) {
                Cost cost = Cost.of(run.counts(), profile);
                cycles.put(profile.name(), cost.total());
                cost.parts().forEach((part, each) -> cycles.put(profile.name() + ", " + part.title, each));
            }
            object.put("cycles", cycles);
        }
        return object;
    }

    /** As {@link #objects}, but what has parts is spread over columns of its own: {@code exits: HLT}. */
    static List<Map<String, Object>> flat(
            List<Comparison> comparisons, List<Profile> profiles, Map<Measurement, Map<BootStage, Moment>> stages) {
        return objects(comparisons, profiles, stages).stream()
                .map(object -> {
                    Map<String, Object> flat = new LinkedHashMap<>();
                    object.forEach((name, value) -> {
                        spread(flat, name, value);
                    });
                    return flat;
                })
                .toList();
    }

    private static void spread(Map<String, Object> flat, String name, Object value) {
        if (value instanceof Map<?, ?> parts) {
            parts.forEach((part, each) -> spread(flat, name + ": " + part, each));
        } else {
            flat.put(name, value);
        }
    }
}

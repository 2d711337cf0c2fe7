package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.thirdmode.lab.boot.BootStage;
import org.thirdmode.lab.boot.Moment;

/** What runs did in each stage of a kernel's boot. */
final class StageTable {
    private StageTable() {}

    /**
     * As text, a row each.
     *
     * @param runs the stages of each, by the run's name
     */
    static void print(PrintWriter out, Map<String, Map<BootStage, Moment>> runs) {
        List<List<String>> rows = new ArrayList<>();
        runs.forEach((run, stages) -> stages.forEach((stage, did) -> rows.add(cells(run, stage, did))));
        TextTable.print(
                out,
                List.of(
                        "run",
                        "boot stage",
                        "instructions",
                        "exits",
                        "page-fault exits",
                        "guest faults",
                        "walks",
                        "references a walk",
                        "most frequent exits"),
                rows);
    }

    private static List<String> cells(String run, BootStage stage, Moment did) {
        return List.of(
                run,
                stage.title,
                ComparisonTable.number(did.instructions()),
                ComparisonTable.number(did.allExits()),
                ComparisonTable.number(did.pageFaultExits()),
                ComparisonTable.number(did.guestFaults()),
                ComparisonTable.number(did.walks()),
                String.format(Locale.ROOT, "%.1f", did.referencesPerWalk()),
                ComparisonTable.mostFrequent(did.exits()));
    }

    /** As objects by the stage's title, with everything. */
    static Map<String, Object> objects(Map<BootStage, Moment> stages) {
        Map<String, Object> objects = new LinkedHashMap<>();
        stages.forEach((stage, did) -> {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("instructions", did.instructions());
            object.put("exits", did.exits());
            object.put("pageFaultExits", did.pageFaultExits());
            object.put("guestFaults", did.guestFaults());
            object.put("walks", did.walks());
            object.put("references", did.references());
            objects.put(stage.title, object);
        });
        return objects;
    }
}

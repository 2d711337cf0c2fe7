package org.thirdmode.lab.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.thirdmode.cost.Quantity;
import org.thirdmode.x86.paging.TranslationTrace.Inexact;
import org.thirdmode.x86.paging.TranslationTrace.Reach;

/** A replay counts what an execution counts, to the one. */
class ReplayedRuns {
    private static final long BUDGET = 4_000_000_000L;

    /** Each with other TLBs, walk caches and caches of the second dimension. */
    private static final List<Map<String, String>> GEOMETRIES = List.of(
            Map.of("tlbs", "haswell"),
            Map.of("tlbs", "haswell", "tlb-l2", "0", "walk-cache", "0", "nested-tlb", "0", "nested-walk-cache", "0"),
            Map.of("tlbs", "haswell", "tlb-l1", "4", "tlb-l2", "16", "walk-cache", "4", "nested-tlb", "0"),
            Map.of("tlbs", "haswell", "tlb-l1", "16", "tlb-l2", "64", "nested-tlb", "4", "nested-walk-cache", "4"),
            Map.of("tlbs", "barcelona", "nested-walk-cache", "0"));

    static Stream<List<String>> runs() {
        List<List<String>> runs = new ArrayList<>();
        for (String machine : List.of("vmx bare", "vmx unsync", "vmx nested", "svm nested")) {
            for (String kernel : List.of("mini32", "minipae", "mini64")) {
                runs.add(List.of(machine, kernel, "fork processes=2 rounds=2"));
            }
            for (String workload : List.of("gups updates=2000 pages=256", "exec rounds=2")) {
                runs.add(List.of(machine, "mini64", workload));
            }
        }
        return runs.stream();
    }

    @ParameterizedTest
    @MethodSource("runs")
    void aReplayCountsWhatAnExecutionCounts(List<String> what) throws Exception {
        Map<String, String> settings = new HashMap<>();
        settings.put("virt", what.get(0).split(" ")[0]);
        settings.put("mmu", what.get(0).split(" ")[1]);
        settings.put("kernel", what.get(1));
        settings.put("workload", what.get(2));
        List<RunSpec> specs = new ArrayList<>();
        for (Map<String, String> geometry : GEOMETRIES) {
            Map<String, String> all = new HashMap<>(settings);
            all.putAll(geometry);
            specs.add(RunSpec.given(all));
        }
        Reach reach = specs.stream()
                .map(spec -> Reach.of(spec.tlbs()))
                .reduce(Reach::common)
                .orElseThrow();
        Recording recording = Executor.record(specs.getFirst(), BUDGET, reach);
        List<String> wrong = new ArrayList<>();
        for (RunSpec spec : specs) {
            RunResult executed = Executor.run(spec, BUDGET);
            assertTrue(executed.endedWell());
            try {
                RunResult replayed = recording.replay(spec);
                if (!executed.counts().equals(replayed.counts())) {
                    wrong.add(spec.tlbs().name() + ": " + differences(executed, replayed));
                }
                assertEquals(executed.output(), replayed.output());
                assertEquals(executed.end(), replayed.end());
                assertEquals(executed.tablePages(), replayed.tablePages());
            } catch (Inexact e) {
                wrong.add(spec.tlbs().name() + ": " + e.getMessage());
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static String differences(RunResult executed, RunResult replayed) {
        StringBuilder text = new StringBuilder();
        for (Quantity quantity : Quantity.values()) {
            long was = executed.counts().of(quantity);
            long is = replayed.counts().of(quantity);
            if (was != is) {
                text.append(quantity)
                        .append(' ')
                        .append(was)
                        .append(" not ")
                        .append(is)
                        .append("; ");
            }
        }
        return text.toString();
    }
}

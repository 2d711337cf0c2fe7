package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profile;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.papers.agile.AgileHardware;
import org.thirdmode.papers.agile.AgileStrategy;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.x86.tlb.TlbGeometry;

/** Agile Paging 2016: references of a TLB miss, and what the policy is worth. */
public final class AgilePaging2016 implements Paper {
    private static final String PROCESSOR = "sandybridge";

    /** The paper's interval is a second of a machine that runs for minutes. */
    private static final long INTERVAL = 1_000_000;

    /** Misses served by shadow tables, with a switch at the last level, and at the one before, in per cent: Table VI. */
    private record Served(String workload, double shadow, double last, double before) {}

    private static final List<Served> TABLE_VI = List.of(
            new Served("memcached", 88.2, 4.5, 7.3),
            new Served("canneal", 94.7, 4.6, 0.7),
            new Served("astar", 92.3, 7.5, 0.2),
            new Served("gcc", 81.6, 11.7, 6.7),
            new Served("graph500", 99.8, 0.2, 0),
            new Served("mcf", 99.1, 0.9, 0),
            new Served("tigr", 88.3, 7.6, 3.1),
            new Served("dedup", 91.4, 2.2, 6.4));

    @Override
    public String folder() {
        return "agile-paging-2016";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        ours.put("native", references(Optional.empty()));
        ours.put("nested", references(Optional.of(MmuKind.NESTED)));
        ours.put("shadow", references(Optional.of(MmuKind.CACHED)));
        for (int levels = 1; levels <= 4; levels++) {
            ours.put("agile-" + levels, (double) AgileHardware.referencesWith(levels));
        }
        for (Served served : TABLE_VI) {
            ours.put(
                    "average-" + served.workload,
                    (served.shadow * AgileHardware.referencesWith(0)
                                    + served.last * AgileHardware.referencesWith(1)
                                    + served.before * AgileHardware.referencesWith(2))
                            / 100);
        }
        overheads(lab, "mcf", "gups pages=2048 updates=100000", ours);
        overheads(lab, "dedup", "mmap pages=64 rounds=150", ours);
        return ours;
    }

    private static double references(Optional<MmuKind> mmu) throws ImageException {
        return Lab.references(mmu).size();
    }

    /** Cycles of walks and exits that there would be under each way. */
    private static void overheads(Lab lab, String as, String workload, Map<String, Double> ours) throws ImageException {
        Profile processor = Lab.profile(PROCESSOR);
        AgileStrategy.Counted counted = lab.agile(workload, withoutWalkCaches(processor.tlbs()), INTERVAL);
        double table = figure(processor, Figure.TABLE_REFERENCE);
        double nested = figure(processor, Figure.NESTED_REFERENCE);
        double exit = figure(processor, Figure.ROUND_TRIP)
                + figure(processor, Figure.DISPATCH)
                + figure(processor, Figure.MMU_FAULT)
                + figure(processor, Figure.EMULATION)
                + figure(processor, Figure.ENTRY_CHANGE);
        double walks = counted.shadowReferences() * table;
        ours.put(as + "-nested", (walks + counted.nestedReferences() * nested) / 1e6);
        ours.put(as + "-shadow", (walks + counted.shadowExits() * exit) / 1e6);
        ours.put(as + "-agile", (walks + counted.agileNestedReferences() * nested + counted.agileExits() * exit) / 1e6);
    }

    private static double figure(Profile profile, Figure figure) {
        return profile.quote(figure).value().doubleValue();
    }

    /** The paper counts references as if no paging-structure cache spared any. */
    private static TlbGeometry withoutWalkCaches(TlbGeometry of) {
        return new TlbGeometry(of.name(), of.dataL1(), of.instructionL1(), of.dataL2(), of.instructionL2(), List.of());
    }
}

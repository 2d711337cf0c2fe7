package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Part;
import org.thirdmode.cost.Quantity;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.papers.HandmadeTables;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.x86.tlb.TlbGeometry;

/** Agile Paging 2016: references of a TLB miss, and what the policy is worth. */
public final class AgilePaging2016 implements Paper {
    private static final String PROCESSOR = "sandybridge";

    private static final List<Part> OF_TRANSLATION =
            List.of(Part.PAGE_WALKS, Part.SECOND_DIMENSION, Part.TABLE_UPKEEP, Part.FLUSHES);

    /** Page faults are the only exceptions that exit; external interrupts end the intervals of agile paging, too. */
    private static final Set<String> EXITS_OF_TRANSLATION = Set.of(
            ExitReason.EXCEPTION_OR_NMI.title,
            ExitReason.EPT_VIOLATION.title,
            ExitReason.CONTROL_REGISTER_ACCESSES.title,
            ExitReason.EXTERNAL_INTERRUPT.title);

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
            ours.put("agile-" + levels, (double) HandmadeTables.agileReferences(levels));
        }
        for (Served served : TABLE_VI) {
            ours.put(
                    "average-" + served.workload,
                    (served.shadow * HandmadeTables.agileReferences(0)
                                    + served.last * HandmadeTables.agileReferences(1)
                                    + served.before * HandmadeTables.agileReferences(2))
                            / 100);
        }
        overheads(lab, "mcf", "gups pages=2048 updates=100000", ours);
        overheads(lab, "dedup", "mmap pages=64 rounds=150", ours);
        return ours;
    }

    private static double references(Optional<MmuKind> mmu) throws ImageException {
        return Lab.references(mmu).size();
    }

    /** What translation costs under each way, in cycles, and how many entries a walk reads under agile paging. */
    private static void overheads(Lab lab, String as, String workload, Map<String, Double> ours) throws ImageException {
        ours.put(as + "-nested", overhead(cost(lab, workload, MmuKind.NESTED)));
        ours.put(as + "-shadow", overhead(cost(lab, workload, MmuKind.CACHED)));
        Cost agile = cost(lab, workload, MmuKind.AGILE);
        ours.put(as + "-agile", overhead(agile));
        Map<Quantity, Long> counts = agile.counts().quantities();
        long references = counts.get(Quantity.TABLE_REFERENCES) + counts.get(Quantity.NESTED_REFERENCES);
        ours.put("run-" + as, (double) references / counts.get(Quantity.WALKS));
    }

    private static Cost cost(Lab lab, String workload, MmuKind mmu) throws ImageException {
        Optional<TlbGeometry> tlbs =
                Optional.of(withoutWalkCaches(Lab.profile(PROCESSOR).tlbs()));
        Optional<Hypervisor> hypervisor = Optional.of(new Hypervisor(Virt.VMX, mmu));
        return lab.cost(new Lab.Run("mini64", workload, hypervisor, HostPageSize.SMALL, tlbs), PROCESSOR);
    }

    /** Page walks, the care for tables, flushes, and the exits for these: all but what the guest and its devices take anyway. */
    private static double overhead(Cost cost) {
        long cycles = OF_TRANSLATION.stream().mapToLong(cost::of).sum();
        for (Cost.Reason reason : cost.reasons()) {
            if (EXITS_OF_TRANSLATION.contains(reason.reason())) {
                cycles += reason.hardware() + reason.hypervisor();
            }
        }
        return cycles / 1e6;
    }

    /** The paper counts references as if no paging-structure cache spared any. */
    private static TlbGeometry withoutWalkCaches(TlbGeometry of) {
        return new TlbGeometry(of.name(), of.dataL1(), of.instructionL1(), of.dataL2(), of.instructionL2(), List.of());
    }
}

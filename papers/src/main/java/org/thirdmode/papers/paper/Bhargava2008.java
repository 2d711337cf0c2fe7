package org.thirdmode.papers.paper;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.papers.HandmadeTables;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.x86.tlb.TlbGeometry;

/** Bhargava et al. 2008: the two-dimensional walk, and what caches of it are worth. */
public final class Bhargava2008 implements Paper {
    private static final int LEVELS = 4;
    private static final String PROCESSOR = "barcelona";

    /** Many TLB misses, and tables that do not fit the walk caches. */
    private static final String WORKLOAD = "gups pages=2048 updates=20000";

    @Override
    public String folder() {
        return "bhargava-2008";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        ours.put("4k-4k", size(LEVELS, false, false));
        ours.put("2m-4k", size(LEVELS, true, false));
        ours.put("4k-2m", size(LEVELS, false, true));
        ours.put("2m-2m", size(LEVELS, true, true));
        ours.put("5-5", size(5, false, false));
        ours.put("order", (double) inOrder());
        TlbGeometry barcelona = TlbGeometry.of(PROCESSOR);
        ours.put("lowest", (double) barcelona.structureCaches().stream()
                .mapToInt(TlbGeometry.StructureCache::level)
                .min()
                .orElseThrow());
        caches(lab, barcelona, ours);
        return ours;
    }

    private static double size(int levels, boolean largeGuest, boolean largeHost) {
        return HandmadeTables.references(levels, largeGuest, largeHost).size();
    }

    /** How many references of a walk stand at their place of Fig 1(b). */
    private static int inOrder() {
        List<String> figure = new ArrayList<>();
        for (int guest = LEVELS; guest >= 0; guest--) {
            String of = guest == 0 ? "gPA" : "gL" + guest;
            for (int nested = LEVELS; nested >= 1; nested--) {
                figure.add("nL" + nested + " for " + of);
            }
            if (guest != 0) {
                figure.add(of);
            }
        }
        List<String> walk = HandmadeTables.references(LEVELS, false, false);
        int count = 0;
        for (int n = 0; n < Math.min(figure.size(), walk.size()); n++) {
            count += figure.get(n).equals(walk.get(n)) ? 1 : 0;
        }
        return count;
    }

    /** Fig 6: per cent that a run gets faster than without any cache of walks. */
    private static void caches(Lab lab, TlbGeometry all, Map<String, Double> ours) throws ImageException {
        TlbGeometry none = with(all, List.of(), List.of(), List.of());
        TlbGeometry one = with(all, all.structureCaches(), List.of(), List.of());
        TlbGeometry two = with(all, all.structureCaches(), List.of(), all.nestedStructureCaches());
        double without = cycles(lab, none, HostPageSize.SMALL, true);
        ours.put("speedup-none", 0.0);
        ours.put("speedup-1d", gain(without, cycles(lab, one, HostPageSize.SMALL, true)));
        ours.put("speedup-2d", gain(without, cycles(lab, two, HostPageSize.SMALL, true)));
        ours.put("speedup-2d-nt", gain(without, cycles(lab, all, HostPageSize.SMALL, true)));
        ours.put("speedup-2m", gain(without, cycles(lab, all, HostPageSize.LARGE, true)));
        ours.put("speedup-native", gain(without, cycles(lab, all, HostPageSize.SMALL, false)));
    }

    private static double gain(double without, double with) {
        return 100 * (without / with - 1);
    }

    private static double cycles(Lab lab, TlbGeometry tlbs, HostPageSize pages, boolean nested) throws ImageException {
        Optional<Hypervisor> hypervisor =
                nested ? Optional.of(new Hypervisor(Virt.SVM, MmuKind.NESTED)) : Optional.empty();
        return lab.cycles(new Lab.Run("mini64", WORKLOAD, hypervisor, pages, Optional.of(tlbs)), PROCESSOR);
    }

    private static TlbGeometry with(
            TlbGeometry of,
            List<TlbGeometry.StructureCache> guest,
            List<TlbGeometry.Buffer> nestedTlb,
            List<TlbGeometry.StructureCache> nested) {
        return new TlbGeometry(
                of.name(), of.dataL1(), of.instructionL1(), of.dataL2(), of.instructionL2(), guest, nestedTlb, nested);
    }
}

package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.ExitCounts;
import org.thirdmode.cost.Part;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** Agesen et al. 2012: what an exit takes. */
public final class Agesen2012 implements Paper {
    private static final List<String> PROCESSORS =
            List.of("prescott", "merom", "penryn", "nehalem", "westmere", "sandybridge");

    @Override
    public String folder() {
        return "agesen-2012";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        Counts oneExit = new Counts(
                "an exit",
                "vmx/cached",
                new Counts.Conditions(Counts.Extension.VMX, false, "", ""),
                Map.of(),
                List.of(new ExitCounts("CPUID", 1, 0, 0, 0, 0)));
        for (String processor : PROCESSORS) {
            ours.put("round-trip-" + processor, (double)
                    Cost.of(oneExit, Lab.profile(processor)).of(Part.EXIT_HARDWARE));
        }
        Cost cost = lab.cost(Lab.Run.vmx(MmuKind.UNSYNC, "mini32", Workloads.BUILD), "westmere");
        ours.put(
                "whole-exit",
                (double) (cost.of(Part.EXIT_HARDWARE) + cost.of(Part.EXIT_HYPERVISOR))
                        / cost.counts().allExits());
        return ours;
    }
}

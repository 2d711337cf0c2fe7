package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.Map;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profile;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** Adams and Agesen 2006: which operations exit, and what they take on a Pentium 4. */
public final class Adams2006 implements Paper {
    private static final String PROCESSOR = "prescott";
    private static final int ROUNDS = 100;

    /** "A typical exit needs 10 vmreads." */
    private static final int READS = 10;

    @Override
    public String folder() {
        return "adams-2006";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        Lab.Run run = Lab.Run.vmx(MmuKind.CACHED, "mini64", "");
        ours.put("syscall-exits", exits(lab.exitsARound(run, Workloads.SYSCALL, ROUNDS)));
        ours.put("in-exits", exits(lab.exitsARound(run, Workloads.PORT, ROUNDS)));
        ours.put("pgfault-exits", exits(lab.exitsARound(run, Workloads.FAULT, 4)));
        ours.put("ptemod-exits", exits(lab.exitsARound(run, Workloads.MMAP, 4)));
        composites(ours);
        Lab.Run native64 = Lab.Run.bare("mini64", "");
        ours.put("forkwait-native", lab.microsecondsARound(native64, Workloads.FORK, 8, PROCESSOR));
        ours.put("forkwait-hardware", lab.microsecondsARound(run, Workloads.FORK, 8, PROCESSOR));
        return ours;
    }

    /** Whether an operation exits: one of some that need not be the same is counted as none. */
    private static double exits(double aRound) {
        return aRound >= 0.5 ? 1 : 0;
    }

    /** Native, entry, exit, ten VMREADs, and a handler, which is fitted to the page fault. */
    private static void composites(Map<String, Double> ours) {
        Profile processor = Lab.profile(PROCESSOR);
        double switches = processor.remarks().get("vm-entry").value().doubleValue()
                + processor.remarks().get("vm-exit-page-fault").value().doubleValue()
                + READS * processor.quote(Figure.CONTROL_READ).value().doubleValue();
        double nativeFault = 1093;
        double handler = 11242 - nativeFault - switches;
        ours.put("pgfault-hardware", nativeFault + switches + handler);
        ours.put("ptemod-hardware", 1 + switches + handler);
        ours.put("in-hardware", 3209 + switches + handler);
    }
}

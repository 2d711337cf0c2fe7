package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.Map;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** Shadow tables that may be out of sync, September 2008: what it took before is 100. */
public final class OutOfSync2008 implements Paper {
    private static final String PROCESSOR = "penryn";
    private static final int FORKS = 10;

    @Override
    public String folder() {
        return "out-of-sync-2008";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        double before = lab.cycles(Lab.Run.vmx(MmuKind.CACHED, "mini32", Workloads.BUILD), PROCESSOR);
        double after = lab.cycles(Lab.Run.vmx(MmuKind.UNSYNC, "mini32", Workloads.BUILD), PROCESSOR);
        ours.put("build-before", 100.0);
        ours.put("build-after", 100 * after / before);
        before = fork(lab, MmuKind.CACHED);
        after = fork(lab, MmuKind.UNSYNC);
        ours.put("fork-before", 100.0);
        ours.put("fork-after", 100 * after / before);
        return ours;
    }

    private static double fork(Lab lab, MmuKind mmu) throws ImageException {
        return lab.microsecondsARound(Lab.Run.vmx(mmu, "mini64", ""), Workloads.FORK, FORKS, PROCESSOR);
    }
}

package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.Map;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** The ladder of January 2007: a context switch under the naive MMU, under the one with a cache, and without KVM. */
public final class KvmLadder2007 implements Paper {
    private static final int ROUNDS = 200;

    /** Each round is a switch of each of two processes. */
    private static final int SWITCHES = 2;

    /** Not named in the message; of that time. */
    private static final String PROCESSOR = "merom";

    @Override
    public String folder() {
        return "kvm-ladder-2007";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        String kernel = "mini32";
        ours.put("native", microseconds(lab, Lab.Run.bare(kernel, "")));
        ours.put("cached", microseconds(lab, Lab.Run.vmx(MmuKind.CACHED, kernel, "")));
        ours.put("naive", microseconds(lab, Lab.Run.vmx(MmuKind.NAIVE, kernel, "")));
        return ours;
    }

    private static double microseconds(Lab lab, Lab.Run run) throws ImageException {
        return lab.microsecondsARound(run, Workloads.SWITCH, ROUNDS, PROCESSOR) / SWITCHES;
    }
}

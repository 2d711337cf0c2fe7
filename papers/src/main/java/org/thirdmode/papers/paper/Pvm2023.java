package org.thirdmode.papers.paper;

import java.util.HashMap;
import java.util.Map;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** PVM 2023 measured KVM of its day with EPT and with shadow tables: nested and out of sync here. */
public final class Pvm2023 implements Paper {
    private static final String PROCESSOR = "skylake";
    private static final String KERNEL = "mini64";
    private static final int CALLS = 300;
    private static final int FEW = 8;

    @Override
    public String folder() {
        return "pvm-2023";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        Map<String, Double> ours = new HashMap<>();
        for (MmuKind mmu : new MmuKind[] {MmuKind.NESTED, MmuKind.UNSYNC}) {
            String on = mmu == MmuKind.NESTED ? "-ept" : "-shadow";
            Lab.Run run = Lab.Run.vmx(mmu, KERNEL, "");
            ours.put("getpid-kpti" + on, lab.microsecondsARound(run, Workloads.SYSCALL_KPTI, CALLS, PROCESSOR));
            ours.put("getpid" + on, lab.microsecondsARound(run, Workloads.SYSCALL, CALLS, PROCESSOR));
            ours.put("fork" + on, lab.microsecondsARound(run, Workloads.FORK, FEW, PROCESSOR));
            ours.put("exec" + on, lab.microsecondsARound(run, Workloads.EXEC, FEW, PROCESSOR));
            ours.put("fault" + on, lab.microsecondsARound(run, Workloads.FAULT, FEW, PROCESSOR) / Workloads.FAULTS);
            ours.put("mmap" + on, lab.microsecondsARound(run, Workloads.MMAP, FEW, PROCESSOR));
        }
        return ours;
    }
}

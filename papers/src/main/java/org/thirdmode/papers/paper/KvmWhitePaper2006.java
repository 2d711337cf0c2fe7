package org.thirdmode.papers.paper;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Part;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.Quantity;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.MoreRows;
import org.thirdmode.papers.Paper;
import org.thirdmode.pc.loader.ImageException;

/** KVM's white paper of 2006: a request under a hypervisor with a privileged guest, and under KVM. */
public final class KvmWhitePaper2006 implements Paper {
    private static final List<String> WORKLOADS = List.of("port rounds=2000", "mmio rounds=2000", "disk sectors=8");

    @Override
    public String folder() {
        return "kvm-white-paper-2006";
    }

    @Override
    public Map<String, Double> measure(Lab lab) throws ImageException {
        // How many steps a path has is what the model was given: to count them would be no evidence.
        return Map.of();
    }

    /** What the paper says that nobody measured: each request's cycles on either path, on each processor. */
    @Override
    public MoreRows more(Lab lab) throws ImageException {
        List<List<String>> rows = new ArrayList<>();
        for (String workload : WORKLOADS) {
            Counts counts = lab.counts(Lab.Run.vmx(MmuKind.CACHED, "mini32", workload));
            long requests = counts.of(Quantity.USER_SPACE_RETURNS);
            for (Profile profile : Profiles.all().values()) {
                Cost cost = Cost.of(counts, profile);
                double exits = cost.of(Part.EXIT_HARDWARE) + (double) cost.of(Part.EXIT_HYPERVISOR);
                double exit = exits / counts.allExits();
                double kvm = exit + RequestPath.KVM.cycles(profile);
                double privileged = exit + RequestPath.PRIVILEGED_GUEST.cycles(profile);
                double all = cost.total() + requests * (privileged - kvm);
                rows.add(List.of(
                        workload,
                        profile.name(),
                        number(requests),
                        number(requests * RequestPath.PRIVILEGED_GUEST.schedulings()),
                        number(requests * RequestPath.PRIVILEGED_GUEST.switches()),
                        number(Math.round(privileged)),
                        number(Math.round(kvm)),
                        String.format(Locale.ROOT, "%.2f", privileged / kvm),
                        String.format(Locale.ROOT, "%.2f", all / cost.total())));
            }
        }
        return new MoreRows(
                "The measurement that was never made. A request is a return to user space of an executed run (VMX, the MMU of"
                        + " 2007, interrupt controllers in user space); under KVM the scheduler is never asked and no guest"
                        + " switched to. Cycles of one request with its exit; the last column is the whole run's, of the"
                        + " privileged path as a multiple of KVM's. What a step takes is put together of the profiles'"
                        + " figures: a decision of the scheduler as an exit's way through the hypervisor ("
                        + Figure.DISPATCH.key + "), a switch as 20 fields written and the TLB filled again.",
                List.of(
                        "workload",
                        "processor",
                        "requests",
                        "schedulings",
                        "switches",
                        "privileged guest, cycles",
                        "KVM, cycles",
                        "ratio",
                        "whole run"),
                rows,
                2,
                List.of(5, 6));
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}

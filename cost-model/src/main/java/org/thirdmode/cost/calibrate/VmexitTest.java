package org.thirdmode.cost.calibrate;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The output of kvm-unit-tests' vmexit test: a name and cycles a line. */
final class VmexitTest {
    private static final Pattern LINE = Pattern.compile("\\s*([a-z][a-z0-9_:]*)\\s+([0-9]{1,12})\\s*");

    /** What the test has had since its beginning: one of them tells the format. */
    private static final Set<String> NAMES =
            Set.of("cpuid", "vmcall", "inl_from_qemu", "inl_from_kernel", "outl_to_kernel", "inl_from_pmtimer");

    private VmexitTest() {}

    /** Null where it is no such output. */
    static Timings read(List<String> lines) {
        Map<String, Double> averages = Timings.averages(LINE, lines);
        boolean known = averages.keySet().stream().anyMatch(NAMES::contains);
        return known ? new Timings("kvm-unit-tests vmexit", false, averages) : null;
    }
}

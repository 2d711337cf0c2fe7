package org.thirdmode.vmx.entry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
import org.thirdmode.vmx.vmcs.ControlBit;

/** For each check one way, or a random choice of ways, to violate it and no other. */
public final class Violations {
    private Violations() {}

    /** How one check is violated. */
    public record Case(VmxCapabilities processor, Shape shape, ControlBit[] on, BiConsumer<ValidVmcs, Random> damage) {
        /** A structure that violates the check. */
        public ValidVmcs make(Random random) {
            ValidVmcs vmcs = new ValidVmcs(random, processor, shape, on);
            damage.accept(vmcs, random);
            return vmcs;
        }
    }

    /** By the id of the check. */
    public static Map<String, Case> byCheck() {
        Map<String, Case> all = new LinkedHashMap<>();
        for (ViolationRows rows : List.of(
                new ControlViolations(),
                new HostViolations(),
                new GuestRegisterViolations(),
                new GuestSegmentViolations(),
                new NonRegisterViolations())) {
            rows.cases.forEach((id, one) -> {
                if (all.put(id, one) != null) {
                    throw new IllegalStateException(id + " twice");
                }
            });
        }
        return all;
    }
}

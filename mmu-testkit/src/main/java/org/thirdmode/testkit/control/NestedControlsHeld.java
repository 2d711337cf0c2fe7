package org.thirdmode.testkit.control;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.svm.vmcb.VmcbValues;
import org.thirdmode.testkit.scenario.Trial;

/**
 * I14: a hypervisor whose guest is one makes of its own VMCB and of that of its guest the one with which it enters the guest's
 * guest. That keeps every intercept of both, gives the inner guest nothing that the outer hypervisor has not given, and the
 * guest's VMCB is read once: another virtual CPU of the guest may write it at any time.
 */
public final class NestedControlsHeld {
    /** VMRUN, VMMCALL, VMLOAD, VMSAVE, STGI, CLGI, SKINIT. */
    private static final long SVM_INSTRUCTIONS = 0x7f;

    private static final long VMLOAD_AND_VMSAVE = 0xc;
    private static final long AVIC_ENABLE = 1L << 31;
    private static final long VIRTUAL_VMLOAD_AND_VMSAVE = 1 << 1;
    private static final int ONE_IN = 3;

    private static final List<VmcbField> INTERCEPTS = List.of(
            VmcbField.INTERCEPT_CR_READ,
            VmcbField.INTERCEPT_CR_WRITE,
            VmcbField.INTERCEPT_DR_READ,
            VmcbField.INTERCEPT_DR_WRITE,
            VmcbField.INTERCEPT_EXCEPTIONS,
            VmcbField.INTERCEPT_MISC1,
            VmcbField.INTERCEPT_MISC2,
            VmcbField.INTERCEPT_MISC3);

    /** Physical addresses of the host's, and what says how they are used: the outer hypervisor's alone. */
    private static final List<VmcbField> OUTER_ALONE = List.of(
            VmcbField.IOPM_BASE_PA,
            VmcbField.MSRPM_BASE_PA,
            VmcbField.GUEST_ASID,
            VmcbField.NESTED_CONTROL,
            VmcbField.N_CR3,
            VmcbField.AVIC_APIC_BACKING_PAGE,
            VmcbField.AVIC_LOGICAL_TABLE,
            VmcbField.AVIC_PHYSICAL_TABLE);

    private NestedControlsHeld() {}

    /** What is under test. */
    @FunctionalInterface
    public interface Merge {
        /**
         * The VMCB to enter the inner guest with.
         *
         * @param outer with which the outer hypervisor runs its guest
         * @param inner which that guest has given to VMRUN, in its own memory
         * @return null where the processor would refuse {@code inner}
         */
        VmcbImage merge(VmcbImage outer, VmcbValues inner);
    }

    /** A VMCB in memory that others write: once a field was read, it is what another VMCB has there. */
    private static final class InMemory implements VmcbValues {
        private final VmcbImage first;
        private final VmcbImage then;
        private final Set<VmcbField> read = EnumSet.noneOf(VmcbField.class);
        private VmcbField again;

        InMemory(VmcbImage first, VmcbImage then) {
            this.first = first;
            this.then = then;
        }

        @Override
        public long get(VmcbField field) {
            if (read.add(field)) {
                return first.get(field);
            }
            again = again == null ? field : again;
            return then.get(field);
        }
    }

    /** As the manual wants it, in the least: read, then checked, then merged. */
    public static VmcbImage inTheLeast(VmcbImage outer, VmcbValues inner) {
        VmcbImage asked = new VmcbImage(inner);
        return VmrunChecks.firstFailing(asked, ControlStructures.LIMITS) != null ? null : merged(outer, asked);
    }

    /** The state of {@code asked} under the controls of {@code outer}, with the intercepts of both. */
    public static VmcbImage merged(VmcbImage outer, VmcbImage asked) {
        VmcbImage merged = new VmcbImage(outer);
        for (VmcbField field : VmcbField.values()) {
            if (field.scalar() && field.area() == VmcbField.Area.STATE_SAVE) {
                merged.set(field, asked.get(field));
            }
        }
        for (VmcbField field : INTERCEPTS) {
            merged.setBits(field, asked.get(field));
        }
        // What the outer hypervisor lets its guest do with its own state, the inner guest may not do with that.
        merged.setBits(VmcbField.INTERCEPT_MISC2, VMLOAD_AND_VMSAVE);
        merged.clearBits(VmcbField.VIRTUAL_EXTENSIONS, VIRTUAL_VMLOAD_AND_VMSAVE);
        merged.clearBits(VmcbField.INTERRUPT_CONTROL, AVIC_ENABLE);
        return merged;
    }

    /** Two random VMCBs a try; the inner one is invalid in one of seven. */
    public static Trial svm(Merge hypervisor) {
        return seed -> {
            Random random = new Random(seed);
            VmcbImage outer = ControlStructures.validVmcb(random);
            outer.setBits(VmcbField.INTERCEPT_MISC2, SVM_INSTRUCTIONS);
            if (random.nextInt(ONE_IN) == 0) {
                // Its guest may execute them: the processor gives it guest-physical addresses there.
                outer.clearBits(VmcbField.INTERCEPT_MISC2, VMLOAD_AND_VMSAVE);
                outer.setBits(VmcbField.VIRTUAL_EXTENSIONS, VIRTUAL_VMLOAD_AND_VMSAVE);
            }
            VmcbImage first = inner(random);
            VmcbImage then = inner(random);
            if (random.nextInt(7) == 0) {
                then = ControlStructures.invalidVmcb(random).vmcb();
            } else if (random.nextInt(7) == 0) {
                first = ControlStructures.invalidVmcb(random).vmcb();
            }
            InMemory memory = new InMemory(first, then);
            VmcbImage merged = hypervisor.merge(new VmcbImage(outer), memory);
            String wrong = memory.again != null
                    ? memory.again + " of the guest's VMCB is read twice, and may be another the second time"
                    : wrong(outer, first, merged);
            return wrong == null ? null : "I14: " + wrong;
        };
    }

    private static VmcbImage inner(Random random) {
        VmcbImage inner = ControlStructures.validVmcb(random);
        if (random.nextInt(ONE_IN) == 0) {
            inner.setBits(VmcbField.INTERRUPT_CONTROL, AVIC_ENABLE);
        }
        if (random.nextInt(ONE_IN) == 0) {
            inner.setBits(VmcbField.VIRTUAL_EXTENSIONS, VIRTUAL_VMLOAD_AND_VMSAVE);
        }
        if (random.nextInt(ONE_IN) == 0) {
            inner.clearBits(VmcbField.INTERCEPT_MISC2, SVM_INSTRUCTIONS & ~1);
        }
        return inner;
    }

    private static String wrong(VmcbImage outer, VmcbImage inner, VmcbImage merged) {
        boolean valid = VmrunChecks.firstFailing(inner, ControlStructures.LIMITS) == null;
        if (merged == null) {
            return valid ? "a VMCB is refused with which a processor enters" : null;
        }
        if (VmrunChecks.firstFailing(merged, ControlStructures.LIMITS) != null) {
            return "the inner guest is entered with a VMCB that violates "
                    + VmrunChecks.firstFailing(merged, ControlStructures.LIMITS).id();
        }
        for (VmcbField field : INTERCEPTS) {
            long lost = outer.get(field) & ~merged.get(field);
            long lostOfTheInner = inner.get(field) & ~merged.get(field);
            if (lost != 0 || (valid && lostOfTheInner != 0)) {
                return String.format(
                        "%s is %x: bits %x of the %s hypervisor's are lost",
                        field, merged.get(field), lost != 0 ? lost : lostOfTheInner, lost != 0 ? "outer" : "inner");
            }
        }
        for (VmcbField field : OUTER_ALONE) {
            if (outer.get(field) != merged.get(field)) {
                return String.format(
                        "%s is %x, not the outer hypervisor's %x", field, merged.get(field), outer.get(field));
            }
        }
        return given(merged);
    }

    /** What the inner guest would do to the host. */
    private static String given(VmcbImage merged) {
        if ((merged.get(VmcbField.INTERRUPT_CONTROL) & AVIC_ENABLE) != 0) {
            return "the inner guest has an AVIC: it reaches the host's interrupt controller";
        }
        boolean intercepted = (merged.get(VmcbField.INTERCEPT_MISC2) & VMLOAD_AND_VMSAVE) == VMLOAD_AND_VMSAVE;
        boolean virtual = (merged.get(VmcbField.VIRTUAL_EXTENSIONS) & VIRTUAL_VMLOAD_AND_VMSAVE) != 0;
        return intercepted && !virtual
                ? null
                : "VMLOAD and VMSAVE of the inner guest do not exit: they reach memory that is not its own";
    }
}

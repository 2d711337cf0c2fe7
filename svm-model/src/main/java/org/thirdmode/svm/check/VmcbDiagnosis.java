package org.thirdmode.svm.check;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.svm.vmcb.VmcbValues;

/**
 * A VMCB of which perhaps not everything is known, held against every check of VMRUN.
 *
 * @param failing the checks that fail, in the manual's order
 * @param undecided the checks that look at something that is not known
 * @param held how many checks hold
 */
public record VmcbDiagnosis(List<Finding> failing, List<Undecided> undecided, int held) {
    /** A check that fails, what was found, and the smallest change that satisfies it. */
    public record Finding(VmrunCheck check, List<Found> found, Change change) {}

    /** A field that a failing check looks at. */
    public record Found(VmcbField field, long value) {
        /** {@code NAME = value}. */
        public String words() {
            return field + " = " + hex(field, value);
        }
    }

    /**
     * A change of one field.
     *
     * @param breaks the checks that held before it and fail after it
     */
    public record Change(VmcbField field, long from, long to, List<String> breaks) {
        private static final int MOST_BITS_NAMED = 4;

        /** One line: what to set and to clear, or what to write. */
        public String words() {
            List<String> steps = new ArrayList<>();
            if (Long.bitCount(from ^ to) <= MOST_BITS_NAMED) {
                name(steps, "set bit ", to & ~from);
                name(steps, "clear bit ", from & ~to);
            } else {
                steps.add("write " + hex(field, to));
            }
            return field + ": " + String.join(", ", steps) + " (" + hex(field, from) + " -> " + hex(field, to) + ")";
        }

        private static void name(List<String> steps, String verb, long bits) {
            for (int bit = 63; bit >= 0; bit--) {
                if (((bits >>> bit) & 1) != 0) {
                    steps.add(verb + bit);
                }
            }
        }
    }

    /** A check that cannot be decided, and the fields that would have to be known. */
    public record Undecided(VmrunCheck check, List<VmcbField> missing) {}

    public VmcbDiagnosis {
        failing = List.copyOf(failing);
        undecided = List.copyOf(undecided);
    }

    /** A value in as many hexadecimal digits as the field has. */
    public static String hex(VmcbField field, long value) {
        return String.format("0x%0" + (field.bytes * 2) + "x", value);
    }

    /** Holds a VMCB against every check. */
    public static VmcbDiagnosis of(VmcbValues vmcb, CheckLimits limits) {
        List<Finding> failing = new ArrayList<>();
        List<Undecided> undecided = new ArrayList<>();
        int held = 0;
        for (VmrunCheck check : VmrunChecks.rows()) {
            switch (check.verdict(vmcb, limits)) {
                case PASSED -> held++;
                case FAILED ->
                    failing.add(new Finding(
                            check,
                            check.fields().stream()
                                    .map(field -> new Found(field, vmcb.get(field)))
                                    .toList(),
                            change(check, vmcb, limits)));
                case UNDECIDED -> undecided.add(new Undecided(check, check.unknown(vmcb)));
            }
        }
        return new VmcbDiagnosis(failing, undecided, held);
    }

    private static Change change(VmrunCheck check, VmcbValues vmcb, CheckLimits limits) {
        VmcbImage after = check.remedied(vmcb, limits);
        VmcbField field = check.fields().getFirst();
        List<String> breaks = VmrunChecks.rows().stream()
                .filter(other -> other.verdict(vmcb, limits) == VmrunCheck.Verdict.PASSED)
                .filter(other -> other.verdict(after, limits) == VmrunCheck.Verdict.FAILED)
                .map(VmrunCheck::id)
                .toList();
        return new Change(field, vmcb.get(field), after.get(field), breaks);
    }
}

package org.thirdmode.svm.check;

import java.util.List;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.svm.vmcb.VmcbValues;

/**
 * One consistency check of VMRUN.
 *
 * @param id a short name that stays
 * @param title the condition that is illegal, in the manual's words
 * @param section the title of the section that names it
 * @param fields what it looks at, the field that is to be changed first
 * @param bits the bits of the first field that it looks at
 * @param required what a legal VMCB has instead
 * @param condition whether a VMCB is illegal by it
 * @param remedy the smallest change that makes it legal
 */
public record VmrunCheck(
        String id,
        String title,
        String section,
        List<VmcbField> fields,
        long bits,
        String required,
        Condition condition,
        Remedy remedy) {
    /** Whether a VMCB is illegal. */
    @FunctionalInterface
    public interface Condition {
        boolean illegal(VmcbValues vmcb, CheckLimits limits);
    }

    /** Makes an illegal VMCB legal. */
    @FunctionalInterface
    public interface Remedy {
        void apply(VmcbImage vmcb, CheckLimits limits);
    }

    /** What came of it. */
    public enum Verdict {
        PASSED,
        FAILED,
        /** A field that it looks at is not known. */
        UNDECIDED
    }

    public VmrunCheck {
        fields = List.copyOf(fields);
    }

    /** Evaluates it where not every field need be known. */
    public Verdict verdict(VmcbValues vmcb, CheckLimits limits) {
        for (VmcbField field : fields) {
            if (!vmcb.knows(field)) {
                return Verdict.UNDECIDED;
            }
        }
        return condition.illegal(vmcb, limits) ? Verdict.FAILED : Verdict.PASSED;
    }

    /** The fields that are not known, for {@link Verdict#UNDECIDED}. */
    public List<VmcbField> unknown(VmcbValues vmcb) {
        return fields.stream().filter(field -> !vmcb.knows(field)).toList();
    }

    /** The VMCB after the smallest change that this check asks for. */
    public VmcbImage remedied(VmcbValues vmcb, CheckLimits limits) {
        VmcbImage image = new VmcbImage(vmcb);
        remedy.apply(image, limits);
        return image;
    }
}

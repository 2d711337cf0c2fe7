package org.thirdmode.testkit.control;

import java.util.Random;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.testkit.scenario.Trial;
import org.thirdmode.vmx.entry.EntryCheck;
import org.thirdmode.vmx.entry.EntryChecks;
import org.thirdmode.vmx.entry.ValidVmcs;

/** I13: entry checks are complete: what violates one is refused by it, and what violates none is not. */
public final class EntryChecksHeld {
    private EntryChecksHeld() {}

    /** The entry checks of a processor with VMX. */
    @FunctionalInterface
    public interface OfVmcs {
        /** The id of the first check that fails; null where the entry succeeds. */
        String refusedBy(ValidVmcs vmcs);
    }

    /** The entry checks of a processor with SVM. */
    @FunctionalInterface
    public interface OfVmcb {
        /** The id of the first check that fails; null where the entry succeeds. */
        String refusedBy(VmcbImage vmcb);
    }

    /** Those of the model's processors. */
    public static String byTheModel(ValidVmcs vmcs) {
        EntryCheck first = EntryChecks.controlsAndHostState(vmcs.facts());
        first = first != null ? first : EntryChecks.guestState(vmcs.facts());
        return first == null ? null : first.id();
    }

    /** The same for VMCBs. */
    public static String byTheModel(VmcbImage vmcb) {
        VmrunCheck first = VmrunChecks.firstFailing(vmcb, ControlStructures.LIMITS);
        return first == null ? null : first.id();
    }

    /** One VMCS in seven is valid, the others violate one check each. */
    public static Trial vmcs(OfVmcs processor) {
        return seed -> {
            Random random = new Random(seed);
            if (random.nextInt(7) == 0) {
                String check = processor.refusedBy(ControlStructures.validVmcs(random));
                return check == null ? null : "a valid VMCS is refused by " + check;
            }
            InvalidVmcs invalid = ControlStructures.invalidVmcs(random);
            return told(invalid, invalid.check(), processor.refusedBy(invalid.vmcs()));
        };
    }

    /** The same for VMCBs. */
    public static Trial vmcb(OfVmcb processor) {
        return seed -> {
            Random random = new Random(seed);
            if (random.nextInt(7) == 0) {
                String check = processor.refusedBy(ControlStructures.validVmcb(random));
                return check == null ? null : "a valid VMCB is refused by " + check;
            }
            InvalidVmcb invalid = ControlStructures.invalidVmcb(random);
            return told(invalid, invalid.check(), processor.refusedBy(invalid.vmcb()));
        };
    }

    private static String told(Object invalid, String violated, String refusedBy) {
        if (violated.equals(refusedBy)) {
            return null;
        }
        return "I13: " + invalid + (refusedBy == null ? " is entered" : " is refused by " + refusedBy);
    }
}

package org.thirdmode.testkit.bug;

import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.svm.vmcb.VmcbValues;
import org.thirdmode.testkit.control.ControlStructures;
import org.thirdmode.testkit.control.NestedControlsHeld;

/** What a hypervisor whose guest is one took over from its guest's VMCB. */
final class NestedControlBugs {
    private static final long VMLOAD_AND_VMSAVE = 0xc;

    private NestedControlBugs() {}

    /** The guest's interrupt control as it is, with AVIC_ENABLE. */
    static VmcbImage interruptControlTaken(VmcbImage outer, VmcbValues inner) {
        VmcbImage asked = new VmcbImage(inner);
        VmcbImage merged = NestedControlsHeld.inTheLeast(outer, asked);
        if (merged != null) {
            merged.set(VmcbField.INTERRUPT_CONTROL, asked.get(VmcbField.INTERRUPT_CONTROL));
        }
        return merged;
    }

    /** VMLOAD and VMSAVE exit only if either hypervisor asks for it; the outer one has virtualized them for its guest. */
    static VmcbImage vmloadNotIntercepted(VmcbImage outer, VmcbValues inner) {
        VmcbImage asked = new VmcbImage(inner);
        VmcbImage merged = NestedControlsHeld.inTheLeast(outer, asked);
        long both = outer.get(VmcbField.INTERCEPT_MISC2) | asked.get(VmcbField.INTERCEPT_MISC2);
        if (merged != null) {
            merged.clearBits(VmcbField.INTERCEPT_MISC2, VMLOAD_AND_VMSAVE & ~both);
        }
        return merged;
    }

    /** Checked in the guest's memory, and read from there again. */
    static VmcbImage readAfterItsCheck(VmcbImage outer, VmcbValues inner) {
        boolean refused = VmrunChecks.firstFailing(inner, ControlStructures.LIMITS) != null;
        return refused ? null : NestedControlsHeld.merged(outer, new VmcbImage(inner));
    }
}

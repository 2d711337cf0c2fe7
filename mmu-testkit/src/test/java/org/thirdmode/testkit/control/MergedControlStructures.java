package org.thirdmode.testkit.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;

/** I14. */
class MergedControlStructures {
    @Property(tries = 500)
    void theLeastMergeKeepsEveryIntercept(@ForAll long seed) {
        assertNull(NestedControlsHeld.svm(NestedControlsHeld::inTheLeast).run(seed));
    }

    /** VMMCALL, which the outer hypervisor intercepts always. */
    @Property(tries = 50)
    void anInterceptThatIsLostIsNamed(@ForAll long seed) {
        boolean[] merges = new boolean[1];
        String told = NestedControlsHeld.svm((outer, inner) -> {
                    VmcbImage merged = NestedControlsHeld.inTheLeast(outer, inner);
                    if (merged != null) {
                        merges[0] = true;
                        merged.clearBits(VmcbField.INTERCEPT_MISC2, 2);
                    }
                    return merged;
                })
                .run(seed);
        if (merges[0]) {
            assertTrue(
                    told.matches("I14: INTERCEPT_MISC2 is \\p{XDigit}+: bits 2 of the outer hypervisor's are lost"),
                    told);
        } else {
            assertNull(told, "a VMCB that a processor refuses is merged with none");
        }
    }

    @Test
    void theGuestsVmcbIsReadOnce() {
        String told = null;
        for (long seed = 0; told == null && seed < 100; seed++) {
            told = NestedControlsHeld.svm((outer, inner) -> {
                        inner.get(VmcbField.RIP);
                        return NestedControlsHeld.inTheLeast(outer, inner);
                    })
                    .run(seed);
        }
        assertEquals("I14: RIP of the guest's VMCB is read twice, and may be another the second time", told);
    }

    @Test
    void theOuterHypervisorsTablesStay() {
        VmcbImage outer = ControlStructures.validVmcb(new Random(1));
        VmcbImage inner = ControlStructures.validVmcb(new Random(2));
        VmcbImage merged = NestedControlsHeld.inTheLeast(outer, inner);
        assertEquals(outer.get(VmcbField.MSRPM_BASE_PA), merged.get(VmcbField.MSRPM_BASE_PA));
        assertEquals(inner.get(VmcbField.RIP), merged.get(VmcbField.RIP));
        assertEquals(
                outer.get(VmcbField.INTERCEPT_EXCEPTIONS) | inner.get(VmcbField.INTERCEPT_EXCEPTIONS),
                merged.get(VmcbField.INTERCEPT_EXCEPTIONS));
    }
}

package org.thirdmode.testkit.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.vmx.entry.EntryChecks;
import org.thirdmode.vmx.entry.ValidVmcs;

/** The generators do what they promise, and I13 holds of the model's processors. */
@Tag("property")
class EntriesOfControlStructures {
    @Provide
    Arbitrary<ValidVmcs> validVmcs() {
        return ControlStructures.validVmcs();
    }

    @Provide
    Arbitrary<InvalidVmcs> invalidVmcs() {
        return ControlStructures.invalidVmcs();
    }

    @Provide
    Arbitrary<VmcbImage> validVmcbs() {
        return ControlStructures.validVmcbs();
    }

    @Provide
    Arbitrary<InvalidVmcb> invalidVmcbs() {
        return ControlStructures.invalidVmcbs();
    }

    @Property(tries = 200)
    void aValidVmcsIsEntered(@ForAll("validVmcs") ValidVmcs vmcs) {
        assertNull(EntryChecksHeld.byTheModel(vmcs));
    }

    @Property(tries = 1000)
    void anInvalidVmcsIsRefusedByItsCheck(@ForAll("invalidVmcs") InvalidVmcs invalid) {
        assertEquals(invalid.check(), EntryChecksHeld.byTheModel(invalid.vmcs()));
    }

    @Property(tries = 200)
    void aValidVmcbIsEntered(@ForAll("validVmcbs") VmcbImage vmcb) {
        assertNull(EntryChecksHeld.byTheModel(vmcb));
    }

    @Property(tries = 500)
    void anInvalidVmcbIsRefusedByItsCheck(@ForAll("invalidVmcbs") InvalidVmcb invalid) {
        assertEquals(invalid.check(), EntryChecksHeld.byTheModel(invalid.vmcb()));
    }

    @Test
    void nearlyEveryCheckIsViolated() {
        assertTrue(ControlStructures.vmcsChecks().size() > EntryChecks.ALL.size() - 20);
        assertEquals(
                VmrunChecks.rows().size() - 2, ControlStructures.vmcbChecks().size());
        Set<String> seen = new HashSet<>();
        Random random = new Random(1);
        for (int n = 0; n < 400; n++) {
            seen.add(ControlStructures.invalidVmcb(random).check());
        }
        assertEquals(Set.copyOf(ControlStructures.vmcbChecks()), seen);
    }
}

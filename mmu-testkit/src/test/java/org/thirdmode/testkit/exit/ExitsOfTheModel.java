package org.thirdmode.testkit.exit;

import static org.junit.jupiter.api.Assertions.assertNull;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** I15 holds of the model's processors. */
@Tag("property")
class ExitsOfTheModel {
    @Property(tries = 2000)
    void anEptExitTellsWhatTheManualSays(@ForAll long seed) {
        assertNull(ExitInformation.ept(ExitInformation.MODEL).run(seed));
    }

    @Property(tries = 2000)
    void aNestedPageFaultTellsWhatTheManualSays(@ForAll long seed) {
        assertNull(ExitInformation.npt(ExitInformation.MODEL).run(seed));
    }
}

package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.Peek;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/** A tool that looks on finds what the walk finds, and nobody notices it. */
class PeekingThroughBothDimensions {
    @Property(tries = 400)
    void leadsWhereTheWalkLeadsAndLeavesNoMark(@ForAll long seed) {
        RandomDimensions machine = new RandomDimensions(seed, true);
        Peek peek = new Peek(machine.state, machine.memory);
        Random random = new Random(~seed);
        Translation translation = new Translation();
        for (int n = 0; n < 20; n++) {
            long linear = machine.linear(random);
            long before = machine.fingerprint();
            long references = machine.walker.counters.allNestedReferences();
            long peeked = peek.physical(linear, machine.walker.secondStage());
            assertEquals(before, machine.fingerprint());
            assertEquals(references, machine.walker.counters.allNestedReferences());
            try {
                machine.walker.walk(linear, Access.READ, translation);
                assertEquals(translation.physical, peeked, machine::toString);
            } catch (GuestFault | GuestExit refused) {
                // It knows nothing of rights.
            }
        }
    }
}

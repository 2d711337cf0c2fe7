package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code thirdmode walk}. */
class Walks {
    /** After a write to {@code hello64}'s page table, which the guest reaches at its own address. */
    private static final String AT = "1953466";

    private static CommandLineCase walk(String arguments) {
        return CommandLineCase.of(new BareMachine(), ("walk hello64 " + arguments).split(" "));
    }

    private static JsonNode json(String arguments) throws Exception {
        CommandLineCase walk = walk(arguments + " --json");
        return new ObjectMapper().readTree(walk.out());
    }

    @ParameterizedTest
    @CsvSource({"vmx,24", "svm,24"})
    void fourLevelsThroughFourLevelsAreTwentyFourReferences(String virt, int references) throws Exception {
        JsonNode walk = json("--at " + AT + " --address 0x40003124 --mmu nested --virt " + virt);
        assertEquals(1, walk.get("stages").size());
        assertEquals(references, walk.get("stages").get(0).get("references").size());
    }

    @Test
    void theGuestsTablesAreTheSameOnTheBareMachineAndUnderShadowTables() throws Exception {
        JsonNode bare = json("--at " + AT + " --address 0x40003124").get("stages");
        JsonNode shadow =
                json("--at " + AT + " --address 0x40003124 --mmu cached").get("stages");
        assertEquals(1, bare.size());
        assertEquals(2, shadow.size());
        assertEquals(bare.get(0).get("references"), shadow.get(0).get("references"));
        assertEquals(bare.get(0).get("end"), shadow.get(0).get("end"));
    }

    @Test
    void anAddressThatTheGuestHasNotMappedFailsAtTheEntryThatIsNotPresent() {
        CommandLineCase walk = walk("--at " + AT + " --address 0x40004000 --mmu cached --write");
        assertEquals(1, walk.status(), walk.err());
        assertTrue(walk.out().contains("\n-> page table "), walk.out());
        assertTrue(walk.out().contains("page fault, error code 2H [W_R]"), walk.out());
    }

    @Test
    void aUsersAccessToASupervisorsPageIsAPageFaultOfBothBits() {
        CommandLineCase walk = walk("--at " + AT + " --address 0x40003124 --user");
        assertEquals(1, walk.status(), walk.err());
        assertTrue(walk.out().contains("error code 5H"), walk.out());
    }

    @Test
    void aMomentAfterTheGuestsEndIsRefused() {
        CommandLineCase walk = walk("--at 1000M --address 0");
        assertEquals(2, walk.status());
        assertTrue(walk.err().contains("--at 1000000000: the guest ends after "), walk.err());
    }

    @Test
    void anAddressThatIsNoneIsRefused() {
        CommandLineCase walk = walk("--at 5 --address here");
        assertEquals(2, walk.status());
        assertTrue(walk.err().contains("--address: 'here' is not a 64-bit number"), walk.err());
    }
}

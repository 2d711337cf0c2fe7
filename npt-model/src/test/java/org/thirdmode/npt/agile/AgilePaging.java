package org.thirdmode.npt.agile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.thirdmode.npt.agile.AgileTables.A;
import static org.thirdmode.npt.agile.AgileTables.ALL;
import static org.thirdmode.npt.agile.AgileTables.D;
import static org.thirdmode.npt.agile.AgileTables.G;
import static org.thirdmode.npt.agile.AgileTables.HOST;
import static org.thirdmode.npt.agile.AgileTables.LINEAR;
import static org.thirdmode.npt.agile.AgileTables.OFFSET;
import static org.thirdmode.npt.agile.AgileTables.P;
import static org.thirdmode.npt.agile.AgileTables.PAGE;
import static org.thirdmode.npt.agile.AgileTables.RW;
import static org.thirdmode.npt.agile.AgileTables.SECRET;
import static org.thirdmode.npt.agile.AgileTables.SWITCH;
import static org.thirdmode.npt.agile.AgileTables.US;
import static org.thirdmode.npt.agile.AgileTables.XD;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.npt.ept.EptExit;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/** Gandhi, Hill, Swift, "Agile Paging", ISCA 2016, section III; and what a guest must not be able to do to it. */
class AgilePaging {
    private static final int RESERVED_AND_PRESENT = 1 | 1 << 3;
    private static final int READ = Access.READ;

    private static final long EPT_W = 2;
    private static final long EPT_A = 1 << 8;
    private static final long EPT_D = 1 << 9;

    /** Table II: the last column is nested paging. */
    @ParameterizedTest
    @CsvSource({"0, 4", "1, 8", "2, 12", "3, 16", "4, 20", "5, 24"})
    void aMissReadsFourEntriesMoreForEachLevelInNestedMode(int nested, int references) {
        AgileTables m = new AgileTables(nested, false);
        m.record();
        assertEquals(PAGE + OFFSET + 0x123, m.mmu.translate(LINEAR + 0x123, READ));
        assertEquals(references, m.references.size(), m.references::toString);
    }

    @Test
    void theWalkGoesOverWhereTheSwitchingBitIs() {
        AgileTables m = new AgileTables(2, false);
        m.record();
        m.mmu.translate(LINEAR, READ);
        assertEquals(
                List.of(
                        "sL4",
                        "sL3",
                        "gL2",
                        "nL4 for gL1",
                        "nL3 for gL1",
                        "nL2 for gL1",
                        "nL1 for gL1",
                        "gL1",
                        "nL4 for gPA",
                        "nL3 for gPA",
                        "nL2 for gPA",
                        "nL1 for gPA"),
                m.references);
    }

    /** From the counters the degree of nesting of each walk can be told: the last of the guest's levels whose address EPT gave. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void theCountersTellTheDegreeOfNesting(int nested) {
        AgileTables m = new AgileTables(nested, false);
        m.mmu.translate(LINEAR, READ);
        for (int guestLevel = 0; guestLevel <= 4; guestLevel++) {
            assertEquals(guestLevel < nested ? 1 : 0, m.walker.counters.nestedReferences(guestLevel, 4));
        }
    }

    // ---- a hostile guest ----

    @ParameterizedTest
    @CsvSource({
        "1, false",
        "2, false",
        "3, false",
        "4, false",
        "5, false",
        "1, true",
        "2, true",
        "3, true",
        "4, true",
        "5, true"
    })
    void noEntryOfTheGuestsReachesHostMemory(int nested, boolean detailed) {
        for (int level = 1; level <= Math.min(nested, 4); level++) {
            for (long mark : new long[] {HOST, SWITCH, HOST | SWITCH}) {
                AgileTables m = new AgileTables(nested, detailed);
                m.guestEntry(level, SECRET | mark | ALL | A | D);
                for (int again = 0; again < 3; again++) {
                    GuestFault fault = assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, READ));
                    assertEquals(RESERVED_AND_PRESENT, fault.errorCode);
                    assertTrue(m.walker.inGuestTables());
                }
            }
        }
    }

    /** A guest's large page is a final page too. */
    @Test
    void noLargePageOfTheGuestsReachesHostMemory() {
        AgileTables m = new AgileTables(2, false);
        m.guestEntry(2, HOST | ALL | 1 << 7);
        assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, READ));
        m.guestEntry(2, ALL | 1 << 7);
        m.mmu.flushAll();
        // Guest-physical address 0 and what follows are in no entry of EPT.
        assertThrows(GuestExit.class, () -> m.mmu.translate(LINEAR, READ));
    }

    /** What the marks are in a guest with PAE paging: reserved, in the registers too. */
    @Test
    void noPdpteReachesHostMemory() {
        AgileTables m = new AgileTables(5, false);
        m.state.efer = Efer.NXE;
        m.state.cr3 = m.guest[4];
        for (long mark : new long[] {HOST, SWITCH}) {
            m.memory.write(OFFSET + m.guest[4], 8, SECRET | mark | P);
            assertFalse(m.walker.loadPdptes(m.guest[4]));
        }
    }

    @Test
    void withoutTheMarksNothingIsReservedThatWasNot() {
        AgileTables m = new AgileTables(5, false);
        assertEquals(HOST | SWITCH, m.walker.beyondGuest());
        m.walker.secondStage(m.ept);
        assertEquals(0, m.walker.beyondGuest());
        assertFalse(m.walker.inGuestTables());
    }

    // ---- rights and flags ----

    /** The switching entry has the rights that the guest's entries above leave. */
    @Test
    void rightsAreThoseOfTheSwitchingEntryAndOfTheGuestsTogether() {
        for (int nested = 1; nested <= 3; nested++) {
            AgileTables m = new AgileTables(nested, false);
            long entry = m.shadowEntry(nested + 1);
            m.shadowEntry(nested + 1, entry & ~RW);
            assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, Access.WRITE));
            m.mmu.translate(LINEAR, READ | Access.USER);
            m.mmu.flushAll();
            m.shadowEntry(nested + 1, entry & ~US);
            assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, READ | Access.USER));
            m.mmu.translate(LINEAR, Access.WRITE);
            m.mmu.flushAll();
            m.shadowEntry(nested + 1, entry | XD);
            assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, Access.FETCH));
            m.shadowEntry(nested + 1, entry);
            m.guestEntry(1, PAGE | P | US);
            m.mmu.flushAll();
            assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, Access.WRITE));
        }
    }

    @Test
    void flagsBelowTheSwitchAreSetInTheGuestsTables() {
        AgileTables m = new AgileTables(2, false);
        m.mmu.translate(LINEAR, READ);
        assertEquals(A, m.guestEntry(2) & (A | D));
        assertEquals(A, m.guestEntry(1) & (A | D));
        m.mmu.translate(LINEAR, Access.WRITE);
        assertEquals(A | D, m.guestEntry(1) & (A | D));
        assertEquals(0, m.guestEntry(3) & (A | D), "above it they are the hypervisor's to set");
    }

    @Test
    void aPageFaultIsTheGuestsBelowTheSwitchAlone() {
        AgileTables m = new AgileTables(1, false);
        m.guestEntry(1, 0);
        assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, READ));
        assertTrue(m.walker.inGuestTables());
        m.shadowEntry(2, 0);
        m.mmu.flushAll();
        assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, READ));
        assertFalse(m.walker.inGuestTables());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGlobalPageOfTheGuestsOutlivesALoadOfCr3(boolean detailed) {
        for (boolean global : new boolean[] {true, false}) {
            AgileTables m = new AgileTables(1, detailed);
            m.guestEntry(1, PAGE | ALL | A | D | (global ? G : 0));
            m.mmu.translate(LINEAR, READ);
            m.guestEntry(1, 0);
            m.mmu.loadedCr3(false);
            if (global) {
                assertEquals(PAGE + OFFSET, m.mmu.translate(LINEAR, READ));
            } else {
                assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, READ));
            }
        }
    }

    // ---- EPT ----

    /** Otherwise than with EPT alone: so the Dirty flag tells whether the guest has changed a table. */
    @Test
    void toReadATableIsNoWriteForEptAndToSetAFlagInOneIs() {
        AgileTables m = new AgileTables(2, false);
        m.guestEntry(1, PAGE | ALL | A | D);
        m.mmu.translate(LINEAR, READ);
        assertEquals(EPT_A, m.memory.read(m.eptLeaf(m.guest[1]), 8) & (EPT_A | EPT_D));
        m.guestEntry(1, PAGE | ALL);
        m.mmu.flushAll();
        m.mmu.translate(LINEAR, READ);
        assertEquals(EPT_A | EPT_D, m.memory.read(m.eptLeaf(m.guest[1]), 8) & (EPT_A | EPT_D));
    }

    @Test
    void aTableThatEptForbidsToWriteExitsAsATableWhenAFlagIsSet() {
        AgileTables m = new AgileTables(2, false);
        long leaf = m.eptLeaf(m.guest[1]);
        m.memory.write(leaf, 8, m.memory.read(leaf, 8) & ~EPT_W);
        assertThrows(GuestExit.class, () -> m.mmu.translate(LINEAR, READ));
        assertEquals(
                EptExit.LINEAR_VALID | EptExit.DATA_WRITE,
                m.ept.exit.qualification & (EptExit.LINEAR_VALID | EptExit.FINAL_ACCESS | EptExit.DATA_WRITE));
        assertEquals(m.guest[1], m.ept.exit.guestPhysical & -4096L);
    }

    @Test
    void toolsThatLookOnSeeWhatTheMarksSay() {
        AgileTables m = new AgileTables(2, false);
        SecondStage stage = new AgileSecondStage(m.ept, m.memory);
        assertEquals(SECRET, stage.peek(SECRET | HOST));
        assertEquals(PAGE + OFFSET, stage.peek((PAGE + OFFSET) | SWITCH));
        assertEquals(PAGE + OFFSET, stage.peek(PAGE));
        assertEquals(-1, stage.peek(0));
    }

    @Test
    void aGuestWithFewerAddressBitsThanPse36ReachesIsRefused() {
        AgileTables m = new AgileTables(0, false);
        PhysicalMemory narrow = new PhysicalMemory(41);
        assertThrows(IllegalArgumentException.class, () -> new AgileSecondStage(m.ept, narrow));
    }

    @Test
    void aFinalAddressOfTheShadowIsNotTranslatedAgain() {
        AgileTables m = new AgileTables(0, false);
        Translation translation = new Translation();
        m.walker.walk(LINEAR, READ, translation);
        assertEquals(PAGE + OFFSET, translation.physical);
        assertEquals(0, m.walker.counters.allNestedReferences());
    }
}

package org.thirdmode.npt.ept;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.thirdmode.npt.TwoDimensions.D;
import static org.thirdmode.npt.TwoDimensions.EPT_D;
import static org.thirdmode.npt.TwoDimensions.OFFSET;
import static org.thirdmode.npt.TwoDimensions.P;
import static org.thirdmode.npt.TwoDimensions.R;
import static org.thirdmode.npt.TwoDimensions.RW;
import static org.thirdmode.npt.TwoDimensions.US;
import static org.thirdmode.npt.TwoDimensions.W;
import static org.thirdmode.npt.TwoDimensions.WB;
import static org.thirdmode.npt.TwoDimensions.X;
import static org.thirdmode.npt.TwoDimensions.XD;
import static org.thirdmode.npt.TwoDimensions.XU;

import org.junit.jupiter.api.Test;
import org.thirdmode.npt.TwoDimensions;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/** SDM 3C "EPT Violations" and the table "Exit Qualification for EPT Violations". */
class EptViolations {
    private static final long LINEAR = 0x40_1000;
    private static final long GUEST = 0x60_0000;
    private static final long HOST = GUEST + OFFSET;

    /** Linear address valid; the final access. */
    private static final int FINAL = 1 << 7 | 1 << 8;

    /** Linear address valid; a paging-structure entry. */
    private static final int TABLE = 1 << 7;

    private TwoDimensions m = TwoDimensions.eptWithout(EptCapability.ADVANCED_EXIT_INFORMATION);

    private void page(long eptRights) {
        m.map(LINEAR, GUEST | P | RW | US | D);
        m.setNestedEntry(GUEST, 1, HOST | eptRights | WB);
    }

    private void assertViolation(int qualification, int access) {
        assertViolation(qualification, LINEAR + 0x123, GUEST + 0x123, access);
    }

    private void assertViolation(int qualification, long linear, long guestPhysical, int access) {
        assertThrows(GuestExit.class, () -> m.mmu.translate(linear, access));
        assertFalse(m.ept.exit.misconfiguration);
        assertEquals(Integer.toHexString(qualification), Integer.toHexString(m.ept.exit.qualification));
        assertEquals(guestPhysical, m.ept.exit.guestPhysical);
        assertEquals(linear, m.ept.exit.linear);
    }

    @Test
    void anEntryThatIsNotPresentReportsNoRights() {
        page(0);
        assertViolation(1 | FINAL, Access.READ);
        assertViolation(1 << 1 | FINAL, Access.WRITE);
        assertViolation(1 << 2 | FINAL, Access.FETCH);
    }

    @Test
    void aWriteThroughAReadOnlyEntryReportsQualificationBit1() {
        page(R);
        assertFalse(m.exits(LINEAR, Access.READ));
        assertViolation(1 << 1 | 1 << 3 | FINAL, Access.WRITE);
        assertViolation(1 << 2 | 1 << 3 | FINAL, Access.FETCH);
    }

    @Test
    void supervisorWritesWithoutWriteProtectionAreWrites() {
        page(R | X);
        m.state.cr0 &= ~Cr0.WP;
        m.mmu.rightsChanged();
        assertFalse(m.exits(LINEAR, Access.READ));
        assertViolation(1 << 1 | 1 << 3 | 1 << 5 | FINAL, Access.WRITE);
    }

    @Test
    void anExecuteOnlyPageMayBeFetchedButNotRead() {
        page(X);
        assertFalse(m.exits(LINEAR, Access.FETCH));
        assertViolation(1 | 1 << 5 | FINAL, Access.READ);
        assertViolation(1 << 1 | 1 << 5 | FINAL, Access.WRITE);
    }

    @Test
    void rightsAreThoseOfAllEntriesTogether() {
        page(R | W | X);
        m.setNestedEntry(GUEST, 2, m.nestedEntry(GUEST, 2) & ~W);
        m.setNestedEntry(GUEST, 3, m.nestedEntry(GUEST, 3) & ~X);
        // Of the guest's tables too: they are read here, whose pages lie under the same entries.
        m.map(LINEAR, GUEST | P | RW | US | D | TwoDimensions.A);
        assertViolation(1 << 1 | 1 << 3 | FINAL, Access.WRITE);
    }

    @Test
    void aTableWithoutReadAccessIsReportedAsARead() {
        page(R | W | X);
        long entry = m.guestEntryAddress(LINEAR, 1, 1);
        m.setNestedEntry(entry, 1, 0);
        assertViolation(1 | TABLE, LINEAR, entry, Access.WRITE);
        assertViolation(1 | TABLE, LINEAR, entry, Access.FETCH);
    }

    @Test
    void settingAFlagInAReadOnlyTableIsReportedAsReadAndWrite() {
        page(R | W | X);
        long entry = m.guestEntryAddress(LINEAR, 1, 1);
        m.setNestedEntry(entry, 1, m.nestedEntry(entry, 1) & ~(W | X));
        assertViolation(1 | 1 << 1 | 1 << 3 | TABLE, LINEAR, entry, Access.READ);
    }

    @Test
    void withFlagsForEptEachReadOfATableIsReportedAsReadAndWrite() {
        page(R | W | X);
        m.withEptFlags();
        long entry = m.guestEntryAddress(LINEAR, 1, 1);
        m.setNestedEntry(entry, 1, m.nestedEntry(entry, 1) & ~W);
        m.map(LINEAR, GUEST | P | RW | US | D | TwoDimensions.A);
        assertViolation(1 | 1 << 1 | 1 << 3 | 1 << 5 | TABLE, LINEAR, entry, Access.READ);
        m.setNestedEntry(entry, 1, 0);
        assertViolation(1 | 1 << 1 | TABLE, LINEAR, entry, Access.READ);
    }

    @Test
    void theGuestsPageFaultComesFirst() {
        page(0);
        m.setGuestEntry(LINEAR, GUEST | P | RW | TwoDimensions.A);
        assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, Access.READ | Access.USER));
        assertViolation(1 | FINAL, Access.READ);
    }

    @Test
    void loadingThePdpteRegistersHasNoLinearAddressAndIsARead() {
        m.withEptFlags();
        m.state.efer &= ~(Efer.LME | Efer.LMA);
        long table = 0x70_0020;
        assertThrows(GuestExit.class, () -> m.walker.loadPdptes(table));
        assertEquals(1, m.ept.exit.qualification);
        assertFalse(m.ept.exit.linearValid());
        assertEquals(table, m.ept.exit.guestPhysical);

        m.nestedMap(table, 1);
        assertTrue(m.walker.loadPdptes(table));
        assertEquals(0, m.nestedEntry(table, 1) & EPT_D, "dirty");
    }

    @Test
    void aGuestPhysicalAddressAboveWhatTheTablesTranslateIsAViolation() {
        m = TwoDimensions.ept(4, 4);
        m.state.cr0 &= ~Cr0.PG;
        m.ept.configure(m.eptp(), false);
        assertThrows(
                GuestExit.class,
                () -> m.ept.translate(
                        1L << 48, org.thirdmode.x86.paging.SecondStage.Reason.TABLE_READ, 0, Access.READ, null));
        assertEquals(1 | TABLE, m.ept.exit.qualification);
        assertEquals(1L << 48, m.ept.exit.guestPhysical);
    }

    @Test
    void advancedInformationTellsAboutTheLinearAddress() {
        m = TwoDimensions.ept(4, 4);
        page(0);
        assertViolation(1 | FINAL | 1 << 9 | 1 << 10, Access.READ);
        m.setGuestEntry(LINEAR, GUEST | P | US | XD | TwoDimensions.A);
        assertViolation(1 | FINAL | 1 << 9 | 1 << 11, Access.READ);
        m.setGuestEntry(LINEAR, GUEST | P | TwoDimensions.A);
        assertViolation(1 | FINAL, Access.READ);
        // "If CR0.PG = 0, the translation of every linear address is a user-mode linear address", read/write and
        // executable.
        m.state.cr0 &= ~Cr0.PG;
        m.mmu.flushAll();
        assertViolation(1 | FINAL | 1 << 9 | 1 << 10, GUEST, GUEST, Access.READ);
    }

    @Test
    void modeBasedExecuteControlTellsUserAndSupervisorAddressesApart() {
        page(R | X);
        m.withModeBasedExecute();
        for (int level = 2; level <= 4; level++) {
            m.setNestedEntry(GUEST, level, m.nestedEntry(GUEST, level) | XU);
        }
        assertViolation(1 << 2 | 1 << 3 | 1 << 5 | FINAL, Access.FETCH);
        m.setNestedEntry(GUEST, 1, HOST | R | XU | WB);
        assertFalse(m.exits(LINEAR, Access.FETCH));
        m.map(LINEAR, GUEST | P | RW | TwoDimensions.A);
        m.setNestedEntry(GUEST, 1, HOST | R | XU | WB);
        m.mmu.flushAll();
        assertViolation(1 << 2 | 1 << 3 | 1 << 6 | FINAL, Access.FETCH);
    }

    @Test
    void bit63OfTheEntryThatEndsTheWalkSuppressesVirtualizationExceptions() {
        page(0);
        m.exits(LINEAR, Access.READ);
        assertTrue(m.ept.exit.convertible());
        m.setNestedEntry(GUEST, 1, 1L << 63);
        m.exits(LINEAR, Access.READ);
        assertFalse(m.ept.exit.convertible());
        assertEquals(1, m.ept.exit.level);
    }

    @Test
    void pagingOffGoesThroughEptToo() {
        m.state.cr0 &= ~Cr0.PG;
        m.state.cr4 &= ~Cr4.PAE;
        m.mmu.flushAll();
        m.nestedMap(GUEST, 1);
        assertEquals(HOST | 5, m.physical(GUEST | 5, Access.WRITE));
        m.setNestedEntry(GUEST, 1, 0);
        m.mmu.flushAll();
        assertViolation(1 << 1 | FINAL, GUEST, GUEST, Access.WRITE);
    }
}

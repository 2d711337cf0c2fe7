package org.thirdmode.npt.nested;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.thirdmode.npt.TwoDimensions.A;
import static org.thirdmode.npt.TwoDimensions.D;
import static org.thirdmode.npt.TwoDimensions.OFFSET;
import static org.thirdmode.npt.TwoDimensions.P;
import static org.thirdmode.npt.TwoDimensions.PS;
import static org.thirdmode.npt.TwoDimensions.RW;
import static org.thirdmode.npt.TwoDimensions.US;
import static org.thirdmode.npt.TwoDimensions.XD;

import org.junit.jupiter.api.Test;
import org.thirdmode.npt.TwoDimensions;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/** APM 2 "Nested versus Guest Page Faults, Fault Ordering"; figures as in the svm_npt suite of kvm-unit-tests. */
class NestedPageFaults {
    private static final long LINEAR = 0x40_1000;
    private static final long GUEST = 0x60_0000;
    private static final long HOST = GUEST + OFFSET;

    private final TwoDimensions m = TwoDimensions.npt(4, 4);

    private void page(long nestedEntry) {
        m.map(LINEAR, GUEST | P | RW | US);
        m.setNestedEntry(GUEST, 1, nestedEntry);
    }

    private void assertFault(long exitInfo1, int access) {
        assertFault(exitInfo1, GUEST + 0x18, LINEAR + 0x18, access);
    }

    private void assertFault(long exitInfo1, long guestPhysical, long linear, int access) {
        assertThrows(GuestExit.class, () -> m.mmu.translate(linear, access));
        assertEquals(Long.toHexString(exitInfo1), Long.toHexString(m.npt.fault.exitInfo1));
        assertEquals(guestPhysical, m.npt.fault.exitInfo2);
    }

    @Test
    void aReadOfAPageThatIsNotPresentReports100000004() {
        page(HOST | RW | US);
        assertFault(0x1_0000_0004L, Access.READ);
    }

    @Test
    void aFetchFromAnNxPageReports100000015() {
        page(HOST | P | RW | US | XD);
        assertFault(0x1_0000_0015L, Access.FETCH);
        assertFalse(m.exits(LINEAR, Access.READ));
    }

    @Test
    void aSupervisorPageReports100000005() {
        page(HOST | P | RW);
        assertFault(0x1_0000_0005L, Access.READ);
    }

    @Test
    void aWriteToAReadOnlyPageReports100000007() {
        page(HOST | P | US);
        assertFalse(m.exits(LINEAR, Access.READ));
        assertFault(0x1_0000_0007L, Access.WRITE);
    }

    @Test
    void aGuestTableInAReadOnlyPageReports200000007() {
        m.map(LINEAR, GUEST | P | RW | US | A | D);
        long entry = m.guestEntryAddress(LINEAR, 4, 1);
        m.setNestedEntry(entry, 1, m.nestedEntry(entry, 1) & ~RW);
        assertFault(0x2_0000_0007L, entry, LINEAR, Access.READ);
        assertFault(0x2_0000_0007L, entry, LINEAR, Access.FETCH);
    }

    @Test
    void aReservedBitReportsPresentAndReserved() {
        page(HOST | P | RW | US | 1L << 51);
        assertFault(0x1_0000_000dL, Access.READ);
        assertFault(0x1_0000_001dL, Access.FETCH);
    }

    @Test
    void withoutNxeAndSmepAFetchIsNotToldApartAndNxIsReserved() {
        page(HOST | P | RW | US | XD);
        m.npt.configure(m.nestedRoot(), Cr4.PAE, Efer.LMA);
        assertFault(0x1_0000_000dL, Access.FETCH);
        m.npt.configure(m.nestedRoot(), Cr4.PAE | Cr4.SMEP, Efer.LMA);
        assertFault(0x1_0000_001dL, Access.FETCH);
    }

    @Test
    void bit8OfAPml4eIsReserved() {
        page(HOST | P | RW | US);
        m.setNestedEntry(0, 4, m.nestedEntry(0, 4) | 1 << 8);
        assertFault(0x2_0000_000fL, m.guestEntryAddress(LINEAR, 4, 1), LINEAR, Access.READ);
    }

    @Test
    void theGuestsPageFaultComesFirst() {
        page(0);
        m.setGuestEntry(LINEAR, GUEST | P | RW | A);
        assertThrows(GuestFault.class, () -> m.mmu.translate(LINEAR, Access.READ | Access.USER));
    }

    @Test
    void tableReadsSetTheNestedDirtyFlagAndReadsDoNot() {
        m.map(LINEAR, GUEST | P | RW | US | A | D);
        m.setNestedEntry(GUEST, 1, HOST | P | RW | US);
        long entry = m.guestEntryAddress(LINEAR, 1, 1);
        m.setNestedEntry(entry, 1, m.nestedEntry(entry, 1) & ~(A | D));
        m.physical(LINEAR, Access.READ);
        assertEquals(A | D, m.nestedEntry(entry, 1) & (A | D));
        assertEquals(A, m.nestedEntry(GUEST, 1) & (A | D));
        m.mmu.write(LINEAR, 8, 1);
        assertEquals(A | D, m.nestedEntry(GUEST, 1) & (A | D));
    }

    @Test
    void aHostOf32BitPagingTranslatesGuestsOfAnyMode() {
        m.map(LINEAR, GUEST | P | RW | US);
        long directory = m.newNestedTable();
        for (int i = 0; i < 16; i++) {
            long page = OFFSET + ((long) i << 22);
            m.memory.write(directory + (4L * i), 4, page | P | RW | US | PS);
        }
        m.npt.configure(directory, Cr4.PSE, 0);
        assertEquals(HOST + 0x18, m.physical(LINEAR + 0x18, Access.WRITE));
        m.map(LINEAR, 1L << 32 | P | RW | US);
        m.mmu.flushAll();
        assertFault(0x1_0000_0006L, 1L << 32, LINEAR, Access.WRITE);
    }

    @Test
    void aHostOfPaePagingReadsItsPdptesInEachWalk() {
        m.map(LINEAR, GUEST | P | RW | US);
        long pdpt = m.newNestedTable() + 0x20;
        long directory = m.newNestedTable();
        m.memory.write(pdpt, 8, directory | P);
        for (int i = 0; i < 32; i++) {
            m.memory.write(directory + (8L * i), 8, OFFSET + ((long) i << 21) | P | RW | US | PS);
        }
        m.npt.configure(pdpt, Cr4.PAE, 0);
        assertEquals(HOST + 0x18, m.physical(LINEAR + 0x18, Access.WRITE));
        m.memory.write(pdpt, 8, 0);
        m.mmu.addressSpaces.flushEveryAsid();
        assertFault(0x2_0000_0006L, m.guestEntryAddress(LINEAR, 4, 1), LINEAR, Access.READ);
    }
}

package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.thirdmode.x86.paging.Access.FETCH;
import static org.thirdmode.x86.paging.Access.READ;
import static org.thirdmode.x86.paging.Access.USER;
import static org.thirdmode.x86.paging.Access.WRITE;
import static org.thirdmode.x86.paging.PagedMachine.NONE;
import static org.thirdmode.x86.paging.PagedMachine.P;
import static org.thirdmode.x86.paging.PagedMachine.PS;
import static org.thirdmode.x86.paging.PagedMachine.RW;
import static org.thirdmode.x86.paging.PagedMachine.US;
import static org.thirdmode.x86.paging.PagedMachine.XD;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/** SDM 3A "Page-Fault Exceptions", and the reserved bits of the tables "Format of a ... Entry". */
class PageFaultExceptions {
    private static final int RSVD = 0b1001;
    private static final long PAGE = 0x3000_1000L;
    private final PagedMachine m = PagedMachine.fourLevel();

    @Test
    void pIsClearWhereAnEntryOnTheWayIsNotPresent() {
        m.map(PAGE, 1, 0x5000 | P | RW | US);
        for (int level = 1; level <= 4; level++) {
            long entry = m.entry(PAGE, level);
            long address = m.entryAddress(PAGE, level);
            m.memory.write(address, 8, entry & ~P);
            assertEquals(0, m.fault(PAGE, READ));
            assertEquals(0b00110, m.fault(PAGE, USER | WRITE));
            assertEquals(0b10000, m.fault(PAGE, FETCH));
            m.memory.write(address, 8, entry);
        }
    }

    @Test
    void theFaultingLinearAddressIsReportedToTheByte() {
        m.fault(PAGE + 0x123, READ);
        assertEquals(PAGE + 0x123, m.fault.linearAddress);
    }

    @Test
    void reservedBitsAreNotCheckedInAnEntryThatIsNotPresent() {
        m.map(PAGE, 1, 1L << 45);
        assertEquals(0, m.fault(PAGE, READ));
    }

    @Test
    void anAddressBitOfMaxphyaddrAndAboveIsReserved() {
        for (int level = 1; level <= 4; level++) {
            PagedMachine machine = PagedMachine.fourLevel();
            machine.map(PAGE, 1, 0x5000 | P | RW | US);
            machine.setEntry(PAGE, level, machine.entry(PAGE, level) | (1L << 40));
            assertEquals(RSVD, machine.fault(PAGE, READ), "level " + level);
            machine.setEntry(PAGE, level, (machine.entry(PAGE, level) & ~(1L << 40)) | (1L << 51));
            assertEquals(RSVD | 2, machine.fault(PAGE, WRITE), "level " + level);
            machine.setEntry(PAGE, level, (machine.entry(PAGE, level) & ~(1L << 51)) | (1L << 52));
            assertEquals(NONE, machine.fault(PAGE, READ), "level " + level + ": bit 52 is ignored");
        }
    }

    @Test
    void reservedBitsAreReportedBeforeAccessRights() {
        m.map(PAGE, 1, 0x5000 | P | (1L << 45));
        assertEquals(RSVD | 0b110, m.fault(PAGE, USER | WRITE));
    }

    @Test
    void anEntryThatIsNotPresentIsReportedBeforeTheRightsOfThoseAbove() {
        m.map(PAGE, 1, 0);
        m.setEntry(PAGE, 2, m.entry(PAGE, 2) & ~(US | RW));
        assertEquals(0b110, m.fault(PAGE, USER | WRITE));
    }

    @Test
    void xdIsReservedWhereNXEIsClear() {
        m.map(PAGE, 1, 0x5000 | P | XD);
        m.state.efer &= ~Efer.NXE;
        assertEquals(RSVD, m.fault(PAGE, READ));
    }

    @Test
    void psIsReservedInAPml4Entry() {
        m.map(PAGE, 1, 0x5000 | P);
        m.setEntry(PAGE, 4, m.entry(PAGE, 4) | PS);
        assertEquals(RSVD, m.fault(PAGE, READ));
    }

    @Test
    void psIsReservedInAPdpteWithout1GBytePages() {
        PagedMachine without = PagedMachine.fourLevelWithout(Feature.PAGE1GB);
        without.map(PAGE, 3, P | PS);
        assertEquals(RSVD, without.fault(PAGE, READ));
        m.map(PAGE, 3, P | PS);
        assertEquals(NONE, m.fault(PAGE, READ));
    }

    @Test
    void addressBitsBelowALargePagesSizeAreReservedButForPat() {
        m.map(PAGE, 2, 0x40_0000 | (1 << 12) | P | PS);
        assertEquals(NONE, m.fault(PAGE, READ));
        for (int bit = 13; bit <= 20; bit++) {
            m.map(PAGE, 2, 0x40_0000 | (1L << bit) | P | PS);
            m.mmu.flushPage(PAGE);
            assertEquals(RSVD, m.fault(PAGE, READ), "bit " + bit);
        }
    }

    @Test
    void iDIsReportedOnlyWithNXEOrSMEP() {
        PagedMachine bits32 = PagedMachine.bits32();
        assertEquals(0, bits32.fault(PAGE, FETCH));
        bits32.state.cr4 |= Cr4.SMEP;
        assertEquals(0b10000, bits32.fault(PAGE, FETCH));
        m.state.efer &= ~Efer.NXE;
        assertEquals(0, m.fault(PAGE, FETCH));
    }
}

package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.thirdmode.x86.paging.Access.READ;
import static org.thirdmode.x86.paging.Access.USER;
import static org.thirdmode.x86.paging.Access.WRITE;
import static org.thirdmode.x86.paging.PagedMachine.NONE;
import static org.thirdmode.x86.paging.PagedMachine.P;
import static org.thirdmode.x86.paging.PagedMachine.PS;
import static org.thirdmode.x86.paging.PagedMachine.RW;
import static org.thirdmode.x86.paging.PagedMachine.US;

import org.junit.jupiter.api.Test;

/** SDM 3A "PDPTE Registers" and "Linear-Address Translation with PAE Paging". */
class PdpteRegisters {
    private static final long PAGE = 0xc000_1000L;
    private final PagedMachine m = PagedMachine.pae();

    @Test
    void aChangeInMemoryIsNotSeenUntilTheyAreLoaded() {
        m.map(PAGE, 1, 0x5000 | P);
        m.setEntry(PAGE, 3, 0);
        m.mmu.flushAll();
        assertEquals(NONE, m.fault(PAGE, READ));
        assertTrue(m.walker.loadPdptes(m.state.cr3));
        m.mmu.flushAll();
        assertEquals(0, m.fault(PAGE, READ));
    }

    @Test
    void aPresentOneWithAReservedBitIsRefusedAndNoneIsLoaded() {
        m.map(PAGE, 1, 0x5000 | P);
        long[] before = m.state.pdpte.clone();
        for (int bit : new int[] {1, 2, 5, 6, 7, 8, 40, 52, 63}) {
            m.setEntry(0, 3, 0x8000 | P);
            m.setEntry(PAGE, 3, before[3] | (1L << bit));
            assertFalse(m.walker.loadPdptes(m.state.cr3), "bit " + bit);
            assertArrayEquals(before, m.state.pdpte);
        }
        m.setEntry(PAGE, 3, 1L << 63);
        assertTrue(m.walker.loadPdptes(m.state.cr3), "not present: nothing is reserved");
    }

    @Test
    void theTableStandsOnAny32ByteBoundary() {
        m.memory.write(0x9000 + 0x7e0, 8, 0xa000 | P);
        assertTrue(m.walker.loadPdptes(0x97e0));
        assertEquals(0xa000 | P, m.state.pdpte[0]);
    }

    @Test
    void aPdpteGrantsAllRights() {
        m.map(PAGE, 2, 0x20_0000 | P | PS | RW | US);
        assertEquals(NONE, m.fault(PAGE, USER | WRITE));
        assertEquals(0x20_1000, m.physical(PAGE));
    }

    @Test
    void bits62To52AreReservedInPdesAndPtes() {
        m.map(PAGE, 1, 0x5000 | P | (1L << 62));
        assertEquals(0b1001, m.fault(PAGE, READ));
        m.map(PAGE, 2, 0x20_0000 | P | PS | (1L << 52));
        assertEquals(0b1001, m.fault(PAGE, READ));
    }
}

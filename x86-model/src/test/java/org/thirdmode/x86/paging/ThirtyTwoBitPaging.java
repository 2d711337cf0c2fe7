package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.thirdmode.x86.paging.Access.READ;
import static org.thirdmode.x86.paging.PagedMachine.NONE;
import static org.thirdmode.x86.paging.PagedMachine.P;
import static org.thirdmode.x86.paging.PagedMachine.PS;
import static org.thirdmode.x86.paging.PagedMachine.RW;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;

/** SDM 3A "32-Bit Paging". */
class ThirtyTwoBitPaging {
    private static final int RSVD = 0b1001;
    private static final long PAGE = 0xc040_1000L;
    private final PagedMachine m = PagedMachine.bits32();

    @Test
    void bits31To22SelectThePdeAndBits21To12ThePte() {
        long table = m.newTable();
        m.memory.write(m.state.cr3 + (0x301 * 4), 4, table | P);
        m.memory.write(table + 4, 4, 0x12_3000 | P);
        assertEquals(0x12_3456, m.physical(0xc040_1456L));
    }

    @Test
    void psMapsA4MBytePageWherePseIsSet() {
        m.state.cr4 |= Cr4.PSE;
        m.map(PAGE, 2, 0x80_0000 | P | PS);
        assertEquals(0x80_0000 | 0x1abc, m.physical(0xc040_1abcL));
    }

    @Test
    void psIsIgnoredWherePseIsClear() {
        m.map(PAGE, 1, 0x5000 | P);
        m.setEntry(PAGE, 2, m.entry(PAGE, 2) | PS);
        assertEquals(0x5000, m.physical(PAGE));
    }

    @Test
    void pse36PutsBits39To32OfThePageIntoBits20To13OfThePde() {
        m.state.cr4 |= Cr4.PSE;
        m.map(PAGE, 2, 0x40_0000 | (0xa5L << 13) | P | PS);
        assertEquals(0xa5_0040_1000L, m.physical(PAGE));
    }

    @Test
    void bit21OfAPdeThatMapsA4MBytePageIsReserved() {
        m.state.cr4 |= Cr4.PSE;
        m.map(PAGE, 2, (1 << 21) | P | PS);
        assertEquals(RSVD, m.fault(PAGE, READ));
    }

    @Test
    void withoutPse36Bits21To13AreReserved() {
        PagedMachine without = PagedMachine.bits32Without(Feature.PSE36);
        without.state.cr4 |= Cr4.PSE;
        for (int bit = 13; bit <= 21; bit++) {
            without.map(PAGE, 2, (1L << bit) | P | PS);
            assertEquals(RSVD, without.fault(PAGE, READ), "bit " + bit);
        }
        without.map(PAGE, 2, (1L << 12) | P | PS);
        assertEquals(NONE, without.fault(PAGE, READ), "bit 12 is PAT");
    }

    @Test
    void withoutPagingLinearAddressesArePhysicalOnes() {
        m.state.cr0 &= ~Cr0.PG;
        m.mmu.flushAll();
        assertEquals(0x1234_5678L, m.physical(0x1234_5678L));
    }

    @Test
    void gateA20ClearsBit20OfPhysicalAddressesTheTablesOwnIncluded() {
        long table = 0x40_0000;
        m.memory.write(m.state.cr3, 4, (table | 0x10_0000) | P | RW);
        m.memory.write(m.state.cr3 & ~0x10_0000L, 4, (table | 0x10_0000) | P | RW);
        m.memory.write(table, 4, 0x35_5000 | P | RW);
        m.mmu.a20(false);
        assertEquals(0x25_5000, m.physical(0) & ~0xfffL);
    }
}

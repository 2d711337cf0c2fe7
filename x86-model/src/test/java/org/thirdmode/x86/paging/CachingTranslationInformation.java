package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.thirdmode.x86.paging.Access.READ;
import static org.thirdmode.x86.paging.Access.USER;
import static org.thirdmode.x86.paging.Access.WRITE;
import static org.thirdmode.x86.paging.PagedMachine.G;
import static org.thirdmode.x86.paging.PagedMachine.NONE;
import static org.thirdmode.x86.paging.PagedMachine.P;
import static org.thirdmode.x86.paging.PagedMachine.PS;
import static org.thirdmode.x86.paging.PagedMachine.RW;
import static org.thirdmode.x86.paging.PagedMachine.US;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.Cr4;

/** SDM 3A "Caching Translation Information". */
class CachingTranslationInformation {
    private static final long PAGE = 0x3000_1000L;
    private final PagedMachine m = PagedMachine.fourLevel();

    @Test
    void aStaleEntryIsUsedUntilInvlpg() {
        m.map(PAGE, 1, 0x5000 | P | RW);
        assertEquals(0x5000, m.physical(PAGE));
        m.map(PAGE, 1, 0x6000 | P | RW);
        assertEquals(0x5000, m.physical(PAGE));
        m.mmu.flushPage(PAGE);
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void whatWasNotPresentIsNotCached() {
        assertEquals(0, m.fault(PAGE, READ));
        m.map(PAGE, 1, 0x5000 | P);
        assertEquals(NONE, m.fault(PAGE, READ));
    }

    @Test
    void aGlobalPageSurvivesALoadOfCr3AndAnotherDoesNot() {
        m.state.cr4 |= Cr4.PGE;
        long other = PAGE + 0x1000;
        m.map(PAGE, 1, 0x5000 | P | G);
        m.map(other, 1, 0x5000 | P);
        m.physical(PAGE);
        m.physical(other);
        m.map(PAGE, 1, 0x6000 | P | G);
        m.map(other, 1, 0x6000 | P);
        m.mmu.loadedCr3(false);
        assertEquals(0x5000, m.physical(PAGE));
        assertEquals(0x6000, m.physical(other));
    }

    @Test
    void gMeansNothingWherePgeIsClear() {
        m.map(PAGE, 1, 0x5000 | P | G);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x6000 | P | G);
        m.mmu.loadedCr3(false);
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void invlpgDropsAGlobalPageToo() {
        m.state.cr4 |= Cr4.PGE;
        m.map(PAGE, 1, 0x5000 | P | G);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x6000 | P | G);
        m.mmu.flushPage(PAGE);
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void invlpgOfAnyAddressInALargePageDropsAllOfIt() {
        long large = 0x4000_0000L;
        for (int level = 2; level <= 3; level++) {
            m.map(large, level, P | PS | RW);
            for (long linear = large; linear < large + 0x20_0000; linear += 0x1_0000) {
                assertEquals(linear - large, m.physical(linear));
            }
            m.map(large, level, 0x4000_0000L | P | PS | RW);
            m.mmu.flushPage(large + 0x12_3456);
            for (long linear = large; linear < large + 0x20_0000; linear += 0x1_0000) {
                assertEquals(linear, m.physical(linear));
            }
            m.mmu.flushPage(large);
        }
    }

    @Test
    void aPageFaultDropsTheEntryOfItsAddress() {
        m.map(PAGE, 1, 0x5000 | P | US);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x6000 | P);
        assertEquals(0b101, m.fault(PAGE, USER), "user mode had no entry of its own in force");
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void anEntryThatForbidsTheAccessIsLookedUpInMemoryAgain() {
        m.map(PAGE, 1, 0x5000 | P);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x5000 | P | RW);
        assertEquals(NONE, m.fault(PAGE, WRITE));
    }
}

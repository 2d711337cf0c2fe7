package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.thirdmode.x86.paging.Access.READ;
import static org.thirdmode.x86.paging.Access.USER;
import static org.thirdmode.x86.paging.Access.WRITE;
import static org.thirdmode.x86.paging.PagedMachine.A;
import static org.thirdmode.x86.paging.PagedMachine.D;
import static org.thirdmode.x86.paging.PagedMachine.NONE;
import static org.thirdmode.x86.paging.PagedMachine.P;
import static org.thirdmode.x86.paging.PagedMachine.PS;
import static org.thirdmode.x86.paging.PagedMachine.RW;
import static org.thirdmode.x86.paging.PagedMachine.US;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.memory.Frame;

/** SDM 3A "Accessed and Dirty Flags". */
class AccessedAndDirtyFlags {
    private static final long PAGE = 0x3000_1000L;

    @Test
    void everyEntryUsedGetsItsAccessedFlag() {
        for (PagedMachine m : List.of(PagedMachine.bits32(), PagedMachine.fourLevel(), PagedMachine.fiveLevel())) {
            m.map(PAGE, 1, 0x5000 | P);
            m.fault(PAGE, READ);
            assertEquals(0x5000 | P | A, m.entry(PAGE, 1));
            assertEquals(A, m.entry(PAGE, 2) & A);
        }
        PagedMachine five = PagedMachine.fiveLevel();
        five.map(PAGE, 1, 0x5000 | P);
        five.fault(PAGE, READ);
        for (int level = 1; level <= 5; level++) {
            assertEquals(A, five.entry(PAGE, level) & (A | D), "level " + level);
        }
    }

    @Test
    void aPdpteOfPaePagingHasNoAccessedFlag() {
        PagedMachine m = PagedMachine.pae();
        m.map(PAGE, 1, 0x5000 | P);
        assertEquals(NONE, m.fault(PAGE, READ));
        assertEquals(0, m.entry(PAGE, 3) & A);
        assertEquals(A, m.entry(PAGE, 2) & A);
    }

    @Test
    void aWriteSetsTheDirtyFlagOfTheEntryThatMapsThePageAndOfNoOther() {
        PagedMachine m = PagedMachine.fourLevel();
        m.map(PAGE, 1, 0x5000 | P | RW);
        m.fault(PAGE, WRITE);
        assertEquals(A | D, m.entry(PAGE, 1) & (A | D));
        for (int level = 2; level <= 4; level++) {
            assertEquals(A, m.entry(PAGE, level) & (A | D), "level " + level);
        }
    }

    @Test
    void aWriteToALargePageSetsTheDirtyFlagOfTheEntryThatMapsIt() {
        PagedMachine m = PagedMachine.fourLevel();
        m.map(PAGE, 2, 0x40_0000 | P | RW | PS);
        m.fault(PAGE, WRITE);
        assertEquals(A | D, m.entry(PAGE, 2) & (A | D));
    }

    @Test
    void aWriteAfterReadsSetsTheDirtyFlagThoughTheTranslationIsCached() {
        PagedMachine m = PagedMachine.fourLevel();
        m.map(PAGE, 1, 0x5000 | P | RW);
        m.mmu.read(PAGE, 8);
        assertEquals(0, m.entry(PAGE, 1) & D);
        m.mmu.write(PAGE, 8, 0);
        assertEquals(D, m.entry(PAGE, 1) & D);
    }

    @Test
    void anAccessThatFaultsOnItsRightsLeavesThePagesEntryAsItWas() {
        PagedMachine m = PagedMachine.fourLevel();
        m.map(PAGE, 1, 0x5000 | P | US);
        m.fault(PAGE, USER | WRITE);
        assertEquals(0x5000 | P | US, m.entry(PAGE, 1));
    }

    @Test
    void flagsAreSetWhereTheEntryStandsAndDropDecodedCodeThere() {
        PagedMachine m = PagedMachine.fourLevel();
        m.map(PAGE, 1, 0x5000 | P | RW);
        Frame table = m.memory.frame(m.entryAddress(PAGE, 1));
        int[] told = new int[1];
        table.code = (from, to) -> told[0]++;
        m.fault(PAGE, WRITE);
        assertEquals(1, told[0]);
    }
}

package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.thirdmode.x86.paging.Access.READ;
import static org.thirdmode.x86.paging.Access.WRITE;
import static org.thirdmode.x86.paging.PagedMachine.G;
import static org.thirdmode.x86.paging.PagedMachine.NONE;
import static org.thirdmode.x86.paging.PagedMachine.P;
import static org.thirdmode.x86.paging.PagedMachine.PS;
import static org.thirdmode.x86.paging.PagedMachine.RW;
import static org.thirdmode.x86.paging.PagedMachine.US;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;

/** SDM 3A "Caching Translation Information": what holds whatever TLBs a processor has, and for none modelled. */
@ParameterizedClass
@ValueSource(strings = {"fast", "prescott", "nehalem", "haswell", "skylake", "barcelona", "zen2"})
class CachingTranslationInformation {
    private static final long PAGE = 0x3000_1000L;
    private final PagedMachine m;

    CachingTranslationInformation(String fidelity) {
        m = PagedMachine.fourLevel(fidelity);
    }

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
        m.map(PAGE, 1, 0x5000 | P);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x6000 | P);
        assertEquals(0x5000, m.physical(PAGE));
        assertEquals(0b011, m.fault(PAGE, WRITE));
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void anEntryThatForbidsTheAccessIsLookedUpInMemoryAgain() {
        m.map(PAGE, 1, 0x5000 | P);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x5000 | P | RW);
        assertEquals(NONE, m.fault(PAGE, WRITE));
    }

    private void pcid(int pcid, boolean keep) {
        m.state.cr3 = (m.state.cr3 & ~0xfffL) | pcid;
        m.mmu.loadedCr3(keep);
    }

    @Test
    void translationsOfOnePcidAreNotUsedUnderAnother() {
        m.state.cr4 |= Cr4.PCIDE;
        m.mmu.flushAll();
        m.map(PAGE, 1, 0x5000 | P);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x6000 | P);
        pcid(1, true);
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void aLoadOfCr3WithoutBit63DropsWhatThePcidHadCached() {
        m.state.cr4 |= Cr4.PCIDE;
        pcid(1, false);
        m.map(PAGE, 1, 0x5000 | P);
        m.physical(PAGE);
        pcid(2, true);
        m.map(PAGE, 1, 0x6000 | P);
        pcid(1, false);
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void aGlobalPageIsUsedUnderEveryPcid() {
        m.state.cr4 |= Cr4.PCIDE | Cr4.PGE;
        m.map(PAGE, 1, 0x5000 | P | G);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x6000 | P | G);
        pcid(1, true);
        assertEquals(0x5000, m.physical(PAGE));
    }

    @Test
    void invpcidOfAnAddressOrAContextDropsWhatThatPcidHasCached() {
        m.state.cr4 |= Cr4.PCIDE;
        for (boolean context : new boolean[] {false, true}) {
            pcid(1, false);
            m.map(PAGE, 1, 0x5000 | P);
            m.physical(PAGE);
            m.map(PAGE, 1, 0x6000 | P);
            pcid(2, true);
            if (context) {
                m.mmu.flushPcid(1);
            } else {
                m.mmu.flushPage(PAGE, 1);
            }
            pcid(1, true);
            assertEquals(0x6000, m.physical(PAGE));
        }
    }

    @Test
    void invpcidOfAllContextsDropsGlobalPagesOnlyWhenAsked() {
        m.state.cr4 |= Cr4.PCIDE | Cr4.PGE;
        m.map(PAGE, 1, 0x5000 | P | G);
        m.physical(PAGE);
        m.map(PAGE, 1, 0x6000 | P | G);
        m.mmu.flushNonGlobal();
        assertEquals(0x5000, m.physical(PAGE));
        m.mmu.flushAll();
        assertEquals(0x6000, m.physical(PAGE));
    }

    @Test
    void aChangeOfWpTakesEffectAtOnce() {
        m.map(PAGE, 1, 0x5000 | P);
        m.state.cr0 &= ~Cr0.WP;
        m.mmu.rightsChanged();
        assertEquals(NONE, m.fault(PAGE, WRITE));
        m.state.cr0 |= Cr0.WP;
        m.mmu.rightsChanged();
        assertEquals(0b011, m.fault(PAGE, WRITE));
    }

    @Test
    void invlpgOfOnePageDropsAStaleEntryForATableOnTheWayToAnother() {
        long other = PAGE + 0x1000;
        m.map(PAGE, 1, 0x5000 | P);
        m.map(other, 1, 0x5000 | P);
        m.physical(PAGE);
        long table = m.newTable();
        m.setEntry(PAGE, 2, table | P | RW | US);
        m.map(other, 1, 0x6000 | P);
        m.mmu.flushPage(PAGE);
        assertEquals(0x6000, m.physical(other));
    }
}

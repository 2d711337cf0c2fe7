package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.thirdmode.npt.TwoDimensions.A;
import static org.thirdmode.npt.TwoDimensions.D;
import static org.thirdmode.npt.TwoDimensions.OFFSET;
import static org.thirdmode.npt.TwoDimensions.P;
import static org.thirdmode.npt.TwoDimensions.PS;
import static org.thirdmode.npt.TwoDimensions.R;
import static org.thirdmode.npt.TwoDimensions.RW;
import static org.thirdmode.npt.TwoDimensions.US;
import static org.thirdmode.npt.TwoDimensions.W;
import static org.thirdmode.npt.TwoDimensions.WB;
import static org.thirdmode.npt.TwoDimensions.X;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.tlb.TlbCount;
import org.thirdmode.x86.tlb.TlbGeometry;

/** Nested TLB, guest-physical paging-structure caches, and parts of pages; {@code detailed} fidelity. */
class CachesOfTheSecondDimension {
    private static final long FIRST = 0x40_1000;
    private static final long SECOND = 0x40_2000;
    private static final long PAGE = 0x60_0000;
    private static final long OTHER_PAGE = 0x60_5000;

    private static TwoDimensions machine(String profile) {
        TwoDimensions m = TwoDimensions.ept(4, 4, profile.equals("fast") ? null : TlbGeometry.of(profile));
        m.map(FIRST, PAGE | P | RW | US | A | D);
        m.map(SECOND, PAGE | P | RW | US | A | D);
        m.nestedMap(OTHER_PAGE, 1);
        m.enter(1);
        return m;
    }

    private static long references(TwoDimensions m, long linear) {
        long before = m.walker.counters.allTableReferences() + m.walker.counters.allNestedReferences();
        m.physical(linear, Access.READ);
        return m.walker.counters.allTableReferences() + m.walker.counters.allNestedReferences() - before;
    }

    private static Map<String, TlbCount> counts(TwoDimensions m) {
        return m.mmu.tlbCounts().stream().collect(Collectors.toMap(TlbCount::structure, count -> count));
    }

    @Test
    void theFirstWalkMakesAll24ReferencesLessWhatItHasJustCached() {
        TwoDimensions m = machine("skylake");
        // Four nested references for gL4; its page's neighbours then begin at the EPT page table: one each for gL3,
        // gL2,
        // gL1; the final page lies in another 2 MBytes: a page directory entry and a page table entry.
        assertEquals((4 + 1) + (1 + 1) + (1 + 1) + (1 + 1) + 2, references(m, FIRST));
    }

    @Test
    void theNestedTlbSparesTheNestedWalkOfAGuestsTable() {
        TwoDimensions m = machine("skylake");
        m.physical(FIRST, Access.READ);
        // The PDE cache leads to the guest's page table, the nested TLB knows where that stands: gL1, then nL1 for gPA.
        assertEquals(2, references(m, SECOND));
        TlbCount ntlb = counts(m).get("NTLB");
        assertEquals(5, ntlb.lookups());
        assertEquals(1, ntlb.hits());
        assertEquals(4, ntlb.fills());
    }

    @Test
    void theNestedTlbHasWhereATableStoodUntilInvept() {
        TwoDimensions m = machine("skylake");
        m.physical(FIRST, Access.READ);
        // The hypervisor moves the guest's page table; in the new place the second page is another.
        long entry = m.guestEntryAddress(SECOND, 1, 1);
        long moved = m.newGuestTable();
        m.memory.write(moved + OFFSET + (entry & 0xfff), 8, OTHER_PAGE | P | RW | US | A | D);
        m.setNestedEntry(entry, 1, (moved + OFFSET) | R | W | X | WB);
        assertEquals(PAGE + OFFSET, m.physical(SECOND, Access.READ), "stale");
        m.mmu.addressSpaces.invvpidSingleContext(1);
        assertEquals(PAGE + OFFSET, m.physical(SECOND, Access.READ), "guest-physical mappings are not INVVPID's");
        m.mmu.addressSpaces.inveptSingleContext(m.eptrta());
        assertEquals(OTHER_PAGE + OFFSET, m.physical(SECOND, Access.READ));
    }

    @Test
    void nestedStructureCachesKeepAnUpperEntryUntilInvept() {
        TwoDimensions m = machine("skylake");
        m.physical(FIRST, Access.READ);
        // Another EPT page table for the 2 MBytes of the page, which has the other page in its place.
        long table = m.newNestedTable();
        m.memory.write(table + ((PAGE >>> 9) & 0xff8), 8, (OTHER_PAGE + OFFSET) | R | W | X | WB);
        m.setNestedEntry(PAGE, 2, table | R | W | X);
        assertEquals(PAGE + OFFSET, m.physical(SECOND, Access.READ), "stale");
        m.mmu.addressSpaces.inveptAllContexts();
        assertEquals(OTHER_PAGE + OFFSET, m.physical(SECOND, Access.READ));
    }

    @Test
    void aRefusalIsLookedUpInMemoryAgain() {
        TwoDimensions m = machine("skylake");
        m.setNestedEntry(PAGE, 2, m.nestedEntry(PAGE, 2) & ~W);
        m.physical(FIRST, Access.READ);
        m.setNestedEntry(PAGE, 2, m.nestedEntry(PAGE, 2) | W);
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.WRITE));
    }

    @Test
    void aGuestsLargePageInSmallNestedOnesIsSplitUpAndInvlpgDropsAllParts() {
        for (String fidelity : List.of("fast", "skylake", "prescott", "haswell")) {
            TwoDimensions m = machine(fidelity);
            long large = 0x80_0000;
            m.map(large, 2, 0x20_0000 | P | RW | US | PS | A | D, 1);
            m.nestedMap(0x20_1000, 1);
            m.nestedMap(0x40_0000, 1);
            m.nestedMap(0x40_1000, 1);
            assertEquals(0x20_0000 + OFFSET, m.physical(large, Access.READ));
            assertEquals(0x20_1000 + OFFSET, m.physical(large + 0x1000, Access.READ));
            m.memory.write(OFFSET + m.guestEntryAddress(large, 2, 1), 8, 0x40_0000 | P | RW | US | PS | A | D);
            assertEquals(0x20_1000 + OFFSET, m.physical(large + 0x1000, Access.READ), fidelity);
            m.mmu.flushPage(large);
            assertEquals(0x40_1000 + OFFSET, m.physical(large + 0x1000, Access.READ), fidelity);
        }
    }

    @Test
    void anExecuteOnlyPageInTheSharedSecondLevelIsNotRead() {
        TwoDimensions m = machine("skylake");
        m.setNestedEntry(PAGE, 1, (PAGE + OFFSET) | X | WB);
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.FETCH));
        assertTrue(m.exits(FIRST, Access.READ));
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.FETCH));
    }

    @Test
    void onAmdTheNestedTlbGoesWithTheAsid() {
        TwoDimensions m = TwoDimensions.npt(4, 4, TlbGeometry.of("zen2"));
        m.map(FIRST, PAGE | P | RW | US | A | D);
        m.map(SECOND, PAGE | P | RW | US | A | D);
        m.nestedMap(OTHER_PAGE, 1);
        m.enter(1);
        m.physical(FIRST, Access.READ);
        assertEquals(2, references(m, SECOND));
        long entry = m.guestEntryAddress(FIRST, 1, 1);
        long moved = m.newGuestTable();
        m.memory.write(moved + OFFSET + (entry & 0xfff), 8, OTHER_PAGE | P | RW | US | A | D);
        m.setNestedEntry(entry, 1, (moved + OFFSET) | P | RW | US | A | D);
        m.mmu.flushPage(FIRST);
        assertEquals(PAGE + OFFSET, m.physical(FIRST, Access.READ), "stale");
        m.leave();
        m.mmu.addressSpaces.flushAsid(1);
        m.enter(1);
        assertEquals(OTHER_PAGE + OFFSET, m.physical(FIRST, Access.READ));
    }
}

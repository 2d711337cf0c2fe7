package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.thirdmode.npt.TwoDimensions.A;
import static org.thirdmode.npt.TwoDimensions.D;
import static org.thirdmode.npt.TwoDimensions.OFFSET;
import static org.thirdmode.npt.TwoDimensions.P;
import static org.thirdmode.npt.TwoDimensions.RW;
import static org.thirdmode.npt.TwoDimensions.US;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.state.GuestExit;

/** What hardware does not have, but a researcher may want to compare with: each is one class behind the port. */
class HypotheticalSecondStages {
    private static final long LINEAR = 0x40_1000;
    private static final long GUEST = 0x60_0000;

    private final TwoDimensions m = TwoDimensions.ept(4, 4).map(LINEAR, GUEST | P | RW | US | A | D);

    private long references() {
        return m.walker.counters.allTableReferences() + m.walker.counters.allNestedReferences();
    }

    /**
     * One flat table of 8-byte entries, indexed by guest frame: bits 51:12 the host frame, bit 1 writable, bit 0 present.
     * After Ahn et al., "Revisiting Hardware-Assisted Page Walks for Virtualized Systems", ISCA 2012.
     */
    private record FlatTable(PageWalker walker, PhysicalMemory memory, GuestExit exit, long base)
            implements SecondStage {
        @Override
        public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
            long address = base + (8 * (guestPhysical >>> 12));
            long entry = memory.read(address, 8);
            walker.nestedReference(1, address, entry);
            boolean write =
                    reason == Reason.FINAL_ACCESS ? (access & Access.WRITE) != 0 : reason == Reason.TABLE_UPDATE;
            if ((entry & 1) == 0 || (write && (entry & 2) == 0)) {
                throw exit;
            }
            if (translation != null) {
                translation.pageShift = 12;
                if ((entry & 2) == 0) {
                    translation.writable = false;
                    translation.dirty = false;
                }
            }
            return (entry & 0x000f_ffff_ffff_f000L) | (guestPhysical & 0xfff);
        }
    }

    @Test
    void aFlatNestedTableMakesNineReferencesOf24() {
        long base = 0x4000_0000L + OFFSET;
        m.memory.mapRam(base, 1 << 21);
        FlatTable flat = new FlatTable(m.walker, m.memory, m.exit, base);
        for (long frame = 0; frame < 1 << 18; frame++) {
            m.memory.write(base + (8 * frame), 8, (OFFSET + (frame << 12)) | (frame == GUEST >>> 12 ? 1 : 3));
        }
        m.mmu.addressSpaces.enterGuest(1, base, flat);
        assertEquals(GUEST + OFFSET + 5, m.physical(LINEAR + 5, Access.READ));
        assertEquals((4 + 1) * (1 + 1) - 1, references());
        assertThrows(GuestExit.class, () -> m.mmu.write(LINEAR, 8, 1));
    }

    /**
     * A direct segment: guest-physical addresses from {@code base} to {@code limit} are host-physical ones less an offset,
     * without any table; all others go through {@code outside}. After Gandhi et al., "Efficient Memory Virtualization",
     * MICRO 2014 ("VMM Direct").
     */
    private record DirectSegment(long base, long limit, long offset, SecondStage outside) implements SecondStage {
        @Override
        public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
            return Long.compareUnsigned(guestPhysical - base, limit - base) < 0
                    ? guestPhysical + offset
                    : outside.translate(guestPhysical, reason, linear, access, translation);
        }
    }

    @Test
    void aDirectSegmentLeavesTheFourReferencesOfTheGuest() {
        m.mmu.addressSpaces.enterGuest(1, 0, new DirectSegment(0, OFFSET, OFFSET, SecondStage.NONE));
        assertEquals(GUEST + OFFSET + 5, m.physical(LINEAR + 5, Access.WRITE));
        assertEquals(4, references());
    }

    @Test
    void outsideADirectSegmentAnotherStageIsAsked() {
        m.mmu.addressSpaces.enterGuest(1, 0, new DirectSegment(GUEST, GUEST + 0x1000, OFFSET, m.ept));
        assertEquals(GUEST + OFFSET + 5, m.physical(LINEAR + 5, Access.WRITE));
        assertEquals(4 * (4 + 1), references());
    }

    /** Counts accesses to one page, which nobody may keep. */
    private static final class WatchedPage implements SecondStage {
        private final long page;
        private final SecondStage behind;
        int accesses;

        WatchedPage(long page, SecondStage behind) {
            this.page = page;
            this.behind = behind;
        }

        @Override
        public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
            long host = behind.translate(guestPhysical, reason, linear, access, translation);
            if ((guestPhysical & -4096L) == page && reason == Reason.FINAL_ACCESS) {
                accesses++;
                translation.uncached = true;
            }
            return host;
        }
    }

    @Test
    void aTranslationThatMayNotBeKeptIsAskedForEachTime() {
        for (String fidelity : new String[] {"fast", "skylake"}) {
            TwoDimensions machine = TwoDimensions.ept(
                            4, 4, fidelity.equals("fast") ? null : org.thirdmode.x86.tlb.TlbGeometry.of(fidelity))
                    .map(LINEAR, GUEST | P | RW | US | A | D);
            WatchedPage watched = new WatchedPage(GUEST, machine.ept);
            machine.mmu.addressSpaces.enterGuest(1, machine.eptrta(), watched);
            machine.mmu.write(LINEAR, 8, 0x1234);
            assertEquals(0x1234, machine.mmu.read(LINEAR, 8));
            machine.mmu.translate(LINEAR, Access.FETCH);
            assertTrue(!machine.mmu.mayKeepFetch(), fidelity);
            machine.mmu.read(LINEAR + 8, 4);
            assertEquals(4, watched.accesses, fidelity);
        }
    }
}

package org.thirdmode.npt.ept;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.thirdmode.npt.TwoDimensions.OFFSET;
import static org.thirdmode.npt.TwoDimensions.P;
import static org.thirdmode.npt.TwoDimensions.PS;
import static org.thirdmode.npt.TwoDimensions.R;
import static org.thirdmode.npt.TwoDimensions.RW;
import static org.thirdmode.npt.TwoDimensions.US;
import static org.thirdmode.npt.TwoDimensions.W;
import static org.thirdmode.npt.TwoDimensions.WB;
import static org.thirdmode.npt.TwoDimensions.WIDTH;
import static org.thirdmode.npt.TwoDimensions.X;
import static org.thirdmode.npt.TwoDimensions.XU;

import org.junit.jupiter.api.Test;
import org.thirdmode.npt.TwoDimensions;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.GuestExit;

/** SDM 3C "EPT Misconfigurations". */
class EptMisconfigurations {
    private static final long LINEAR = 0x40_1000;
    private static final long GUEST = 0x60_0000;
    private static final long HOST = GUEST + OFFSET;

    private TwoDimensions m = TwoDimensions.ept(4, 4);

    private void assertMisconfigured(long entry, int level) {
        m.map(LINEAR, GUEST | P | RW | US);
        long before = m.nestedEntry(GUEST, level);
        m.setNestedEntry(GUEST, level, entry);
        assertThrows(
                GuestExit.class, () -> m.mmu.translate(LINEAR, Access.READ), () -> "entry " + Long.toHexString(entry));
        assertTrue(m.ept.exit.misconfiguration, () -> "entry " + Long.toHexString(entry));
        assertEquals(level, m.ept.exit.level);
        assertFalse(m.ept.exit.convertible());
        m.setNestedEntry(GUEST, level, before);
    }

    private void assertLegal(long entry, int level) {
        m.map(LINEAR, GUEST | P | RW | US);
        m.setNestedEntry(GUEST, level, entry);
        m.mmu.flushAll();
        assertFalse(m.exits(LINEAR, Access.READ), () -> "entry " + Long.toHexString(entry));
    }

    /** Keeps the guest's own tables under other entries than the page: only the page meets the entry under test. */
    private void apart(int level) {
        m = TwoDimensions.ept(4, 4);
        m.map(LINEAR, GUEST | P | RW | US);
        m.nestedEntryAddress(GUEST, level);
    }

    @Test
    void writableWithoutReadableIsUnsupported() {
        assertMisconfigured(HOST | W | WB, 1);
        assertMisconfigured(HOST | W | X | WB, 1);
    }

    @Test
    void executeOnlyIsUnsupportedWhereTheProcessorLacksIt() {
        m = TwoDimensions.eptWithout(EptCapability.EXECUTE_ONLY);
        assertMisconfigured(HOST | X | WB, 1);
        m.withModeBasedExecute();
        assertMisconfigured(HOST | XU | WB, 1);
    }

    @Test
    void memoryTypes2And3And7AreReservedWhereAPageIsMapped() {
        for (int type : new int[] {2, 3, 7}) {
            assertMisconfigured(HOST | R | W | X | ((long) type << 3), 1);
        }
        for (int type : new int[] {0, 1, 4, 5, 6}) {
            assertLegal(HOST | R | W | X | ((long) type << 3), 1);
        }
    }

    @Test
    void bitsBeyondThePhysicalAddressWidthAreReserved() {
        assertMisconfigured(HOST | R | W | X | WB | (1L << WIDTH), 1);
        assertMisconfigured(HOST | R | W | X | WB | (1L << 51), 1);
        assertLegal(HOST | R | W | X | WB | (1L << 52) | (1L << 62), 1);
    }

    @Test
    void anEntryThatRefersToATableHasBits6To3Reserved() {
        for (int level = 2; level <= 4; level++) {
            apart(level);
            for (int bit = 3; bit <= (level == 4 ? 7 : 6); bit++) {
                // The guest's tables are under the same upper entries: its first reference meets it.
                assertMisconfigured(m.nestedEntry(GUEST, level) | (1L << bit), level);
            }
        }
    }

    @Test
    void theLowAddressBitsOfALargePageAreReserved() {
        for (int bit = 12; bit <= 20; bit++) {
            assertMisconfigured(HOST | R | W | X | WB | PS | (1L << bit), 2);
        }
        assertLegal(OFFSET + 0x60_0000 | R | W | X | WB | PS, 2);
    }

    @Test
    void aLargePageThatTheProcessorLacksIsReserved() {
        m = TwoDimensions.eptWithout(EptCapability.PAGE_2_MBYTE);
        assertMisconfigured(HOST | R | W | X | WB | PS, 2);
    }

    @Test
    void anEntryThatIsNotPresentMayHoldAnything() {
        m.map(LINEAR, GUEST | P | RW | US);
        m.setNestedEntry(GUEST, 1, ~7L);
        assertTrue(m.exits(LINEAR, Access.READ));
        assertFalse(m.ept.exit.misconfiguration);
    }

    @Test
    void aMisconfigurationBelowComesBeforeAViolationOfRightsAbove() {
        m.map(LINEAR, GUEST | P | RW | US | TwoDimensions.A | TwoDimensions.D);
        m.setNestedEntry(GUEST, 2, m.nestedEntry(GUEST, 2) & ~W);
        m.setNestedEntry(GUEST, 1, HOST | R | W | X | 3 << 3);
        assertTrue(m.exits(LINEAR, Access.WRITE));
        assertTrue(m.ept.exit.misconfiguration);
    }
}

package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.shadow.MemorySlot;

/** Reads the tables of the second dimension, as the manuals draw them, and compares them with the memory slots. */
final class TablesAndSlots {
    private final FlatGuest guest;
    private final boolean ept;
    private int tables;

    TablesAndSlots(FlatGuest guest) {
        this.guest = guest;
        ept = guest.mmu().format() == TdpFormat.EPT_4;
    }

    void check(int budget) {
        tables = 1;
        check(guest.mmu().load().cr3, 4, 0);
        assertEquals(tables, guest.mmu().counters().pagesInUse, "tables in use are those that the root leads to");
        assertTrue(tables <= budget, "within the budget");
    }

    private void check(long table, int level, long gfn) {
        for (int n = 0; n < 512; n++) {
            long entry = guest.host.memory.read(table + (8L * n), 8);
            long first = gfn + ((long) n << (9 * (level - 1)));
            if ((entry & 1) == 0) {
                assertEquals(0, entry, "nothing half present");
            } else if (level > 1 && (entry & 0x80) == 0) {
                assertEquals(7, entry & 7, "a table takes no rights away");
                tables++;
                check(entry & 0x000f_ffff_ffff_f000L, level - 1, first);
            } else {
                checkPage(entry, level, first);
            }
        }
    }

    private void checkPage(long entry, int level, long first) {
        MemorySlot slot = guest.vm.find(first);
        assertNotNull(slot, "what is mapped is in a slot");
        long frames = 1L << (9 * (level - 1));
        assertTrue(first + frames <= slot.baseGfn() + slot.pages(), "a large page is in one slot");
        assertFalse(level > 1 && slot.logsDirty(), "what is logged is mapped by small pages");
        long host = entry & 0x000f_ffff_ffff_f000L;
        for (long n = 0; n < frames; n += Math.max(1, frames / 8)) {
            assertEquals(slot.hostAddress(first + n), host + (n << 12), "it is the slot's memory");
        }
        boolean writable = (entry & 2) != 0;
        boolean dirty = (entry & (ept ? 1 << 9 : 1 << 6)) != 0;
        assertFalse(writable && slot.readOnly(), "read-only");
        if (slot.logsDirty() && writable && dirty) {
            assertTrue(slot.isDirty(first) || logs(), "a page whose next write is not noticed is in the log");
        }
        if (ept) {
            assertEquals(5, entry & 5, "readable, executable");
            assertEquals(6, entry >>> 3 & 7, "write-back");
        } else {
            assertEquals(4, entry & 4, "a nested walk is a user's");
        }
    }

    private boolean logs() {
        return guest.host.cpu.profile.name().equals("skylake");
    }
}

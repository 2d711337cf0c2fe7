package org.thirdmode.pc.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.memory.PhysicalMemory;

/** 82441FX datasheet "System Address Map". */
final class SystemAddressMap {
    @Test
    void ramEndsBelowTheDevicesAndGoesOnAbove4GBytes() {
        MemoryLayout layout = new MemoryLayout(8L << 30);
        assertEquals(0xe000_0000L, layout.highEnd());
        assertEquals((1L << 32) + (8L << 30) - 0xe000_0000L, layout.top());
        assertTrue(layout.isRam(0xdfff_f000L, 0x1000));
        assertFalse(layout.isRam(0xdfff_f000L, 0x1001));
        assertTrue(layout.isRam(1L << 32, 1L << 30));
    }

    @Test
    void smallMemoryEndsWhereItEnds() {
        MemoryLayout layout = new MemoryLayout(16 << 20);
        assertEquals(16 << 20, layout.top());
        assertFalse(layout.isRam(0xffffff, 2));
    }

    @Test
    void theHoleBelow1MByteIsNoRam() {
        MemoryLayout layout = new MemoryLayout(16 << 20);
        assertFalse(layout.isRam(0x9ffff, 2));
        assertFalse(layout.isRam(0xb8000, 1));
        assertTrue(layout.isRam(0x9ffff, 1));
    }

    @Test
    void theUsableRangesAreAllTheRamThatIsNotReserved() {
        MemoryLayout layout = new MemoryLayout(8L << 30);
        long usable = layout.addressMap().stream()
                .filter(MemoryLayout.Range::usable)
                .mapToLong(MemoryLayout.Range::length)
                .sum();
        assertEquals((8L << 30) - 0x10_0000 + 0x9_fc00, usable);
    }

    @Test
    void a64GByteMachineCostsWhatItTouches() {
        PhysicalMemory memory = new PhysicalMemory(40);
        new MemoryLayout(64L << 30).map(memory);
        memory.write(60L << 30, 8, 1);
        assertEquals(1, memory.framesInUse());
    }

    @Test
    void aSizeThatIsNoWholeMByteIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new MemoryLayout(0));
        assertThrows(IllegalArgumentException.class, () -> new MemoryLayout((1 << 20) + 4096));
    }
}

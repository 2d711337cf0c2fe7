package org.thirdmode.shadow.guest;

import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MemorySlots;
import org.thirdmode.x86.memory.PhysicalMemory;

/** Guest-physical memory as the hypervisor reads and writes it: through the slots. */
public final class GuestMemory {
    private static final long OFFSET = 0xfff;

    private final PhysicalMemory memory;
    private final MemorySlots slots;

    public GuestMemory(PhysicalMemory memory, MemorySlots slots) {
        this.memory = memory;
        this.slots = slots;
    }

    /** Reads an aligned unit of 4 or 8 bytes; all ones where there is no memory, as on a bus where nothing answers. */
    public long read(long guestPhysical, int size) {
        MemorySlot slot = slots.find(guestPhysical >>> 12);
        if (slot == null) {
            return size == 8 ? -1L : 0xffff_ffffL;
        }
        return memory.read(slot.hostAddress(guestPhysical >>> 12) | (guestPhysical & OFFSET), size);
    }

    /**
     * Writes an aligned unit of 4 or 8 bytes as the guest would, and records it in the slot's dirty log.
     *
     * @return whether there is memory that can be written
     */
    public boolean write(long guestPhysical, int size, long value) {
        long gfn = guestPhysical >>> 12;
        MemorySlot slot = slots.find(gfn);
        if (slot == null || slot.readOnly()) {
            return false;
        }
        memory.write(slot.hostAddress(gfn) | (guestPhysical & OFFSET), size, value);
        if (slot.logsDirty()) {
            slot.markDirty(gfn);
        }
        return true;
    }
}

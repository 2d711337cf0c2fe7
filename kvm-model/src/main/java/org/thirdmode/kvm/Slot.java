package org.thirdmode.kvm;

import java.util.BitSet;
import org.thirdmode.shadow.MemorySlot;

/** A memory slot: guest frames and the memory of user space behind them. KVM: {@code struct kvm_memory_slot}. */
final class Slot implements MemorySlot {
    final int number;
    private final long baseGfn;
    private final long pages;
    private final boolean readOnly;
    private BitSet dirty;
    private final UserMemory memory;
    private final long offset;

    Slot(int number, long baseGfn, long pages, boolean readOnly, boolean logsDirty, UserMemory memory, long offset) {
        this.number = number;
        this.baseGfn = baseGfn;
        this.pages = pages;
        this.readOnly = readOnly;
        this.memory = memory;
        this.offset = offset;
        dirty = logsDirty ? new BitSet() : null;
    }

    @Override
    public long baseGfn() {
        return baseGfn;
    }

    @Override
    public long pages() {
        return pages;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean logsDirty() {
        return dirty != null;
    }

    @Override
    public long hostAddress(long gfn) {
        return memory.hostAddress(offset + ((gfn - baseGfn) << 12));
    }

    @Override
    public int hostPageShift(long gfn) {
        return memory.pageSize(offset + ((gfn - baseGfn) << 12)).shift;
    }

    @Override
    public void markDirty(long gfn) {
        if (dirty != null) {
            dirty.set((int) (gfn - baseGfn));
        }
    }

    @Override
    public boolean isDirty(long gfn) {
        return dirty != null && dirty.get((int) (gfn - baseGfn));
    }

    /** Whether a byte of the range, which is not empty, is in it. */
    boolean overlaps(long guestPhysical, long size) {
        return guestPhysical >>> 12 < baseGfn + pages && (guestPhysical + size - 1) >>> 12 >= baseGfn;
    }

    @Override
    public String toString() {
        return String.format("memory slot %d at 0x%x, 0x%x bytes", number, baseGfn << 12, pages << 12);
    }

    /** Whether it is the same memory at the same place as {@code other}, to be used alike but for the dirty log. */
    boolean sameMemory(Slot other) {
        return baseGfn == other.baseGfn
                && pages == other.pages
                && readOnly == other.readOnly
                && memory == other.memory
                && offset == other.offset;
    }

    /** Writes are recorded from now on, or no longer. */
    void logDirty(boolean on) {
        dirty = on ? new BitSet() : null;
    }

    /** The dirty log, which is empty afterwards. Bit i is frame baseGfn + i. */
    BitSet takeDirtyLog() {
        BitSet log = (BitSet) dirty.clone();
        dirty.clear();
        return log;
    }
}

package org.thirdmode.shadow.naive;

import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.table.ShadowPage;
import org.thirdmode.x86.memory.Frame;

/** A table of the one tree. Its place there says which linear addresses it is for; nothing else about it is known. */
final class NaivePage extends ShadowPage {
    final NaivePage parent;
    final int indexInParent;

    /** All of its entries are for global pages: it survives a load of CR3. */
    boolean global = true;

    /** log2 of the largest guest page of which an entry in it, or below it, maps a part; 12 where there is none. */
    int brokenPageShift = 12;

    /** The slots that its entries map parts of. */
    private MemorySlot[] slots = new MemorySlot[0];

    NaivePage(long host, Frame frame, int level, long gfn, int entries, NaivePage parent, int indexInParent) {
        super(host, frame, level, gfn, entries);
        this.parent = parent;
        this.indexInParent = indexInParent;
    }

    boolean maps(MemorySlot slot) {
        for (MemorySlot known : slots) {
            if (known == slot) {
                return true;
            }
        }
        return false;
    }

    void addSlot(MemorySlot slot) {
        if (!maps(slot)) {
            slots = java.util.Arrays.copyOf(slots, slots.length + 1);
            slots[slots.length - 1] = slot;
        }
    }
}

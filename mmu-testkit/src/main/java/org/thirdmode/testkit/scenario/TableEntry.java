package org.thirdmode.testkit.scenario;

import org.thirdmode.testkit.action.EntryText;

/** An entry that is in the guest's tables before anything happens. */
public record TableEntry(int level, long gfn, int index, int size, long entry) {
    public long guestPhysical() {
        return (gfn << 12) + ((long) index * size);
    }

    @Override
    public String toString() {
        return String.format(
                "level-%d table in frame %x, entry %x: %x (%s)", level, gfn, index, entry, EntryText.of(level, entry));
    }
}

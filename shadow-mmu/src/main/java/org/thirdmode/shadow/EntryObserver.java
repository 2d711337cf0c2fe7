package org.thirdmode.shadow;

/** Sees every change that the MMU makes to an entry of its tables: for traces. */
@FunctionalInterface
public interface EntryObserver {
    /**
     * An entry has changed.
     *
     * @param level 1 for a page table to 5
     * @param entryAddress where it stands in host-physical memory
     * @param gfn the guest table that the changed table shadows, or the first guest frame that it maps directly
     * @param before the old value
     * @param after the new value
     */
    void entryChanged(EntryCause cause, int level, long entryAddress, long gfn, long before, long after);
}

package org.thirdmode.x86.paging;

/** Sees every entry that a page walk reads: for traces and explanations. Asked only while one is installed. */
public interface WalkRecorder {
    /**
     * The walk read a paging-structure entry.
     *
     * @param level 1 (a page-table entry) to 5 (a PML5 entry)
     * @param guestPhysical address of the entry as the table above (or CR3) gives it
     * @param hostPhysical the same after the second stage; equal to {@code guestPhysical} where there is none
     * @param entry what was read
     */
    void tableReference(int level, long guestPhysical, long hostPhysical, long entry);
}

package org.thirdmode.x86.paging;

/**
 * Sees every entry that a page walk reads, in the order in which it reads them: for traces and explanations. Asked only
 * while one is installed.
 *
 * <p>Under a second stage this is the order of Bhargava et al., "Accelerating Two-Dimensional Page Walks for Virtualized
 * Systems", Fig 1(b): the nested references that translate the address of a guest entry, then the guest entry, and so on
 * down; last the nested references of the final guest-physical address.
 */
public interface WalkRecorder {
    /** In the place of a guest level: the final guest-physical address, which stands in no table. */
    int FINAL = 0;

    /**
     * The walk read a paging-structure entry of the guest (or of the bare machine).
     *
     * @param level 1 (a page-table entry) to 5 (a PML5 entry)
     * @param guestPhysical address of the entry as the table above (or CR3) gives it
     * @param hostPhysical the same after the second stage; equal to {@code guestPhysical} where there is none
     * @param entry what was read
     */
    void tableReference(int level, long guestPhysical, long hostPhysical, long entry);

    /**
     * The second stage read one of its own entries.
     *
     * @param guestLevel the level of the guest's entry whose address is being translated, or {@link #FINAL}
     * @param level of the entry read: 1 to 5
     * @param hostPhysical address of the entry
     * @param entry what was read
     */
    default void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {}

    /** The second stage is asked for a PDPTE that is loaded into a register, outside any walk. */
    default void pdpteLoad(long guestPhysical) {}

    /** A walk for a linear address begins; {@code access} as in {@link Access}. */
    default void begun(long linear, int access) {}

    /** The guest's tables gave the guest-physical address of what is to be accessed; what follows translates it. */
    default void guestPhysical(long address) {}

    /** The walk has come to its end: host-physical, where there is a second stage. */
    default void reached(long physical) {}

    /** The walk has ended in a page fault, or left the guest. */
    default void refused() {}
}

package org.thirdmode.shadow;

/**
 * The registers with which the hardware runs the guest: the guest's own with the bits that paging needs otherwise. What the
 * guest reads from CR0, CR3, CR4 and EFER remains its own.
 */
public final class HardwarePaging {
    /**
     * PG and WP are set. PE is the guest's: VMX needs it for PG (a real-mode guest runs as virtual-8086 then), SVM does not.
     * APM 2 "Paged Real Mode".
     */
    public long cr0;

    /** The root of the tables; with PAE tables bits 31:5 of the page-directory-pointer table. */
    public long cr3;

    /** PAE, PSE and LA57 as the tables need it; PCIDE is clear; SMEP, SMAP and PKE are clear while the guest has no paging. */
    public long cr4;

    /** NXE is set wherever the tables have the bit; LME and LMA as the tables need it. */
    public long efer;

    /** Agile paging: the root of the second dimension's tables, which are there beside the others; else 0. */
    public long secondDimension;

    /** Agile paging: the guest runs with its own registers, and what is said here of them does not count. */
    public boolean guestsOwn;
}

package org.thirdmode.npt.ept;

/**
 * Why the last translation through EPT left the guest: what the VM exit reports. One object is reused; it is meaningful
 * once {@link ExtendedPageTables} has thrown the processor's exit, until the next translation.
 */
public final class EptExit {
    /** Bits of {@link #qualification}. SDM 3C, table "Exit Qualification for EPT Violations". */
    public static final int DATA_READ = 1;

    public static final int DATA_WRITE = 1 << 1;
    public static final int INSTRUCTION_FETCH = 1 << 2;
    public static final int READABLE = 1 << 3;
    public static final int WRITABLE = 1 << 4;
    public static final int EXECUTABLE = 1 << 5;

    /** With mode-based execute control: executable for user-mode linear addresses. */
    public static final int USER_EXECUTABLE = 1 << 6;

    public static final int LINEAR_VALID = 1 << 7;

    /** The access was to the translation of the linear address; clear: to a paging-structure entry on the way. */
    public static final int FINAL_ACCESS = 1 << 8;

    /** Advanced information: the linear address is a user-mode one. */
    public static final int USER_LINEAR = 1 << 9;

    /** Advanced information: the linear address translates to a read/write page. */
    public static final int WRITABLE_LINEAR = 1 << 10;

    /** Advanced information: the linear address translates to an execute-disable page. */
    public static final int EXECUTE_DISABLE_LINEAR = 1 << 11;

    /** EPT misconfiguration (basic exit reason 49); else EPT violation (48). */
    public boolean misconfiguration;

    /** The guest-physical address, all of it. */
    public long guestPhysical;

    /** The guest-linear address, where {@link #LINEAR_VALID} is set. */
    public long linear;

    /** Exit qualification of an EPT violation, bits 0 to 11; 0 for a misconfiguration. */
    public int qualification;

    /** The level of the EPT paging-structure entry at which the translation ended: 5 to 1; 0 where it read none. */
    public int level;

    /** That entry. Its bit 63 suppresses #VE. SDM 3C "Convertible EPT Violations". */
    public long entry;

    public boolean linearValid() {
        return (qualification & LINEAR_VALID) != 0;
    }

    /** Whether an EPT violation is convertible into a virtualization exception (where the control is set). */
    public boolean convertible() {
        return !misconfiguration && entry >= 0;
    }
}

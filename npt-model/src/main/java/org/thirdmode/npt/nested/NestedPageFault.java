package org.thirdmode.npt.nested;

/**
 * Why the last translation through nested paging left the guest: #VMEXIT(NPF), 400h. One object is reused; it is
 * meaningful once {@link NestedPageTables} has thrown the processor's exit, until the next translation. APM 2 "Nested
 * versus Guest Page Faults, Fault Ordering".
 */
public final class NestedPageFault {
    /** EXITINFO1: the fault occurred while translating the guest's final physical address. */
    public static final long FINAL_ACCESS = 1L << 32;

    /** EXITINFO1: the fault occurred while translating the address of a guest page table. */
    public static final long GUEST_PAGE_TABLE = 1L << 33;

    /** EXITINFO1: bits 4:0 as in the error code of a page fault, and bit 32 or 33. */
    public long exitInfo1;

    /** EXITINFO2: the guest-physical address that caused the fault. */
    public long exitInfo2;

    /** The linear address that was being translated. The VMCB does not report it. */
    public long linear;
}

package org.thirdmode.kvm;

/** What the hardware walks for a guest beside or instead of the guest's own tables: for one who looks inside. */
public sealed interface HardwareTables {
    /** Shadow tables, by the registers with which the guest runs. */
    record Shadow(long cr0, long cr3, long cr4, long efer) implements HardwareTables {}

    /**
     * EPT. SDM 3C "Extended-Page-Table Pointer (EPTP)"; SDM 3D "VPID and EPT Capabilities".
     *
     * @param pointer the EPTP
     */
    record Ept(long pointer, boolean executeOnly, boolean page2Mb, boolean page1Gb) implements HardwareTables {}

    /** Nested paging, by the host's registers with nCR3 in the place of CR3. APM 2 "Nested Paging". */
    record Nested(long cr0, long nCr3, long cr4, long efer) implements HardwareTables {}
}

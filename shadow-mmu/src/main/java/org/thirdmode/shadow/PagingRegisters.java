package org.thirdmode.shadow;

/** The virtual CPU's registers that paging depends on, as the guest sees them. */
public interface PagingRegisters {
    long cr0();

    long cr3();

    long cr4();

    /** IA32_EFER with LMA as the guest's mode is. */
    long efer();

    /** PDPTE register 0..3 of PAE paging, as the guest's last load of CR3 left it. */
    long pdpte(int i);

    int pkru();

    /** EFLAGS.AC. */
    boolean alignmentCheck();

    /** The current privilege level. */
    int cpl();
}

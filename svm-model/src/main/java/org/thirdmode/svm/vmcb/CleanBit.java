package org.thirdmode.svm.vmcb;

/**
 * The groups of fields that a processor may keep from the last VMRUN of the same VMCB: a set bit of {@link
 * VmcbField#VMCB_CLEAN} says that nothing of the group has changed since. APM 2 "VMCB State Caching".
 */
public enum CleanBit {
    /** Intercept vectors, TSC offset, pause filter. */
    I,
    /** Bases of the permission maps. */
    IOPM,
    ASID,
    /** Virtual interrupts. */
    TPR,
    /** Nested paging. */
    NP,
    CRX,
    DRX,
    /** GDTR and IDTR. */
    DT,
    /** CS, DS, SS, ES and CPL. */
    SEG,
    CR2,
    LBR,
    AVIC;

    /** The bit of the field. */
    public final int mask = 1 << ordinal();
}

package org.thirdmode.svm;

/**
 * What an SVM processor may have beyond the first: the bits of CPUID Fn8000_000A_EDX. APM 3 "Function 8000_000Ah—SVM
 * Features".
 */
public enum SvmFeature {
    NP(0, true, "nested paging"),
    LBR_VIRT(1, true, "virtualization of the last-branch registers"),
    SVML(2, false, "SVM lock"),
    NRIPS(3, true, "the next RIP is saved on #VMEXIT"),
    TSC_RATE_MSR(4, true, "MSR that scales the guest's time-stamp counter"),
    VMCB_CLEAN(5, true, "VMCB clean bits"),
    FLUSH_BY_ASID(6, true, "TLB_CONTROL flushes one ASID"),
    DECODE_ASSISTS(7, true, "decode assists"),
    PAUSE_FILTER(10, true, "PAUSE intercept filter"),
    PAUSE_FILTER_THRESHOLD(12, true, "cycle threshold of the PAUSE filter"),
    AVIC(13, false, "advanced virtual interrupt controller"),
    V_VMSAVE_VMLOAD(15, false, "VMSAVE and VMLOAD of a guest without an exit"),
    VGIF(16, true, "virtualization of the global interrupt flag"),
    GMET(17, false, "guest-mode execute trap"),
    SPEC_CTRL(20, false, "SPEC_CTRL virtualization"),
    VNMI(25, false, "NMI virtualization");

    /** Bit of EDX. */
    public final int bit;

    /** Whether the model has it; a processor of the model never shows one that it has not. */
    public final boolean modelled;

    /** What it is, in a few words. */
    public final String meaning;

    SvmFeature(int bit, boolean modelled, String meaning) {
        this.bit = bit;
        this.modelled = modelled;
        this.meaning = meaning;
    }
}

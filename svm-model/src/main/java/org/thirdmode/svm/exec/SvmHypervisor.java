package org.thirdmode.svm.exec;

/**
 * A hypervisor written in Java: it gets each #VMEXIT as a value instead of the code after VMRUN being executed. The VMCB is
 * then saved and the state from before VMRUN is loaded, GIF is clear.
 */
public interface SvmHypervisor {
    /** After a #VMEXIT. It may enter a guest again by {@link Svm#vmrun}, or stop the processor. */
    void exited(SvmExit exit);
}

package org.thirdmode.svm.exec;

/**
 * Hears of each VMRUN, #VMEXIT, injected event and stale clean bit, with one line in the manual's names. The lines are made
 * only where somebody listens.
 */
public interface SvmObserver {
    /** One line, without its end. */
    void event(String line);
}

package org.thirdmode.vmx.exec;

/**
 * Hears of each VM entry, VM exit and injected event, with one line in the manual's names. The lines are made only where
 * somebody listens.
 */
public interface VmxObserver {
    /** One line, without its end. */
    void event(String line);
}

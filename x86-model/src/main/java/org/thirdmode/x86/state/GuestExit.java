package org.thirdmode.x86.state;

/**
 * A VM exit (#VMEXIT) on its way from where it was found to the extension that completes it. Whoever throws it has noted
 * reason and qualification; the processor, once the instruction is unwound, asks the extension to save the guest and load
 * the host. It carries no stack trace and each processor owns one.
 *
 * <p>The instruction or event on which it is thrown has changed no architectural state that the manual does not say it
 * changes.
 */
public final class GuestExit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GuestExit() {
        super("VM exit", null, false, false);
    }
}

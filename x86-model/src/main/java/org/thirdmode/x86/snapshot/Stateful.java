package org.thirdmode.x86.snapshot;

/** A part of a machine whose state can be written and read back. */
@FunctionalInterface
public interface Stateful {
    /**
     * Passes every field of the part that its future depends on through {@code port}, always the same ones in the same order.
     * What is derived from them is derived again at the end where {@link StatePort#restoring}; nothing is signalled to other
     * parts, since they restore what they know of this one themselves.
     */
    void state(StatePort port);
}

package org.thirdmode.pc.bus;

/** One end of an interrupt line: a device drives its level. Lines are active high here, whatever the wire is. */
@FunctionalInterface
public interface InterruptLine {
    /** A line that ends nowhere. */
    InterruptLine UNCONNECTED = asserted -> {};

    /** Drives the line; driving the level it already has does nothing. */
    void set(boolean asserted);
}

package org.thirdmode.shadow;

/** The guest's memory. */
@FunctionalInterface
public interface MemorySlots {
    /** The slot that holds a guest frame number; null where there is none: a device's, or nobody's. */
    MemorySlot find(long gfn);
}

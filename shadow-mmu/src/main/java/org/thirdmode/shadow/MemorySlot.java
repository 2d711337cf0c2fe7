package org.thirdmode.shadow;

/** A range of guest memory. Frame numbers are those of guest-physical addresses, in units of 4 KBytes. */
public interface MemorySlot {
    /** The first guest frame. */
    long baseGfn();

    /** How many. */
    long pages();

    /** The guest's writes go to user space instead. */
    boolean readOnly();

    /** Writes have to be recorded. */
    boolean logsDirty();

    /** The host-physical address of the frame that backs {@code gfn}. */
    long hostAddress(long gfn);

    /** log2 of the size of the host page that backs {@code gfn}: 12, 21 or 30. A large one is aligned and contiguous. */
    int hostPageShift(long gfn);

    /** Records a write. */
    void markDirty(long gfn);

    /** Whether a write is recorded. */
    boolean isDirty(long gfn);

    default boolean contains(long gfn) {
        return gfn >= baseGfn() && gfn < baseGfn() + pages();
    }
}

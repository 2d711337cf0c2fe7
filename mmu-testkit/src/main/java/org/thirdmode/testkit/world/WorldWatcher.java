package org.thirdmode.testkit.world;

import org.thirdmode.x86.paging.spec.PagingControls;

/** Is told what happens in a {@link GuestWorld}, to judge it. */
public interface WorldWatcher {
    /** Nothing is judged. */
    WorldWatcher NONE = new WorldWatcher() {};

    /**
     * The guest has accessed memory.
     *
     * @param access as in {@link org.thirdmode.x86.paging.Access}
     * @param size bytes written; all in one page
     * @param value what was written
     * @param outcome where; a write that reached memory is done
     */
    default void accessed(long linear, int access, int size, long value, Outcome outcome) {}

    /** An access is in progress; the flags that its walk sets are set, and others act before it goes on. */
    default void walked(long linear, int access) {}

    /**
     * Somebody else has written guest memory: a device, user space.
     *
     * @param told whether the MMU was told
     */
    default void memoryChanged(long guestPhysical, int size, boolean told) {}

    /** Another virtual CPU goes on. */
    default void turnedTo(int vcpu) {}

    /** The guest's registers changed; {@code before} is what they were. */
    default void registersChanged(PagingControls before) {}

    /** The guest loaded CR3: what is not global is flushed under the PCID that is current then, unless {@code keep}. */
    default void loadedCr3(boolean keep) {}

    /** The guest executed INVPCID. */
    default void invpcid(InvpcidType type, int pcid, long linear) {}

    /** The guest executed INVLPG. */
    default void flushedPage(long linear) {}

    /** All virtual CPUs have other tables and other registers, and have flushed everything. */
    default void beganAnew() {}

    /** Everything is flushed. */
    default void flushedAll() {}

    /** A slot's dirty log was read, or begins. */
    default void logRead(SlotName slot) {}

    /** A slot came or went. */
    default void slotsChanged() {}
}

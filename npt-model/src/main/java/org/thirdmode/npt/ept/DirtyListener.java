package org.thirdmode.npt.ept;

/** Hears of dirty flags before they are set: page-modification logging. SDM 3C "Page-Modification Logging". */
public interface DirtyListener {
    /** Nobody listens. */
    DirtyListener NONE = guestPhysical -> {};

    /**
     * The access is allowed and is about to set the dirty flag of the EPT entry that maps {@code guestPhysical}; it was
     * clear. Throwing the processor's exit (the log is full) leaves the flag as it is.
     */
    void settingDirty(long guestPhysical);
}

package org.thirdmode.testkit.world;

/** The memory slots of every test. */
public enum SlotName {
    RAM(0, Frames.RAM, false),
    READ_ONLY(Frames.READ_ONLY, Frames.READ_ONLY_PAGES, true),
    LARGE(Frames.LARGE, Frames.LARGE_PAGES, false),
    HIGH(Frames.HIGH, Frames.HIGH_PAGES, false);

    public final long baseGfn;
    public final int pages;
    public final boolean readOnly;

    SlotName(long baseGfn, int pages, boolean readOnly) {
        this.baseGfn = baseGfn;
        this.pages = pages;
        this.readOnly = readOnly;
    }
}

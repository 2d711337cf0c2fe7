package org.thirdmode.x86.paging;

/**
 * What a page walk found for one linear address: the frame and everything a TLB keeps with it. One object is reused for
 * every walk of a processor.
 */
public final class Translation {
    /** Physical address of the byte asked for. */
    public long physical;

    /**
     * log2 of the size of what may be cached as one translation: 12, 21, 22 or 30; 12 where paging is off. Under a second
     * stage the smaller of the page sizes of both.
     */
    public int pageShift;

    /** log2 of the size of the page in the guest's own tables: INVLPG drops all of it, however it was split up. */
    public int linearPageShift;

    /** Reading is allowed: always, but where a second stage has execute-only pages. */
    public boolean readable;

    /** R/W is set in every entry on the way. */
    public boolean writable;

    /** U/S is set in every entry on the way: a user-mode address. Where paging is off all are. */
    public boolean user;

    /** XD is set in no entry on the way (or has no meaning). */
    public boolean executable;

    /** The G flag of the entry that maps the page, where CR4.PGE gives it a meaning. */
    public boolean global;

    /** The Dirty flag of the entry that maps the page, after this walk. While it is clear, each write comes to a walk. */
    public boolean dirty;

    /** The protection key of the page, whether keys are in force or not: {@link PageWalker#keyInForce}. */
    public int protectionKey;

    /** Good for this one access: nothing may keep it. */
    public boolean uncached;
}

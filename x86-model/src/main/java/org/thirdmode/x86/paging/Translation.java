package org.thirdmode.x86.paging;

/**
 * What a page walk found for one linear address: the frame and everything a TLB keeps with it. One object is reused for
 * every walk of a processor.
 */
public final class Translation {
    /** Physical address of the byte asked for. */
    public long physical;

    /** log2 of the page size: 12, 21, 22 or 30; 12 where paging is off. */
    public int pageShift;

    /** R/W is set in every entry on the way. */
    public boolean writable;

    /** U/S is set in every entry on the way: a user-mode address. */
    public boolean user;

    /** XD is set in no entry on the way (or has no meaning). */
    public boolean executable;

    /** The G flag of the entry that maps the page, where CR4.PGE gives it a meaning. */
    public boolean global;

    /** The Dirty flag of the entry that maps the page, after this walk. */
    public boolean dirty;

    /** The protection key of the page; 0 where CR4.PKE is clear. */
    public int protectionKey;
}

package org.thirdmode.shadow;

/** What a walk of the guest's own tables found. One object is reused for every walk of a virtual CPU. */
public final class GuestWalk {
    /** Whether the guest's tables forbid the access; then only {@link #errorCode} says more. */
    public boolean faulted;

    /** The page-fault error code. */
    public int errorCode;

    /** Guest-physical address of the byte asked for. */
    public long guestPhysical;

    /** log2 of the guest's page size: 12, 21, 22 or 30; 12 without paging. */
    public int pageShift;

    /** The level of the entry that maps the page: 1 for 4 KBytes; 0 without paging. */
    public int leafLevel;

    /** R/W is set in every entry on the way. */
    public boolean writable;

    /** U/S is set in every entry on the way. */
    public boolean user;

    /** XD is set in no entry on the way. */
    public boolean executable;

    /** G of the entry that maps the page, where CR4.PGE gives it a meaning. */
    public boolean global;

    /** D of the entry that maps the page, after this walk. */
    public boolean dirty;

    /** The protection key; 0 where CR4.PKE is clear. */
    public int protectionKey;

    /** By level: the entry as the walk left it. */
    public final long[] entries = new long[6];

    /** By level: the guest frame of the table that the entry stands in. */
    public final long[] tableGfn = new long[6];

    /** By level: the number of the entry in its table. */
    public final int[] index = new int[6];

    /** By level: the rights that the entries <em>above</em> this level leave, as {@link #WRITE}, {@link #USER}, {@link #EXECUTE}. */
    public final int[] rightsAbove = new int[6];

    /** The levels, as bits, at which the walk has set a flag in the guest's memory. */
    public int flagged;

    public static final int EXECUTE = 1;
    public static final int WRITE = 2;
    public static final int USER = 4;
    public static final int ALL = EXECUTE | WRITE | USER;

    /** The guest frame of the byte asked for. */
    public long gfn() {
        return guestPhysical >>> 12;
    }

    /** {@link #writable}, {@link #user} and {@link #executable} as one value. */
    public int rights() {
        return (writable ? WRITE : 0) | (user ? USER : 0) | (executable ? EXECUTE : 0);
    }
}

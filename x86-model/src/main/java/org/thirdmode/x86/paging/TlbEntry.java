package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.Frame;

/**
 * One slot of the software TLB. A tag is the linear address of the page that may be accessed so without any further
 * check, or {@link #NONE}.
 *
 * <p>Where the processor's own TLBs are modelled the plain tags never match: a hit must also stamp the modelled slot, and
 * is looked for with the stamped tags.
 */
public final class TlbEntry {
    /** No page has this address: its low bits are set. */
    public static final long NONE = -1L;

    public long readTag = NONE;

    /** Set only where the page is writable, dirty already, and holds no decoded code. */
    public long writeTag = NONE;

    /** The bytes of the frame. */
    public byte[] bytes;

    Frame frame;

    /** Physical address of the frame. */
    long physical;

    boolean global;

    /** log2 of the size of the page that the frame is a part of. */
    int pageShift;

    // ---- where TLBs are modelled ----

    long stampedReadTag = NONE;
    long stampedWriteTag = NONE;

    /** The stamps of the modelled TLB that the translation stands in, and its slot there. */
    long[] stamps;

    int slot;

    /** All entries that hang on one modelled slot are a list; its head is {@code heads[slot]}. Null for none. */
    TlbEntry[] heads;

    TlbEntry previous;
    TlbEntry next;

    /** Whether what ends in {@code page} may be read, with or without TLBs that are modelled. */
    boolean mayRead(long page) {
        return readTag == page || stampedReadTag == page;
    }

    /** Whether what ends in {@code page} may be written, with or without TLBs that are modelled. */
    boolean mayWrite(long page) {
        return writeTag == page || stampedWriteTag == page;
    }

    /** Takes the translation away; the slot stays listed as filled. */
    void drop() {
        readTag = 1;
        writeTag = 1;
    }

    /** Empties the slot. */
    void clear() {
        readTag = NONE;
        writeTag = NONE;
    }

    /** Takes a stamped translation away. */
    void clearStamped() {
        stampedReadTag = NONE;
        stampedWriteTag = NONE;
    }
}

package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.Frame;

/**
 * One slot of the software TLB. A tag is the linear address of the page that may be accessed so without any further
 * check, or {@link #NONE}.
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
}

package org.thirdmode.shadow.table;

import org.thirdmode.x86.memory.Frame;

/** A shadow table: one page of host memory. What a strategy keeps about it stands in a class of its own. */
public class ShadowPage {
    /** Its host-physical address. */
    public final long host;

    /** 1 for a table whose entries map 4-KByte pages, to 5. */
    public final int level;

    /** The guest table that it stands for, or the first guest frame that it maps directly. */
    public final long gfn;

    final Frame frame;

    /** What entries that refer to a table refer to. */
    private final ShadowPage[] children;

    protected ShadowPage(long host, Frame frame, int level, long gfn, int entries) {
        this.host = host;
        this.frame = frame;
        this.level = level;
        this.gfn = gfn;
        children = level > 1 ? new ShadowPage[entries] : null;
    }

    /** The table that an entry refers to; null where it maps a page or nothing. */
    public ShadowPage child(int index) {
        return children == null ? null : children[index];
    }

    public void child(int index, ShadowPage child) {
        children[index] = child;
    }
}

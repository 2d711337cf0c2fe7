package org.thirdmode.x86.state;

import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * A segment register: the visible selector and the hidden part that was loaded from a descriptor.
 *
 * <pre>
 *   attributes  3:0 type   4 S   6:5 DPL   7 P   12 AVL   13 L   14 D/B   15 G   16 unusable
 * </pre>
 *
 * The layout of {@link #attributes} is that of the VMCS access-rights fields (SDM 3C "Guest Register State"): bytes 5 and
 * 6 of a descriptor with the limit's bits left out.
 */
public final class Segment implements Stateful {
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;

    /** Type bit 0 of code and data: accessed. */
    public static final int ACCESSED = 1;

    /** Type bit 1 of a data segment: writable; of a code segment: readable. */
    public static final int WRITABLE = 1 << 1;

    /** Type bit 2 of a data segment: expand-down; of a code segment: conforming. */
    public static final int EXPAND_DOWN = 1 << 2;

    /** Type bit 3: code rather than data. */
    public static final int CODE = 1 << 3;

    /** S: a code or data segment rather than a system segment. */
    public static final int CODE_OR_DATA = 1 << 4;

    public static final int DPL_SHIFT = 5;
    public static final int PRESENT = 1 << 7;
    public static final int AVAILABLE = 1 << 12;
    public static final int LONG = 1 << 13;
    public static final int BIG = 1 << 14;
    public static final int GRANULAR = 1 << 15;

    /** No descriptor is loaded (a null selector): any use faults. */
    public static final int UNUSABLE = 1 << 16;

    public int selector;

    /** Linear base; 64 bits for FS, GS, LDTR and TR in long mode. */
    public long base;

    /** The last byte's offset, in bytes (granularity applied): 0..FFFFFFFFH. */
    public long limit;

    public int attributes;

    /** The four type bits. */
    public int type() {
        return attributes & 0xf;
    }

    public int dpl() {
        return (attributes >>> DPL_SHIFT) & 3;
    }

    public boolean usable() {
        return (attributes & UNUSABLE) == 0;
    }

    public boolean is(int attribute) {
        return (attributes & attribute) != 0;
    }

    /** Loads all four parts. */
    public void set(int selector, long base, long limit, int attributes) {
        this.selector = selector;
        this.base = base;
        this.limit = limit;
        this.attributes = attributes;
    }

    /** Copies another register. */
    public void set(Segment other) {
        set(other.selector, other.base, other.limit, other.attributes);
    }

    @Override
    public void state(StatePort port) {
        selector = port.number("selector", selector);
        base = port.number("base", base);
        limit = port.number("limit", limit);
        attributes = port.number("attributes", attributes);
    }
}

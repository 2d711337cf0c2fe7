package org.thirdmode.svm.exec;

import org.thirdmode.x86.state.Segment;

/**
 * Segment attributes as a VMCB holds them: "the attribute bits of the segment descriptor in 12 bits". APM 2 "Segment State
 * in the VMCB".
 *
 * <pre>
 *   VMCB     11 G  10 D/B  9 L  8 AVL              7 P  6:5 DPL  4 S  3:0 type
 *   Segment  15 G  14 D/B 13 L 12 AVL  16 unusable 7 P  6:5 DPL  4 S  3:0 type
 * </pre>
 *
 * A register that holds a null selector has P clear.
 */
final class Segments {
    private static final int LOW = 0xff;
    private static final int HIGH = 0xf00;
    private static final int MOVED = 4;
    private static final int SELECTOR = 0xffff;
    private static final int ATTRIBUTES_SHIFT = 16;
    private static final int LIMIT_SHIFT = 32;

    private Segments() {}

    /** The attributes of a segment register other than CS, from those of a VMCB. */
    static int fromVmcb(long attributes) {
        int moved = codeFromVmcb(attributes);
        return (moved & Segment.PRESENT) != 0 ? moved : moved | Segment.UNUSABLE;
    }

    /** The attributes of CS, which is always usable. */
    static int codeFromVmcb(long attributes) {
        int a = (int) attributes;
        return (a & LOW) | ((a & HIGH) << MOVED);
    }

    /** The first eight bytes of a segment register in a VMCB: selector (15:0), attributes (31:16), limit (63:32). */
    static long packed(Segment segment) {
        return (segment.selector & SELECTOR)
                | ((long) toVmcb(segment) << ATTRIBUTES_SHIFT)
                | (segment.limit << LIMIT_SHIFT);
    }

    /**
     * Loads a segment register.
     *
     * @param packed as {@link #packed} has it
     */
    static void load(Segment segment, long packed, long base) {
        segment.set(
                (int) packed & SELECTOR,
                base,
                packed >>> LIMIT_SHIFT,
                fromVmcb((packed >>> ATTRIBUTES_SHIFT) & 0xffff));
    }

    /** The attributes for a VMCB. */
    static int toVmcb(Segment segment) {
        int a = segment.attributes;
        int image = (a & LOW) | ((a >>> MOVED) & HIGH);
        return segment.usable() ? image : image & ~Segment.PRESENT;
    }
}

package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.state.Segment;

/**
 * The fields of an 8-byte descriptor, read as one little-endian number. SDM 3A "Segment Descriptors", "Call Gates", "IDT
 * Descriptors".
 *
 * <pre>
 *   segment   63:56 base 31:24   55 G  54 D/B  53 L  52 AVL   51:48 limit 19:16
 *             47 P   46:45 DPL   44 S  43:40 type             39:16 base 23:0      15:0 limit 15:0
 *   gate      63:48 offset 31:16
 *             47 P   46:45 DPL   44 S  43:40 type   36:32 parameter count, 34:32 IST
 *             31:16 selector                                                       15:0 offset 15:0
 * </pre>
 */
final class Descriptor {
    private Descriptor() {}

    // System-segment and gate types: the four type bits where S is clear.
    static final int TSS_16_AVAILABLE = 1;
    static final int LDT = 2;
    static final int TSS_16_BUSY = 3;
    static final int CALL_GATE_16 = 4;
    static final int TASK_GATE = 5;
    static final int INTERRUPT_GATE_16 = 6;
    static final int TRAP_GATE_16 = 7;
    static final int TSS_32_AVAILABLE = 9;
    static final int TSS_32_BUSY = 11;
    static final int CALL_GATE_32 = 12;
    static final int INTERRUPT_GATE_32 = 14;
    static final int TRAP_GATE_32 = 15;

    /** In a TSS type: busy. */
    static final int BUSY = 2;

    static long base(long d) {
        return ((d >>> 16) & 0xff_ffffL) | ((d >>> 32) & 0xff00_0000L);
    }

    /** The last byte's offset: granularity applied. */
    static long limit(long d) {
        long limit = (d & 0xffff) | ((d >>> 32) & 0xf_0000L);
        return ((d >>> 55) & 1) != 0 ? (limit << 12) | 0xfff : limit;
    }

    /** In the layout of {@link Segment#attributes}. */
    static int attributes(long d) {
        return (int) (d >>> 40) & 0xf0ff;
    }

    /** Type and S in one number: 0..15 for system segments and gates, 16..31 for code and data. */
    static int type(long d) {
        return (int) (d >>> 40) & 0x1f;
    }

    static int dpl(long d) {
        return (int) (d >>> 45) & 3;
    }

    static boolean present(long d) {
        return ((d >>> 47) & 1) != 0;
    }

    static boolean isCode(long d) {
        return (type(d) & (Segment.CODE_OR_DATA | Segment.CODE)) == (Segment.CODE_OR_DATA | Segment.CODE);
    }

    static boolean isConforming(long d) {
        return (type(d) & Segment.EXPAND_DOWN) != 0;
    }

    static boolean isWritableData(long d) {
        int wanted = Segment.CODE_OR_DATA | Segment.WRITABLE;
        return (type(d) & (wanted | Segment.CODE)) == wanted;
    }

    /** Data, or code that may be read. */
    static boolean isReadable(long d) {
        int type = type(d);
        return (type & Segment.CODE_OR_DATA) != 0 && (type & (Segment.CODE | Segment.WRITABLE)) != Segment.CODE;
    }

    static boolean isLong(long d) {
        return ((d >>> 53) & 1) != 0;
    }

    static boolean isBig(long d) {
        return ((d >>> 54) & 1) != 0;
    }

    static boolean isAvailableTss(long d) {
        int type = type(d);
        return type == TSS_16_AVAILABLE || type == TSS_32_AVAILABLE;
    }

    static boolean isBusyTss(long d) {
        int type = type(d);
        return type == TSS_16_BUSY || type == TSS_32_BUSY;
    }

    static long gateOffset(long d) {
        return (d & 0xffff) | ((d >>> 32) & 0xffff_0000L);
    }

    static int gateSelector(long d) {
        return (int) (d >>> 16) & 0xffff;
    }

    static int gateParameters(long d) {
        return (int) (d >>> 32) & 0x1f;
    }

    static int gateStackTable(long d) {
        return (int) (d >>> 32) & 7;
    }

    /** A gate of 32 bits (in long mode: of 64) rather than 16. */
    static boolean gateIsWide(long d) {
        return (type(d) & 8) != 0;
    }
}

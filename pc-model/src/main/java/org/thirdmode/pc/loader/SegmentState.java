package org.thirdmode.pc.loader;

/**
 * A segment register with its hidden part.
 *
 * @param selector the visible 16 bits
 * @param base the base address
 * @param limit the limit in bytes, after scaling by the granularity
 * @param accessRights type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15, unusable 16: SDM 3C "Guest Register State",
 *     table "Format of Access Rights"
 */
public record SegmentState(int selector, long base, long limit, int accessRights) {
    /** Accessed, readable code and accessed, writable data; present, DPL 0. */
    private static final int CODE = 0x9b;

    private static final int DATA = 0x93;
    private static final int LONG_CODE = 0xa000;
    private static final int FLAT_32 = 0xc000;

    /** A register of LDTR's kind that holds no segment. */
    public static final SegmentState UNUSABLE_LDT = new SegmentState(0, 0, 0xffff, 0x82);

    /** The task register after reset: a busy TSS at 0. SDM 3A "Processor State After Reset". */
    public static final SegmentState RESET_TSS = new SegmentState(0, 0, 0xffff, 0x8b);

    /** A real-mode segment: data for code too, as after reset. */
    public static SegmentState real(int selector) {
        return new SegmentState(selector, (long) selector << 4, 0xffff, DATA);
    }

    /** A flat 32-bit code segment. */
    public static SegmentState flatCode(int selector) {
        return new SegmentState(selector, 0, 0xffff_ffffL, CODE | FLAT_32);
    }

    /** A flat 32-bit data segment. */
    public static SegmentState flatData(int selector) {
        return new SegmentState(selector, 0, 0xffff_ffffL, DATA | FLAT_32);
    }

    /** A 64-bit code segment. */
    public static SegmentState longCode(int selector) {
        return new SegmentState(selector, 0, 0xffff_ffffL, CODE | LONG_CODE);
    }
}

package org.thirdmode.shadow.table;

/**
 * The bits of a shadow entry.
 *
 * <pre>
 *  63 62   59 58   52 51         M M-1          12 11  10  9   8  7  6  5  4   3   2   1   0
 * +--+-------+-------+------------+---------------+---+---+---+--+--+--+--+---+---+---+---+--+
 * |XD|  key  |  gen  |  reserved  |     frame     |   |   |IO | G|PS| D| A|PCD|PWT|U/S|R/W| P|
 * +--+-------+-------+------------+---------------+---+---+---+--+--+--+--+---+---+---+---+--+
 * </pre>
 *
 * IO marks an address without memory (the processor ignores bits 11:9); gen, the generation of such a mark, is used in
 * those alone. An entry of 32-bit tables ends at bit 31.
 */
public final class Bits {
    private Bits() {}

    public static final long P = 1L;
    public static final long RW = 1L << 1;
    public static final long US = 1L << 2;
    public static final long A = 1L << 5;
    public static final long D = 1L << 6;
    public static final long PS = 1L << 7;
    public static final long G = 1L << 8;
    public static final long IO = 1L << 9;
    public static final long XD = 1L << 63;
    public static final int KEY_SHIFT = 59;
    public static final int GENERATION_SHIFT = 52;
    public static final int GENERATIONS = 1 << 7;

    /** Bits 51:12. */
    public static final long FRAME = 0x000f_ffff_ffff_f000L;

    /** Whether an entry maps or refers to something. */
    public static boolean present(long entry) {
        return (entry & (P | IO)) == P;
    }

    /** Whether an entry marks an address without memory. */
    public static boolean io(long entry) {
        return (entry & IO) != 0;
    }
}

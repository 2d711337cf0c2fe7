package org.thirdmode.x86.tlb;

/** The sizes of pages. */
public enum PageSize {
    KBYTE_4(12),
    MBYTE_2(21),
    /** 32-bit paging only; held where 2-MByte pages are. */
    MBYTE_4(22),
    GBYTE_1(30);

    /** log2 of the size in bytes. */
    public final int shift;

    PageSize(int shift) {
        this.shift = shift;
    }

    /** The number of the size whose log2 is {@code shift}, as in {@link #ordinal}. */
    static int ordinalOf(int shift) {
        return switch (shift) {
            case 12 -> 0;
            case 21 -> 1;
            case 22 -> 2;
            default -> 3;
        };
    }
}

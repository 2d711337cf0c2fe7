package org.thirdmode.testkit.world;

/** The guest's paging mode. SDM 3A, table "Properties of Different Paging Modes". */
public enum GuestMode {
    NONE(0, 0, 8, 32),
    BITS_32(2, 10, 4, 32),
    PAE(3, 9, 8, 32),
    LEVEL_4(4, 9, 8, 48),
    LEVEL_5(5, 9, 8, 57);

    /** Levels of tables. */
    public final int levels;

    /** Bits of a linear address that choose an entry. */
    public final int indexBits;

    /** Bytes of an entry. */
    public final int entrySize;

    private final int linearBits;

    GuestMode(int levels, int indexBits, int entrySize, int linearBits) {
        this.levels = levels;
        this.indexBits = indexBits;
        this.entrySize = entrySize;
        this.linearBits = linearBits;
    }

    /** Entries of a table of a level. */
    public int entries(int level) {
        return this == PAE && level == 3 ? 4 : 1 << indexBits;
    }

    /** log2 of what an entry of a level covers. */
    public int shift(int level) {
        return 12 + (indexBits * (level - 1));
    }

    /** Which entry of a level a linear address selects. */
    public int index(long linear, int level) {
        return (int) (linear >>> shift(level)) & (entries(level) - 1);
    }

    /** The address that the guest can use in this mode: of 32 bits, or canonical. SDM 1 "Canonical Addressing". */
    public long linear(long any) {
        int unused = 64 - linearBits;
        return linearBits == 32 ? any & 0xffff_ffffL : (any << unused) >> unused;
    }
}

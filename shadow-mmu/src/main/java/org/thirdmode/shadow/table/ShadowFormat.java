package org.thirdmode.shadow.table;

import org.thirdmode.shadow.HostFormat;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.ModelBug;

/** The formats of shadow tables: those that the hardware walks. SDM 3A, table "Properties of Different Paging Modes". */
public enum ShadowFormat {
    BITS_32(2, 10, 4),
    PAE(3, 9, 8),
    LEVEL_4(4, 9, 8),
    LEVEL_5(5, 9, 8);

    /** Levels of tables; the highest of PAE has four entries. */
    public final int levels;

    /** Bits of a linear address that choose an entry. */
    public final int indexBits;

    /** Bytes of an entry. */
    public final int entrySize;

    ShadowFormat(int levels, int indexBits, int entrySize) {
        this.levels = levels;
        this.indexBits = indexBits;
        this.entrySize = entrySize;
    }

    /**
     * The format in which the hardware must be to run a guest.
     *
     * @param guestLevels its paging levels, 0 without paging
     * @param cr4 its CR4
     */
    public static ShadowFormat of(HostFormat host, int guestLevels, long cr4) {
        if (guestLevels > host.guestLevels) {
            throw new ModelBug("a guest with " + guestLevels + "-level paging on a host with " + host + " tables");
        }
        return switch (guestLevels) {
            case 5 -> LEVEL_5;
            case 4 -> LEVEL_4;
            // A 32-bit table would be the shadow of two PAE tables, and has no XD.
            case 3 -> PAE;
            // A fault must tell a fetch from a read where SMAP forbids the one alone: with 32-bit tables only SMEP
            // makes it.
            default -> host == HostFormat.BITS_32 && (cr4 & (Cr4.SMAP | Cr4.SMEP)) != Cr4.SMAP ? BITS_32 : PAE;
        };
    }

    /** Entries of a table, the four of the highest of PAE aside. */
    public int entries() {
        return 1 << indexBits;
    }

    /** log2 of what an entry of a level maps or refers to. */
    public int shift(int level) {
        return 12 + (indexBits * (level - 1));
    }

    /** Guest frames that an entry of a level covers. */
    public long frames(int level) {
        return 1L << (indexBits * (level - 1));
    }

    /** Which entry of a level a linear address selects. */
    public int index(long linear, int level) {
        int index = (int) (linear >>> shift(level)) & (entries() - 1);
        return this == PAE && level == 3 ? index & 3 : index;
    }

    /** Whether entries have an XD bit. */
    public boolean hasExecuteDisable() {
        return this != BITS_32;
    }
}

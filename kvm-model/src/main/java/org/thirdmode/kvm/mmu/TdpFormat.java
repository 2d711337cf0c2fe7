package org.thirdmode.kvm.mmu;

import org.thirdmode.shadow.HostFormat;

/**
 * The format of the tables of the second dimension: EPT's own (SDM 3C "EPT Translation Mechanism"), or that of the host's
 * tables (APM 2 "Nested Paging": "nested page tables have the same format as the host's").
 *
 * <pre>
 *       63        52 51           12 11 10  9   8   7   6    5   4   3    2   1   0
 * EPT  |  ignored   |   address     |      | D | A | PS|IPAT|   type    | X | W | R |
 * NPT  |NX| ignored |   address     | ignored|G| PS| D |  A |PCD|PWT|   US|RW | P |
 * </pre>
 *
 * A nested walk is a user's: US is set everywhere, and G nowhere, for it "is ignored".
 */
public enum TdpFormat {
    /** EPT, a page-walk length of 4. */
    EPT_4(4, 9, 8),
    /** EPT, a page-walk length of 5. */
    EPT_5(5, 9, 8),
    /** A 32-bit host without PAE: 4-MByte pages, addresses of 32 bits. */
    NPT_32(2, 10, 4),
    /** A 32-bit host with PAE: the top table has four entries, which have no rights and no flags. */
    NPT_PAE(3, 9, 8),
    /** A 64-bit host. */
    NPT_4(4, 9, 8),
    /** A 64-bit host with 5-level paging. */
    NPT_5(5, 9, 8);

    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    /** EPT: write-back, and whatever the guest's PAT says: the memory is RAM. */
    private static final long WRITE_BACK = 6L << 3 | 1L << 6;

    private static final int PAGE_SIZE_BIT = 7;

    /** Levels of tables; also the level of the root. */
    public final int levels;

    /** log2 of the entries of a table. */
    public final int indexBits;

    /** Of an entry, in bytes. */
    public final int entrySize;

    private final long presentBit;
    private final long writeBit;

    /** All rights. */
    private final long rights;

    private final long pageSize = 1L << PAGE_SIZE_BIT;
    private final long accessedBit;
    private final long dirtyBit;
    private final long memoryType;

    TdpFormat(int levels, int indexBits, int entrySize) {
        this.levels = levels;
        this.indexBits = indexBits;
        this.entrySize = entrySize;
        boolean ept = name().startsWith("EPT");
        presentBit = 1;
        writeBit = 1 << 1;
        rights = 7;
        accessedBit = ept ? 1 << 8 : 1 << 5;
        dirtyBit = ept ? 1 << 9 : 1 << 6;
        memoryType = ept ? WRITE_BACK : 0;
    }

    /** The format of EPT, with tables enough for guest-physical addresses of {@code width} bits. */
    public static TdpFormat ept(int width) {
        return width > 48 ? EPT_5 : EPT_4;
    }

    /** The format of nested tables on a host. */
    public static TdpFormat npt(HostFormat host) {
        return switch (host) {
            case BITS_32 -> NPT_32;
            case PAE -> NPT_PAE;
            case LEVEL_4 -> NPT_4;
            case LEVEL_5 -> NPT_5;
        };
    }

    /** Whether it is EPT's: then A and D mean something only where the EPT pointer says so. */
    public boolean ept() {
        return this == EPT_4 || this == EPT_5;
    }

    /** Entries of a table. */
    public int entries(int level) {
        return this == NPT_PAE && level == 3 ? 4 : 1 << indexBits;
    }

    /** log2 of the guest frames that an entry of {@code level} covers. */
    public int shift(int level) {
        return indexBits * (level - 1);
    }

    /** The number of the entry of a table of {@code level} on the way to a guest frame. */
    public int index(long gfn, int level) {
        return (int) (gfn >>> shift(level)) & (entries(level) - 1);
    }

    /** Whether guest-physical addresses of a frame can be translated at all. */
    public boolean reaches(long gfn) {
        int top = this == NPT_PAE ? 20 : indexBits * levels;
        return gfn >>> top == 0;
    }

    // ---- entries ----

    public boolean present(long entry) {
        return (entry & presentBit) != 0;
    }

    /** Whether a present entry maps a page. */
    public boolean maps(long entry, int level) {
        return level == 1 || (entry & pageSize) != 0;
    }

    public boolean writable(long entry) {
        return (entry & writeBit) != 0;
    }

    public boolean accessed(long entry) {
        return (entry & accessedBit) != 0;
    }

    public boolean dirty(long entry) {
        return (entry & dirtyBit) != 0;
    }

    /** The host-physical address of the table or page. */
    public long address(long entry) {
        return entry & ADDRESS;
    }

    /** The entry that refers to a table: all rights. */
    public long table(long host, int level) {
        if (this == NPT_PAE && level == 3) {
            return host | presentBit;
        }
        return host | rights | (ept() ? 0 : accessedBit);
    }

    /** The entry that maps a page, which has been accessed. */
    public long page(long host, int level, boolean writable, boolean dirty) {
        return host
                | (writable ? rights : rights & ~writeBit)
                | memoryType
                | accessedBit
                | (dirty ? dirtyBit : 0)
                | (level > 1 ? pageSize : 0);
    }

    public long withoutWrite(long entry) {
        return entry & ~writeBit;
    }

    public long withoutDirty(long entry) {
        return entry & ~dirtyBit;
    }

    public long withoutAccessed(long entry) {
        return entry & ~accessedBit;
    }

    /** The entry of the table below that maps its part {@code index} of the large page that {@code entry} maps. */
    public long part(long entry, int level, int index) {
        long small = entry + ((long) index << (12 + shift(level - 1)));
        return level == 2 ? small & ~pageSize : small;
    }

    /** The same entry for a page of the next size. */
    public long large(long entry) {
        return entry | pageSize;
    }
}

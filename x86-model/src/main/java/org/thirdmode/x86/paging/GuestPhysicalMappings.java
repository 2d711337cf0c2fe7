package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * What {@code fast} fidelity keeps of the second dimension, so that a two-dimensional walk costs little more than one of the
 * guest's alone: guest-physical mappings as SDM 3C "Caching Translation Information" allows any processor to keep them.
 * {@code detailed} fidelity has the caches of its profile instead ({@code tlb.NestedCaches}).
 *
 * <p>A second stage asks here before it walks, keeps here what it found, and tells the walker how many references that
 * spared ({@link PageWalker#nestedSpared}): the counts are those of a processor without such caches. What is kept may be
 * older than the tables, so only a walk of these may refuse an access, and nothing is kept of which an access would still
 * have to set a flag. It goes by INVEPT, by flushes of an ASID, and where another context is chosen.
 *
 * <p>Most pages are <em>plain</em>: all that a guest can do there is allowed, and no flag is left to set. The walker reaches
 * these by itself ({@link #reach}); how an entry looks that says so, each stage tells ({@link #plain}).
 */
public final class GuestPhysicalMappings {
    private static final int PAGE_SHIFT = 12;
    private static final int REGION_SHIFT = 21;
    private static final int ENTRIES = 1 << 10;
    private static final int GENERATION_BITS = 12;
    private static final long PAGE_OFFSET = 0xfff;
    private static final long REGION_OFFSET = 0x1f_ffff;

    /** In the place of a page's address: none. */
    public static final long NO_PAGE = -1;

    private static final long GENERATIONS = 1L << GENERATION_BITS;

    /** One of them; what its fields but the tag mean is the stage's own. */
    public static final class Mapping {
        private long tag = -1;

        /** A host-physical address: of the page, or of the table that the walk goes on in. */
        public long host;

        /** The entry that maps the page, or that refers to the table. */
        public long entry;

        /** What all entries on the way allow. */
        public long rights;

        /** The level of {@link #entry}: 1 to 5. */
        public int level;

        /** Of a region: log2 of the size of the pages that map it. */
        public int pageShift;

        /** The levels that a walk would have read, as {@link WalkCounters#levels} has it. */
        int spared;

        /** All is allowed by it, and by the entries above it; no flag is left to set. */
        private boolean plain;

        /** What stands at {@link #host}: the page, or the table; null where that is no memory. */
        byte[] bytes;

        /** Of a region: whether {@link #host} is a page table that maps it page by page. */
        public boolean isTable() {
            return pageShift == PAGE_SHIFT;
        }

        private void set(long itsHost, long itsEntry, long itsRights, int itsLevel) {
            host = itsHost;
            entry = itsEntry;
            rights = itsRights;
            level = itsLevel;
        }
    }

    private final PhysicalMemory memory;

    private final Mapping[] pages = mappings();
    private final Mapping[] regions = mappings();
    private long generation;

    /** The EPTRTA or ASID of what is kept. */
    private long context = AddressSpaces.NO_ROOT;

    // ---- what plain entries of page tables look like ----

    private boolean anyPlain;
    private int levels;
    private long plainMask;
    private long plainBits;

    /** The page, by its host-physical address, that is not reached without asking the stage. */
    private long withheld = NO_PAGE;

    private final long addressMask;

    GuestPhysicalMappings(PhysicalMemory memory) {
        this.memory = memory;
        addressMask = (1L << memory.addressWidth()) - (1L << PAGE_SHIFT);
    }

    private static Mapping[] mappings() {
        Mapping[] mappings = new Mapping[ENTRIES];
        for (int i = 0; i < ENTRIES; i++) {
            mappings[i] = new Mapping();
        }
        return mappings;
    }

    private Mapping slot(Mapping[] of, long number) {
        return of[(int) number & (ENTRIES - 1)];
    }

    private long tag(long number) {
        return (number << GENERATION_BITS) | generation;
    }

    private Mapping find(Mapping[] in, long number) {
        Mapping mapping = slot(in, number);
        return mapping.tag == tag(number) ? mapping : null;
    }

    private Mapping fresh(Mapping[] in, long number) {
        Mapping mapping = slot(in, number);
        mapping.tag = tag(number);
        return mapping;
    }

    /** What is kept of the 4 KBytes around a guest-physical address, or null. */
    public Mapping page(long guestPhysical) {
        return find(pages, guestPhysical >>> PAGE_SHIFT);
    }

    /**
     * Keeps the same: the stage has translated it to read a guest's table. The walker then reads tables there without asking
     * the stage.
     *
     * @param highest the level at which a walk for it begins
     * @param host the host-physical address of the page
     * @param level of {@code entry}, which maps it
     */
    public void keepPage(long guestPhysical, int highest, long host, long entry, long rights, int level) {
        Mapping mapping = fresh(pages, guestPhysical >>> PAGE_SHIFT);
        mapping.set(host, entry, rights, level);
        mapping.spared = WalkCounters.levels(highest, level);
        mapping.bytes = bytes(host);
    }

    private byte[] bytes(long host) {
        Frame frame = memory.frame(host);
        return frame == null ? null : frame.bytes;
    }

    /** What is kept of the 2 MBytes around a guest-physical address, or null. */
    public Mapping region(long guestPhysical) {
        return find(regions, guestPhysical >>> REGION_SHIFT);
    }

    /**
     * Keeps the same, or the part of it that is in a page of 4 MBytes or of 1 GByte.
     *
     * @param pageShift log2 of the size of that page
     * @param host where the region is
     * @param level of {@code entry}, which maps it
     * @param plain whether all is allowed there and no flag is left to set
     */
    public void keepLarge(
            long guestPhysical, int pageShift, long host, long entry, long rights, int level, boolean plain) {
        Mapping mapping = fresh(regions, guestPhysical >>> REGION_SHIFT);
        mapping.set(host, entry, rights, level);
        mapping.pageShift = pageShift;
        mapping.bytes = null;
        mapping.plain = plain;
    }

    /**
     * Keeps the page table of the 2 MBytes around a guest-physical address.
     *
     * @param host where the table is
     * @param entry which refers to it
     * @param plain whether all entries on the way allow all
     */
    public void keepTable(long guestPhysical, long host, long entry, long rights, boolean plain) {
        Mapping mapping = fresh(regions, guestPhysical >>> REGION_SHIFT);
        mapping.set(host, entry, rights, 2);
        mapping.pageShift = PAGE_SHIFT;
        mapping.bytes = bytes(host);
        mapping.plain = plain && mapping.bytes != null;
    }

    // ---- plain pages ----

    /** From now on the stage is to be asked for each final address. */
    public void nothingPlain() {
        anyPlain = false;
    }

    /**
     * How a plain entry of a page table looks from now on.
     *
     * @param highest the level at which a walk begins
     * @param mask bits of an entry, 8 bytes long, that decide
     * @param bits what they are in a plain one
     * @param exceptPage a host-physical page that is reached only by asking the stage, or {@link #NO_PAGE}
     */
    public void plain(int highest, long mask, long bits, long exceptPage) {
        anyPlain = true;
        levels = highest;
        plainMask = mask;
        plainBits = bits;
        withheld = exceptPage;
    }

    /**
     * Takes the guest-physical address in {@code t} to the host-physical one if its page is known to be plain.
     *
     * @return the levels that this spares, as {@link WalkCounters#levels} has it, or 0 where the stage has to be asked
     */
    int reach(Translation t) {
        long guestPhysical = t.physical;
        Mapping region = find(regions, guestPhysical >>> REGION_SHIFT);
        if (region == null || !region.plain || !anyPlain) {
            return 0;
        }
        long host;
        int lowest;
        if (region.bytes == null) {
            host = region.host | (guestPhysical & REGION_OFFSET);
            lowest = region.level;
        } else {
            long entry = (long) Frame.LONG.get(region.bytes, (int) (guestPhysical >>> 9) & 0xff8);
            if ((entry & plainMask) != plainBits) {
                return 0;
            }
            host = (entry & addressMask) | (guestPhysical & PAGE_OFFSET);
            lowest = 1;
        }
        if ((host & ~PAGE_OFFSET) == withheld) {
            return 0;
        }
        t.physical = host;
        t.pageShift = Math.min(t.pageShift, region.pageShift);
        return WalkCounters.levels(levels, lowest);
    }

    /** Drops what an access to a guest-physical address would use: an EPT violation, a nested page fault. */
    public void drop(long guestPhysical) {
        slot(pages, guestPhysical >>> PAGE_SHIFT).tag = -1;
        slot(regions, guestPhysical >>> REGION_SHIFT).tag = -1;
    }

    /** Drops everything. */
    public void dropAll() {
        generation++;
        if (generation == GENERATIONS) {
            generation = 0;
            for (int i = 0; i < ENTRIES; i++) {
                pages[i].tag = -1;
                regions[i].tag = -1;
            }
        }
    }

    /** Keeps those of one EPTRTA or ASID from now on. */
    void choose(long other) {
        if (context != other) {
            context = other;
            dropAll();
        }
    }

    /** Drops those of an EPTRTA or ASID. */
    void dropOf(long which) {
        if (context == which) {
            dropAll();
        }
    }
}

package org.thirdmode.x86.paging;

/**
 * What {@code fast} fidelity keeps of the second dimension, so that a two-dimensional walk costs little more than one of the
 * guest's alone: guest-physical mappings as SDM 3C "Caching Translation Information" allows any processor to keep them.
 * {@code detailed} fidelity has the caches of its profile instead ({@code tlb.NestedCaches}).
 *
 * <p>A second stage asks here before it walks, keeps here what it found, and tells the walker how many references that
 * spared ({@link PageWalker#nestedSpared}): the counts are those of a processor without such caches. What is kept may be
 * older than the tables, so only a walk of these may refuse an access, and nothing is kept of which an access would still
 * have to set a flag. It goes by INVEPT, by flushes of an ASID, and where another context is chosen.
 */
public final class GuestPhysicalMappings {
    private static final int PAGE_SHIFT = 12;
    private static final int REGION_SHIFT = 21;
    private static final int ENTRIES = 1 << 10;
    private static final int GENERATION_BITS = 12;
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

        /** The level at which a walk for it begins. */
        int highest;

        /** Keeps these. */
        public void set(long itsHost, long itsEntry, long itsRights, int itsLevel) {
            host = itsHost;
            entry = itsEntry;
            rights = itsRights;
            level = itsLevel;
        }
    }

    private final Mapping[] pages = mappings();
    private final Mapping[] regions = mappings();
    private long generation;

    /** The EPTRTA or ASID of what is kept. */
    private long context = AddressSpaces.NO_ROOT;

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
     * The same, to be set anew: the stage has translated it to read a guest's table and keeps it for that. The walker then
     * reads tables there without asking the stage.
     *
     * @param highest the level at which a walk for it begins
     */
    public Mapping freshPage(long guestPhysical, int highest) {
        Mapping mapping = fresh(pages, guestPhysical >>> PAGE_SHIFT);
        mapping.highest = highest;
        return mapping;
    }

    /** What is kept of the 2 MBytes around a guest-physical address, or null. */
    public Mapping region(long guestPhysical) {
        return find(regions, guestPhysical >>> REGION_SHIFT);
    }

    /** The same, to be set anew. */
    public Mapping freshRegion(long guestPhysical) {
        return fresh(regions, guestPhysical >>> REGION_SHIFT);
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

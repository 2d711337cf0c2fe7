package org.thirdmode.x86.tlb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The paging-structure caches: PDE cache, PDPTE cache and so on. SDM 3A "Caches for Paging Structures".
 *
 * <p>Contexts are those of {@link TlbBuffer}. Addresses are linear ones, or guest-physical ones in the second dimension.
 *
 * <p>An entry is kept by the bits of the linear address that selected it and all entries above it, with the rights that
 * those allow together; a walk begins at the lowest one that is found.
 */
public final class StructureCaches {
    private static final int LEVELS = 6;
    private static final long LINEAR_MASK = (1L << 57) - 1;

    private final Level[] levels = new Level[LEVELS];
    private long now;

    /** After {@link #find}: physical address of the table that the entry found refers to. */
    public long table;

    /** After {@link #find}: the rights that were put in with it. */
    public long rights;

    private static final int CONTEXT_BITS = 16;
    private static final int CONTEXT_MASK = (1 << CONTEXT_BITS) - 1;
    private static final int SPACE_MASK = 0xf000;
    private static final int GENERATION_SHIFT = 52;
    private static final long MAX_GENERATION = 1 << 11;

    /** Entries of more than one context. */
    private static final int MIXED = -1;

    /** One cache: an exact LRU of entries of one level. */
    private static final class Level {
        final String name;
        final int ways;
        final int setMask;
        final long[] tags;
        final long[] stamps;
        final long[] tables;
        final long[] rights;
        int live;

        /**
         * Part of every tag: a flush of all counts it up and so touches no entry. What it leaves behind is older than
         * all that comes after, and goes first.
         */
        long generation = 1;

        /** The context of all entries, or {@link #MIXED}. Where there is only one a flush needs no search. */
        int context;

        long hits;
        long misses;
        long fills;

        Level(TlbGeometry.StructureCache geometry) {
            name = geometry.name();
            ways = geometry.ways();
            setMask = (geometry.entries() / ways) - 1;
            tags = new long[geometry.entries()];
            stamps = new long[geometry.entries()];
            tables = new long[geometry.entries()];
            rights = new long[geometry.entries()];
            Arrays.fill(tags, -1);
            Arrays.fill(stamps, -1);
        }

        int find(long number, int of) {
            if (live != 0) {
                long tag = tagOf(number, of);
                int first = ((int) number & setMask) * ways;
                for (int slot = first; slot < first + ways; slot++) {
                    if (tags[slot] == tag) {
                        return slot;
                    }
                }
            }
            return -1;
        }

        void put(long number, int of, long table, long allowed, long now) {
            int first = ((int) number & setMask) * ways;
            int victim = first;
            for (int slot = first + 1; slot < first + ways; slot++) {
                if (stamps[slot] < stamps[victim]) {
                    victim = slot;
                }
            }
            if (live == 0) {
                context = of;
            } else if (context != of) {
                context = MIXED;
            }
            if (tags[victim] >>> GENERATION_SHIFT != generation) {
                live++;
            }
            fills++;
            tags[victim] = tagOf(number, of);
            stamps[victim] = now;
            tables[victim] = table;
            rights[victim] = allowed;
        }

        void drop(int slot) {
            if (tags[slot] >>> GENERATION_SHIFT == generation) {
                live--;
                tags[slot] = -1;
                stamps[slot] = -1;
            }
        }

        void dropContext(int of) {
            if (context == of) {
                dropAll();
                return;
            }
            for (int slot = 0; context == MIXED && slot < tags.length; slot++) {
                if ((tags[slot] & CONTEXT_MASK) == of) {
                    drop(slot);
                }
            }
        }

        void dropSpace(int of) {
            for (int slot = 0; live != 0 && slot < tags.length; slot++) {
                if (((tags[slot] ^ of) & SPACE_MASK) == 0) {
                    drop(slot);
                }
            }
        }

        void dropAll() {
            if (live != 0) {
                live = 0;
                if (++generation == MAX_GENERATION) {
                    generation = 1;
                    Arrays.fill(tags, -1);
                }
            }
        }

        /** 36 bits of number at most: of a PDE. */
        private long tagOf(long number, int of) {
            return (generation << GENERATION_SHIFT) | (number << CONTEXT_BITS) | of;
        }
    }

    public StructureCaches(List<TlbGeometry.StructureCache> geometries) {
        for (TlbGeometry.StructureCache geometry : geometries) {
            levels[geometry.level()] = new Level(geometry);
        }
    }

    /**
     * Where a walk for {@code linear} may begin.
     *
     * @param top the level of the table that CR3 (or a PDPTE register) points to
     * @param indexBits bits of the linear address that select an entry: 9, or 10 in 32-bit paging
     * @return the level of {@link #table}, 1 for a page table; 0 where nothing is cached
     */
    public int find(long linear, int top, int indexBits, int context) {
        now++;
        for (int level = 2; level <= top; level++) {
            Level cache = levels[level];
            if (cache != null) {
                int slot = cache.find(number(linear, level, indexBits), context);
                if (slot >= 0) {
                    cache.hits++;
                    cache.stamps[slot] = now;
                    table = cache.tables[slot];
                    rights = cache.rights[slot];
                    return level - 1;
                }
                cache.misses++;
            }
        }
        return 0;
    }

    /** Keeps an entry of a level that a walk has used. */
    public void put(long linear, int level, int indexBits, int context, long tableBelow, long allowed) {
        Level cache = levels[level];
        if (cache != null) {
            cache.put(number(linear, level, indexBits), context, tableBelow, allowed, now);
        }
    }

    private static long number(long linear, int level, int indexBits) {
        return (linear & LINEAR_MASK) >>> (12 + (indexBits * (level - 1)));
    }

    /** Drops the entries that a walk for {@code linear} would use: a page fault. */
    public void drop(long linear, int indexBits, int context) {
        for (int level = 2; level < LEVELS; level++) {
            if (levels[level] != null) {
                int slot = levels[level].find(number(linear, level, indexBits), context);
                if (slot >= 0) {
                    levels[level].drop(slot);
                }
            }
        }
    }

    /** Drops every entry of an address space, whatever its PCID. */
    public void dropSpace(int context) {
        for (Level level : levels) {
            if (level != null) {
                level.dropSpace(context);
            }
        }
    }

    /** Drops every entry of a context. */
    public void dropContext(int context) {
        for (Level level : levels) {
            if (level != null) {
                level.dropContext(context);
            }
        }
    }

    /** Drops every entry. */
    public void dropAll() {
        for (Level level : levels) {
            if (level != null) {
                level.dropAll();
            }
        }
    }

    /** What each cache has counted. */
    public List<TlbCount> counts() {
        List<TlbCount> counts = new ArrayList<>();
        for (Level level : levels) {
            if (level != null) {
                counts.add(new TlbCount(level.name, level.hits + level.misses, level.hits, level.fills));
            }
        }
        return counts;
    }
}

package org.thirdmode.x86.tlb;

import java.util.Arrays;

/**
 * A set-associative table of translations with exact LRU replacement.
 *
 * <p>A tag says which page in which context:
 *
 * <pre>
 *   63          19 18  17  16   15    12 11      0
 *  +--------------+------+------+-------+---------+
 *  | page number  | size |global| space |  PCID   |
 *  +--------------+------+------+-------+---------+
 * </pre>
 *
 * <p>The low bits are the {@linkplain #context context}: an address space (a VPID or ASID with an EPTRTA; its number is the
 * caller's) and a PCID in it. A global translation is one of its address space, whatever the PCID.
 *
 * <p>The stamp of a slot is the time of its last use; the victim of a set is the least stamp. Time is the caller's, so that
 * a use may be stamped by whoever knows the slot: {@link #stamps} is public for that.
 */
public final class TlbBuffer {
    /** Address spaces that tags can tell apart. */
    public static final int SPACES = 16;

    private static final int PCID_MASK = 0xfff;
    private static final int SPACE_MASK = 0xf000;
    private static final int GLOBAL = 0x1_0000;
    private static final int CONTEXT_MASK = GLOBAL | SPACE_MASK | PCID_MASK;

    private static final long EMPTY = -1L;
    private static final int MIXED = -1;
    private static final int SIZE_SHIFT = 17;
    private static final int NUMBER_SHIFT = 19;
    private static final int[] SHIFTS = {12, 21, 22, 30};

    /** Linear addresses have 57 bits at most. */
    private static final long LINEAR_MASK = (1L << 57) - 1;

    /** Hears of a translation that leaves the table, while it still stands there. */
    public interface Departure {
        void departs(TlbBuffer buffer, int slot);
    }

    /** Chooses translations to drop. */
    public interface Choice {
        boolean drops(TlbBuffer buffer, int slot);
    }

    /** What the table is called in reports. */
    public final String name;

    /** Its number within its level. */
    public final int index;

    /** Time of last use by slot; -1 where the slot is empty. */
    public final long[] stamps;

    private final long[] tags;
    private final long[] payloads;
    private final int ways;
    private final int setMask;
    private final Departure departure;

    /** The slots in use, densely, and where each stands in that list. */
    private final int[] live;

    private final int[] place;
    private int liveCount;

    /** Ways of each set that have been in use since the table was last empty: the others need no look. */
    private final int[] reached;

    /** The context of all that is in use; {@link #MIXED} where it may be of several. */
    private int onlyContext = MIXED;

    /** Slots in use by page size, and the sizes with any as a bit set: other sizes need no search. */
    private final int[] liveOfSize = new int[SHIFTS.length];

    private int liveSizes;

    /** Translations found by {@link #find}. */
    public long hits;

    /** Translations put in. */
    public long fills;

    /** Translations that went to make room. */
    public long evictions;

    public TlbBuffer(TlbGeometry.Buffer geometry, int index, Departure departure) {
        name = geometry.name();
        this.index = index;
        ways = geometry.ways();
        setMask = (geometry.entries() / ways) - 1;
        this.departure = departure;
        tags = new long[geometry.entries()];
        stamps = new long[geometry.entries()];
        payloads = new long[geometry.entries()];
        reached = new int[setMask + 1];
        live = new int[geometry.entries()];
        place = new int[geometry.entries()];
        Arrays.fill(tags, EMPTY);
        Arrays.fill(stamps, -1);
    }

    /** The context of a PCID in address space {@code space} (0..15). */
    public static int context(int space, int pcid) {
        return (space << 12) | pcid;
    }

    /** The context of the global translations of the same address space. */
    public static int globalContext(int context) {
        return GLOBAL | (context & SPACE_MASK);
    }

    /** Slots of the table. */
    public int size() {
        return tags.length;
    }

    /**
     * The slot that translates {@code linear}, or -1. Counts nothing and stamps nothing.
     *
     * @param context the current one
     */
    public int find(long linear, int context) {
        int global = globalContext(context);
        for (int sizes = liveSizes; sizes != 0; sizes &= sizes - 1) {
            int size = Integer.numberOfTrailingZeros(sizes);
            long number = (linear & LINEAR_MASK) >>> SHIFTS[size];
            long key = (number << NUMBER_SHIFT) | ((long) size << SIZE_SHIFT);
            int set = (int) number & setMask;
            int first = set * ways;
            for (int slot = first; slot < first + reached[set]; slot++) {
                long difference = tags[slot] ^ key;
                if (difference == context || difference == global) {
                    return slot;
                }
            }
        }
        return -1;
    }

    /**
     * Puts a translation in; the least recently used one of its set goes.
     *
     * @param context that of the PCID, or {@link #globalContext}
     * @return its slot
     */
    public int insert(long linear, int pageShift, int context, long payload, long now) {
        int size = PageSize.ordinalOf(pageShift);
        long number = (linear & LINEAR_MASK) >>> pageShift;
        int slot = victim((int) number & setMask);
        if (context != onlyContext) {
            onlyContext = liveCount == 0 ? context : MIXED;
        }
        if (tags[slot] == EMPTY) {
            place[slot] = liveCount;
            live[liveCount++] = slot;
            count(size, 1);
        } else {
            // The slot stays in use: nothing changes but what stands in it.
            evictions++;
            if (departure != null) {
                departure.departs(this, slot);
            }
            if (size(slot) != size) {
                count(size(slot), -1);
                count(size, 1);
            }
        }
        fills++;
        tags[slot] = (number << NUMBER_SHIFT) | ((long) size << SIZE_SHIFT) | context;
        payloads[slot] = payload;
        stamps[slot] = now;
        return slot;
    }

    /** A slot that is empty, else the least recently used one. */
    private int victim(int set) {
        int first = set * ways;
        if (reached[set] < ways) {
            return first + reached[set]++;
        }
        int victim = first;
        long least = stamps[first];
        for (int slot = first + 1; slot < first + ways; slot++) {
            if (stamps[slot] < least) {
                least = stamps[slot];
                victim = slot;
            }
        }
        return victim;
    }

    /** What was put in with the translation. */
    public long payload(int slot) {
        return payloads[slot];
    }

    /** log2 of the size of the page that a slot translates. */
    public int pageShift(int slot) {
        return SHIFTS[size(slot)];
    }

    /** The linear address of the page that a slot translates, without the bits above 56. */
    public long linear(int slot) {
        return (tags[slot] >>> NUMBER_SHIFT) << pageShift(slot);
    }

    /** Whether the translation in a slot is global. */
    public boolean global(int slot) {
        return (tags[slot] & GLOBAL) != 0;
    }

    /** Whether the translation in a slot is one of an address space, of any PCID or global. */
    public boolean inSpace(int slot, int context) {
        return ((tags[slot] ^ context) & SPACE_MASK) == 0;
    }

    /** Whether the translation in a slot is one of exactly this context. */
    public boolean inContext(int slot, int context) {
        return (tags[slot] & CONTEXT_MASK) == context;
    }

    private int size(int slot) {
        return (int) (tags[slot] >>> SIZE_SHIFT) & 3;
    }

    /** One more or one less translation of a page size is in use. */
    private void count(int size, int change) {
        liveOfSize[size] += change;
        liveSizes = liveOfSize[size] == 0 ? liveSizes & ~(1 << size) : liveSizes | (1 << size);
    }

    private void leave(int slot) {
        if (departure != null) {
            departure.departs(this, slot);
        }
        count(size(slot), -1);
        tags[slot] = EMPTY;
        stamps[slot] = -1;
        int last = live[--liveCount];
        live[place[slot]] = last;
        place[last] = place[slot];
    }

    /** Drops every translation of {@code linear} in a context; the global ones of its space too if {@code globals}. */
    public void drop(long linear, int context, boolean globals) {
        int global = globalContext(context);
        for (int sizes = liveSizes; sizes != 0; sizes &= sizes - 1) {
            int size = Integer.numberOfTrailingZeros(sizes);
            long number = (linear & LINEAR_MASK) >>> SHIFTS[size];
            long key = (number << NUMBER_SHIFT) | ((long) size << SIZE_SHIFT);
            int set = (int) number & setMask;
            int first = set * ways;
            for (int slot = first; slot < first + reached[set]; slot++) {
                long difference = tags[slot] ^ key;
                if (difference == context || (globals && difference == global)) {
                    leave(slot);
                }
            }
        }
    }

    /** Drops every translation of an address space, whatever its PCID, global or not. */
    public void dropSpace(int context) {
        if (onlyContext != MIXED && ((onlyContext ^ context) & SPACE_MASK) == 0) {
            dropAll();
        } else {
            dropTagged(SPACE_MASK, context & SPACE_MASK);
        }
    }

    /** Drops every translation of an address space that is not global, whatever its PCID. */
    public void dropNonGlobal(int context) {
        dropTagged(SPACE_MASK | GLOBAL, context & SPACE_MASK);
    }

    /** Drops every translation that is not global in one context. */
    public void dropContext(int context) {
        if (context == onlyContext) {
            dropAll();
        } else {
            dropTagged(CONTEXT_MASK, context);
        }
    }

    private void dropTagged(int mask, int tag) {
        for (int n = liveCount - 1; n >= 0; n--) {
            if ((tags[live[n]] & mask) == tag) {
                leave(live[n]);
            }
        }
    }

    /** Drops every translation that is chosen. */
    public void dropChosen(Choice choice) {
        for (int n = liveCount - 1; n >= 0; n--) {
            if (choice.drops(this, live[n])) {
                leave(live[n]);
            }
        }
    }

    /** Drops every translation. */
    public void dropAll() {
        if (liveCount == 0) {
            return;
        }
        for (int n = liveCount - 1; n >= 0; n--) {
            int slot = live[n];
            if (departure != null) {
                departure.departs(this, slot);
            }
            tags[slot] = EMPTY;
            stamps[slot] = -1;
        }
        liveCount = 0;
        Arrays.fill(reached, 0);
        Arrays.fill(liveOfSize, 0);
        liveSizes = 0;
    }
}

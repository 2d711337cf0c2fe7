package org.thirdmode.x86.tlb;

import java.util.Arrays;

/**
 * A set-associative table of translations with exact LRU replacement.
 *
 * <p>A tag says which page under which PCID:
 *
 * <pre>
 *   60              16 15 14  13 12   12      0
 *  +------------------+--+------+---------------+
 *  |   page number    | 0| size | PCID or 1000H |     1000H: global, whatever the PCID
 *  +------------------+--+------+---------------+
 * </pre>
 *
 * <p>The stamp of a slot is the time of its last use; the victim of a set is the least stamp. Time is the caller's, so that
 * a use may be stamped by whoever knows the slot: {@link #stamps} is public for that.
 */
public final class TlbBuffer {
    /** Stands in the place of a PCID for a global translation. */
    public static final int GLOBAL = 0x1000;

    private static final long EMPTY = -1L;
    private static final int MIXED = -1;
    private static final int SIZE_SHIFT = 13;
    private static final int NUMBER_SHIFT = 16;
    private static final int CONTEXT_MASK = 0x1fff;
    private static final int[] SHIFTS = {12, 21, 22, 30};

    /** Linear addresses have 57 bits at most. */
    private static final long LINEAR_MASK = (1L << 57) - 1;

    /** Hears of a translation that leaves the table, while it still stands there. */
    public interface Departure {
        void departs(TlbBuffer buffer, int slot);
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

    /** The PCID, or {@link #GLOBAL}, of all that is in use; {@link #MIXED} where it may be of several. */
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

    /** Slots of the table. */
    public int size() {
        return tags.length;
    }

    /**
     * The slot that translates {@code linear}, or -1. Counts nothing and stamps nothing.
     *
     * @param context the current PCID
     */
    public int find(long linear, int context) {
        for (int sizes = liveSizes; sizes != 0; sizes &= sizes - 1) {
            int size = Integer.numberOfTrailingZeros(sizes);
            long number = (linear & LINEAR_MASK) >>> SHIFTS[size];
            long key = (number << NUMBER_SHIFT) | ((long) size << SIZE_SHIFT);
            int set = (int) number & setMask;
            int first = set * ways;
            for (int slot = first; slot < first + reached[set]; slot++) {
                long difference = tags[slot] ^ key;
                if (difference == context || difference == GLOBAL) {
                    return slot;
                }
            }
        }
        return -1;
    }

    /**
     * Puts a translation in; the least recently used one of its set goes.
     *
     * @param context the PCID, or {@link #GLOBAL}
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

    /** Drops every translation of {@code linear} under a PCID; the global ones too if {@code globals}. */
    public void drop(long linear, int context, boolean globals) {
        for (int sizes = liveSizes; sizes != 0; sizes &= sizes - 1) {
            int size = Integer.numberOfTrailingZeros(sizes);
            long number = (linear & LINEAR_MASK) >>> SHIFTS[size];
            long key = (number << NUMBER_SHIFT) | ((long) size << SIZE_SHIFT);
            int first = ((int) number & setMask) * ways;
            for (int slot = first; slot < first + ways; slot++) {
                long difference = tags[slot] ^ key;
                if (difference == context || (globals && difference == GLOBAL)) {
                    leave(slot);
                }
            }
        }
    }

    /** Drops every translation that is not global under a PCID. */
    public void dropContext(int context) {
        if (context == onlyContext) {
            dropAll();
            return;
        }
        for (int n = liveCount - 1; n >= 0; n--) {
            if ((tags[live[n]] & CONTEXT_MASK) == context) {
                leave(live[n]);
            }
        }
    }

    /** Drops every translation that is not global. */
    public void dropNonGlobal() {
        for (int n = liveCount - 1; n >= 0; n--) {
            if (!global(live[n])) {
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

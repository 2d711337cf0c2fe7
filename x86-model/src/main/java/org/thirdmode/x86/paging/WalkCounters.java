package org.thirdmode.x86.paging;

/** What page walks have done: exact counts, reset by whoever reports them. */
public final class WalkCounters {
    private static final int LEVEL_BITS = 3;
    private static final int GUEST_LEVEL_SHIFT = 2 * LEVEL_BITS;

    /** Walks begun while paging was on, faulting ones included. */
    public long walks;

    /** Entries read, by level: 1 a page table, 2 a page directory, 3 a PDPT, 4 a PML4 table, 5 a PML5 table. */
    public final long[] tableReferences = new long[6];

    /** Entries that the second stage read: {@code [guest level][level]}. */
    private final long[][] nestedReferences = new long[6][6];

    /**
     * How often a stage had kept what its entries of some levels say: {@code [guest level << 6 | highest << 3 | lowest]}. A
     * processor without such caches would have read each of them.
     */
    private final long[] nestedSpared = new long[6 << GUEST_LEVEL_SHIFT];

    /** Entries written to set their Accessed or Dirty flag. */
    public long flagUpdates;

    /** Page faults that walks ended in. */
    public long pageFaults;

    /** Times the four PDPTE registers of PAE paging were loaded. */
    public long pdpteLoads;

    /** Adds what walks of another processor have done. */
    public void add(WalkCounters other) {
        walks += other.walks;
        flagUpdates += other.flagUpdates;
        pageFaults += other.pageFaults;
        pdpteLoads += other.pdpteLoads;
        add(tableReferences, other.tableReferences);
        add(nestedSpared, other.nestedSpared);
        for (int n = 0; n < nestedReferences.length; n++) {
            add(nestedReferences[n], other.nestedReferences[n]);
        }
    }

    private static void add(long[] to, long[] from) {
        for (int n = 0; n < to.length; n++) {
            to[n] += from[n];
        }
    }

    /** Entries read at all levels of the first dimension. */
    public long allTableReferences() {
        return sum(tableReferences);
    }

    /** The second stage read an entry. */
    void nestedReference(int guestLevel, int level) {
        nestedReferences[guestLevel][level]++;
    }

    /** The second stage had kept what its entries of these {@link #levels} say. */
    void nestedSpared(int guestLevel, int levels) {
        nestedSpared[(guestLevel << GUEST_LEVEL_SHIFT) | levels]++;
    }

    /** The levels from one down to another, as one number that is not 0. */
    static int levels(int highest, int lowest) {
        return (highest << LEVEL_BITS) | lowest;
    }

    /**
     * Entries of the second dimension that were read, those that {@code fast} fidelity had kept included.
     *
     * @param guestLevel the level of the guest's entry whose address was translated, {@link WalkRecorder#FINAL} for the
     *     final guest-physical address
     * @param level of the entries: 1 to 5
     */
    public long nestedReferences(int guestLevel, int level) {
        long count = nestedReferences[guestLevel][level];
        for (int highest = level; highest <= 5; highest++) {
            for (int lowest = 1; lowest <= level; lowest++) {
                count += nestedSpared[(guestLevel << GUEST_LEVEL_SHIFT) | levels(highest, lowest)];
            }
        }
        return count;
    }

    /** Entries read at all levels of the second dimension. */
    public long allNestedReferences() {
        long sum = 0;
        for (int guestLevel = WalkRecorder.FINAL; guestLevel <= 5; guestLevel++) {
            for (int level = 1; level <= 5; level++) {
                sum += nestedReferences(guestLevel, level);
            }
        }
        return sum;
    }

    private static long sum(long[] counts) {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }
}

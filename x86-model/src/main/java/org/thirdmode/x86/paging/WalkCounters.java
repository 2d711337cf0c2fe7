package org.thirdmode.x86.paging;

/** What page walks have done: exact counts, reset by whoever reports them. */
public final class WalkCounters {
    /** Walks begun while paging was on, faulting ones included. */
    public long walks;

    /** Entries read, by level: 1 a page table, 2 a page directory, 3 a PDPT, 4 a PML4 table, 5 a PML5 table. */
    public final long[] tableReferences = new long[6];

    /**
     * Entries that the second stage read: {@code [guest level][level]}, where the guest level is that of the guest's entry
     * whose address was translated, {@link WalkRecorder#FINAL} for the final guest-physical address.
     */
    public final long[][] nestedReferences = new long[6][6];

    /** Entries written to set their Accessed or Dirty flag. */
    public long flagUpdates;

    /** Page faults that walks ended in. */
    public long pageFaults;

    /** Times the four PDPTE registers of PAE paging were loaded. */
    public long pdpteLoads;

    /** Entries read at all levels of the first dimension. */
    public long allTableReferences() {
        return sum(tableReferences);
    }

    /** Entries read at all levels of the second dimension. */
    public long allNestedReferences() {
        long sum = 0;
        for (long[] byLevel : nestedReferences) {
            sum += sum(byLevel);
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

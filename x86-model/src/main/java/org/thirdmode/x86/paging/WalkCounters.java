package org.thirdmode.x86.paging;

/** What page walks have done: exact counts, reset by whoever reports them. */
public final class WalkCounters {
    /** Walks begun while paging was on, faulting ones included. */
    public long walks;

    /** Entries read, by level: 1 a page table, 2 a page directory, 3 a PDPT, 4 a PML4 table, 5 a PML5 table. */
    public final long[] tableReferences = new long[6];

    /** Entries written to set their Accessed or Dirty flag. */
    public long flagUpdates;

    /** Page faults that walks ended in. */
    public long pageFaults;

    /** Times the four PDPTE registers of PAE paging were loaded. */
    public long pdpteLoads;

    /** Entries read at all levels. */
    public long allTableReferences() {
        long sum = 0;
        for (long references : tableReferences) {
            sum += references;
        }
        return sum;
    }
}

package org.thirdmode.testkit.oracle;

import java.util.ArrayList;
import java.util.List;

/** When the guest invalidated what. SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches". */
final class Invalidations {
    /** Of every PCID. */
    private static final int EVERY_PCID = -1;

    private static final long EVERY_PAGE = 1;

    /**
     * Less than all.
     *
     * @param globals global translations too, of whatever PCID
     * @param linear of the page of this address alone; {@link #EVERY_PAGE} for all
     */
    private record Flush(long time, int pcid, boolean globals, long linear) {
        boolean isOf(int which) {
            return pcid == EVERY_PCID || pcid == which;
        }
    }

    private final List<Flush> flushes = new ArrayList<>();
    private long everything;

    /** All translations, global ones too, and all paging-structure caches, of every PCID. */
    void all(long time) {
        everything = time;
        flushes.clear();
    }

    /**
     * MOV to CR3 with bit 63 clear, INVPCID of type 1: "all TLB entries associated with the PCID except those for global pages,
     * and all entries in all paging-structure caches associated with it".
     */
    void notGlobal(long time, int pcid) {
        flushes.add(new Flush(time, pcid, false, EVERY_PAGE));
    }

    /** INVPCID of type 3: the same for every PCID. */
    void notGlobal(long time) {
        notGlobal(time, EVERY_PCID);
    }

    /**
     * INVLPG: "any TLB entries for a page number corresponding to the linear address and associated with the current PCID", global
     * ones "regardless of PCID", "and all entries in all paging-structure caches associated with the current PCID".
     */
    void page(long linear, long time, int pcid) {
        flushes.add(new Flush(time, pcid, true, linear & -4096L));
    }

    /** INVPCID of type 0: "mappings, except global translations, associated with the PCID and the linear address". */
    void individualAddress(long linear, long time, int pcid) {
        flushes.add(new Flush(time, pcid, false, linear & -4096L));
    }

    /** The earliest time at which anything was cached that may still be. */
    long oldest() {
        return everything;
    }

    /** Since when a paging-structure cache of a PCID may hold, for a linear address, what it held at {@code time}. */
    long structuresSince(long time, int pcid, long linear) {
        long since = everything <= time ? everything : 0;
        for (Flush flush : flushes) {
            boolean structures = flush.globals || flush.linear == EVERY_PAGE || flush.linear == (linear & -4096L);
            if (flush.time <= time && flush.isOf(pcid) && structures) {
                since = Math.max(since, flush.time);
            }
        }
        return since;
    }

    /** Whether a TLB may still hold a translation of {@code linear}. */
    boolean survives(CachedTranslation t, long linear) {
        if (t.time() < everything) {
            return false;
        }
        for (Flush flush : flushes) {
            // Of a large page all goes, wherever in it the address points.
            boolean covers = flush.linear == EVERY_PAGE || (flush.linear ^ linear) >>> t.pageShift() == 0;
            boolean which = t.global() ? flush.globals : flush.isOf(t.pcid());
            if (flush.time > t.time() && covers && which) {
                return false;
            }
        }
        return true;
    }
}

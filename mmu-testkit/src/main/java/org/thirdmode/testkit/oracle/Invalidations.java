package org.thirdmode.testkit.oracle;

import java.util.ArrayList;
import java.util.List;

/** When the guest invalidated what. SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches". */
final class Invalidations {
    /** INVLPG. */
    private record PageFlush(long linear, long time) {}

    private final List<PageFlush> pages = new ArrayList<>();
    private final List<Long> structureFlushes = new ArrayList<>();
    private long everything;
    private long nonGlobal;

    /** All translations, global ones too, and all paging-structure caches. */
    void all(long time) {
        everything = time;
        nonGlobal = time;
        pages.clear();
        structureFlushes.clear();
        structureFlushes.add(time);
    }

    /** MOV to CR3: "all TLB entries except those for global pages, and all entries in all paging-structure caches". */
    void notGlobal(long time) {
        nonGlobal = time;
        structureFlushes.add(time);
    }

    /** INVLPG: "any TLB entries for a page number corresponding to the linear address", global or not, "and all entries in all
     * paging-structure caches". */
    void page(long linear, long time) {
        pages.add(new PageFlush(linear, time));
        structureFlushes.add(time);
    }

    /** The earliest time at which anything was cached that may still be. */
    long oldest() {
        return everything;
    }

    /** Since when a paging-structure cache may hold what it held at {@code time}. */
    long structuresSince(long time) {
        long since = 0;
        for (long flush : structureFlushes) {
            if (flush <= time) {
                since = Math.max(since, flush);
            }
        }
        return since;
    }

    /** Whether a TLB may still hold a translation of {@code linear}. */
    boolean survives(CachedTranslation t, long linear) {
        if (t.time() < everything || (!t.global() && t.time() < nonGlobal)) {
            return false;
        }
        // Of a large page all goes, wherever in it INVLPG points.
        return pages.stream().noneMatch(p -> p.time > t.time() && (p.linear ^ linear) >>> t.pageShift() == 0);
    }
}

package org.thirdmode.shadow.cached;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.thirdmode.shadow.table.LongMap;
import org.thirdmode.shadow.table.ShadowFormat;

/** Which guest frames are shadowed as tables, by which pages; and how many of them a region has, for large pages. */
public final class GuestTables {
    private final LongMap<List<CachedPage>> byGfn = new LongMap<>();

    /** Shadowed frames, by the region of a large page: {@code KVM: write_count}. */
    private final LongMap<int[]> regions = new LongMap<>();

    /** The shadow pages of a guest table; none of them direct. */
    public List<CachedPage> of(long gfn) {
        List<CachedPage> pages = byGfn.get(gfn);
        return pages == null ? List.of() : pages;
    }

    /** Whether a guest frame is shadowed as a table. */
    public boolean contains(long gfn) {
        return byGfn.get(gfn) != null;
    }

    /** Whether a region of large-page size has a shadowed guest frame. */
    public boolean anyIn(long gfn, int level, ShadowFormat format) {
        return regions.get(region(gfn, level, format)) != null;
    }

    private static long region(long gfn, int level, ShadowFormat format) {
        return ((gfn >>> (format.indexBits * (level - 1))) << 4) | (format.indexBits == 10 ? 8 : 0) | level;
    }

    void add(CachedPage page, ShadowFormat format) {
        List<CachedPage> pages = byGfn.get(page.gfn);
        if (pages == null) {
            pages = new ArrayList<>(1);
            byGfn.put(page.gfn, pages);
            count(page.gfn, format, 1);
        }
        pages.add(page);
    }

    void remove(CachedPage page, ShadowFormat format) {
        List<CachedPage> pages = byGfn.get(page.gfn);
        pages.remove(page);
        if (pages.isEmpty()) {
            byGfn.remove(page.gfn);
            count(page.gfn, format, -1);
        }
    }

    private void count(long gfn, ShadowFormat format, int change) {
        for (int level = 2; level <= 3; level++) {
            long region = region(gfn, level, format);
            int[] count = regions.get(region);
            if (count == null) {
                count = new int[1];
                regions.put(region, count);
            }
            count[0] += change;
            if (count[0] == 0) {
                regions.remove(region);
            }
        }
    }

    public void forEach(Consumer<List<CachedPage>> action) {
        byGfn.forEach(action);
    }
}

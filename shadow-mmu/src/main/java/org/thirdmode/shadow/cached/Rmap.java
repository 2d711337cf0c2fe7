package org.thirdmode.shadow.cached;

import java.util.function.Consumer;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.table.LongMap;
import org.thirdmode.x86.state.ModelBug;

/** The reverse map: for a guest frame and the level of the entry, every shadow entry that maps it. */
public class Rmap {
    /** The entries that map one guest frame (of a large page, the first) at one level. */
    public static final class Chain {
        public final long gfn;
        public final int level;
        private CachedPage[] pages = new CachedPage[1];
        private int[] indexes = new int[1];
        private int size;

        Chain(long gfn, int level) {
            this.gfn = gfn;
            this.level = level;
        }

        public int size() {
            return size;
        }

        public CachedPage page(int i) {
            return pages[i];
        }

        public int index(int i) {
            return indexes[i];
        }

        private void add(CachedPage page, int index) {
            if (size == pages.length) {
                pages = java.util.Arrays.copyOf(pages, size * 2);
                indexes = java.util.Arrays.copyOf(indexes, size * 2);
            }
            pages[size] = page;
            indexes[size++] = index;
        }

        private boolean remove(CachedPage page, int index) {
            for (int i = 0; i < size; i++) {
                if (pages[i] == page && indexes[i] == index) {
                    pages[i] = pages[--size];
                    indexes[i] = indexes[size];
                    pages[size] = null;
                    return true;
                }
            }
            return false;
        }
    }

    private final LongMap<Chain> chains = new LongMap<>();
    private final MmuCounters counters;

    public Rmap(MmuCounters counters) {
        this.counters = counters;
    }

    private long key(long gfn, int level) {
        return (frame(gfn) << 3) | level;
    }

    /** A guest frame number as it is kept: all of it. */
    protected long frame(long gfn) {
        return gfn;
    }

    /** Null where nothing maps it. */
    public Chain chain(long gfn, int level) {
        return chains.get(key(gfn, level));
    }

    void add(long gfn, CachedPage page, int index) {
        Chain chain = chain(gfn, page.level);
        if (chain == null) {
            chain = new Chain(gfn, page.level);
            chains.put(key(gfn, page.level), chain);
        }
        chain.add(page, index);
        counters.rmapEntries++;
        counters.rmapLongest = Math.max(counters.rmapLongest, chain.size);
    }

    void remove(long gfn, CachedPage page, int index) {
        Chain chain = chain(gfn, page.level);
        if (chain == null || !chain.remove(page, index)) {
            throw new ModelBug(String.format("entry %d of %s is not in the reverse map of %x", index, page, gfn));
        }
        if (chain.size == 0) {
            chains.remove(key(gfn, page.level));
        }
        counters.rmapEntries--;
    }

    public void forEach(Consumer<Chain> action) {
        chains.forEach(action);
    }

    /** How many guest frames are mapped. */
    public int frames() {
        return chains.size();
    }
}

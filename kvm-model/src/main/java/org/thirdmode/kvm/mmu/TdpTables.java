package org.thirdmode.kvm.mmu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.EntryObserver;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.Others;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * The tables of the second dimension, and the one place where their entries change ({@link #set}). It counts every change
 * by its cause, shows it to an observer, and remembers when the processor may know more than the tables say: {@link
 * #commit} has that forgotten, and only then gives back the tables that went.
 *
 * <p>The processor changes entries too: it sets their Accessed and Dirty flags.
 */
public class TdpTables {
    /** Makes the tables of an MMU. */
    @FunctionalInterface
    public interface Maker {
        TdpTables make(Surroundings around, TdpFormat format, MmuCounters counters);
    }

    /** Sees entries that map pages. */
    @FunctionalInterface
    interface LeafVisitor {
        /** @param gfn the first guest frame that the entry maps */
        void leaf(TdpPage page, int index, long entry, long gfn);
    }

    private final Surroundings around;
    private final PhysicalMemory memory;
    private final TdpFormat format;
    private final MmuCounters counters;
    private final List<TdpPage> gone = new ArrayList<>();
    private EntryObserver observer;
    private boolean flush;
    private TdpPage root;
    private TdpPage oldest;
    private TdpPage youngest;
    private int size;

    protected TdpTables(Surroundings around, TdpFormat format, MmuCounters counters) {
        this.around = around;
        this.format = format;
        this.counters = counters;
        memory = around.memory();
    }

    void observe(EntryObserver theObserver) {
        observer = theObserver;
    }

    /** The top table; null where there is none. */
    TdpPage root() {
        return root;
    }

    /** How many tables there are. */
    int size() {
        return size;
    }

    void makeRoot() {
        root = newPage(format.levels, 0, null);
        counters.rootLoads++;
    }

    // ---- entries ----

    private long entryAddress(TdpPage page, int index) {
        return page.host + ((long) index * format.entrySize);
    }

    long get(TdpPage page, int index) {
        return memory.read(entryAddress(page, index), format.entrySize);
    }

    /** Changes an entry. Nothing else does. */
    void set(EntryCause cause, TdpPage page, int index, long after) {
        long before = get(page, index);
        if (before == after) {
            return;
        }
        long at = entryAddress(page, index);
        memory.write(at, format.entrySize, after);
        page.used += (format.present(after) ? 1 : 0) - (format.present(before) ? 1 : 0);
        counters.entryChanges[cause.ordinal()]++;
        flush |= saysLess(before, after, page.level);
        if (observer != null) {
            observer.entryChanged(cause, page.level, at, firstGfn(page, index), before, after);
        }
    }

    /**
     * Changes an entry that was {@code seen}: as it is now, for the processor sets flags in entries whoever holds a lock. KVM: {@code
     * tdp_mmu_set_spte_atomic}.
     */
    final void change(EntryCause cause, TdpPage page, int index, long seen, LongUnaryOperator how) {
        long now = around.others().act(Others.Moment.ENTRY_READ) ? newer(seen, entryAddress(page, index)) : seen;
        set(cause, page, index, how.applyAsLong(now));
    }

    /** The entry as it is after the processor has set flags in it. */
    protected long newer(long seen, long address) {
        return memory.read(address, format.entrySize);
    }

    /** Whether what the processor may know of {@code before} is more than {@code after} says. */
    private boolean saysLess(long before, long after, int level) {
        return format.present(before)
                && (!format.present(after)
                        || format.address(before) != format.address(after)
                        || format.maps(before, level) != format.maps(after, level)
                        || (format.writable(before) && !format.writable(after))
                        || (format.dirty(before) && !format.dirty(after))
                        || (format.accessed(before) && !format.accessed(after)));
    }

    private long firstGfn(TdpPage page, int index) {
        return page.gfn + ((long) index << format.shift(page.level));
    }

    // ---- tables ----

    private TdpPage newPage(int level, long gfn, TdpPage parent) {
        counters.pagesMade++;
        counters.pagesInUse++;
        counters.pagesInUsePeak = Math.max(counters.pagesInUsePeak, counters.pagesInUse);
        // CR3 of a 32-bit host has 32 bits; all tables are there, for simplicity.
        long host = around.pages().allocate(format.levels < 4);
        for (int offset = 0; offset < Frame.SIZE; offset += 8) {
            memory.write(host + offset, 8, 0);
        }
        TdpPage page = new TdpPage(host, level, gfn, parent, format.entries(level));
        size++;
        makeYoungest(page);
        return page;
    }

    private void makeYoungest(TdpPage page) {
        page.older = youngest;
        page.younger = null;
        if (youngest == null) {
            oldest = page;
        } else {
            youngest.younger = page;
        }
        youngest = page;
    }

    private void leaveOrder(TdpPage page) {
        if (page.older == null) {
            oldest = page.younger;
        } else {
            page.older.younger = page.younger;
        }
        if (page.younger == null) {
            youngest = page.older;
        } else {
            page.younger.older = page.older;
        }
    }

    /** The table below an entry; made where the entry is empty, out of its parts where it maps a large page. */
    TdpPage descend(TdpPage page, int index) {
        TdpPage below = page.child(index);
        if (below == null) {
            long entry = get(page, index);
            below = newPage(page.level - 1, firstGfn(page, index), page);
            EntryCause cause = EntryCause.LINK;
            if (format.present(entry)) {
                cause = EntryCause.SPLIT;
                for (int n = 0; n < format.entries(below.level); n++) {
                    set(cause, below, n, format.part(entry, page.level, n));
                }
            }
            set(cause, page, index, format.table(below.host, page.level));
            page.child(index, below);
        }
        return below;
    }

    /** Makes an entry {@code after}; the tables below it go. */
    void replace(EntryCause cause, TdpPage page, int index, long after) {
        TdpPage below = page.child(index);
        set(cause, page, index, after);
        if (below != null) {
            page.child(index, null);
            release(below);
        }
    }

    private void release(TdpPage page) {
        if (page.tables > 0) {
            for (int n = 0; n < format.entries(page.level); n++) {
                TdpPage below = page.child(n);
                if (below != null) {
                    release(below);
                }
            }
        }
        leaveOrder(page);
        size--;
        gone.add(page);
    }

    /** Everything goes. */
    void releaseAll() {
        if (root != null) {
            release(root);
            root = null;
            flush = true;
        }
    }

    /** Gives up the tables made first, as far as nothing but pages is below them, until there are {@code most}. */
    void recycle(int most) {
        for (int passed = 0; size > most && passed < size; ) {
            TdpPage page = oldest;
            if (page.parent == null || page.tables > 0) {
                leaveOrder(page);
                makeYoungest(page);
                passed++;
            } else {
                counters.pagesRecycled++;
                replace(EntryCause.RECYCLE, page.parent, format.index(page.gfn, page.level + 1), 0);
                passed = 0;
            }
        }
    }

    /** Shows every entry that maps guest frames of [from, to). The visitor may change the entry. */
    void leaves(long from, long to, LeafVisitor visitor) {
        if (root != null) {
            leaves(root, from, to, visitor);
        }
    }

    private void leaves(TdpPage page, long from, long to, LeafVisitor visitor) {
        int shift = format.shift(page.level);
        long first = Math.max(0, (from - page.gfn) >> shift);
        long last = Math.min(format.entries(page.level) - 1L, (to - 1 - page.gfn) >> shift);
        for (int n = (int) first; n <= last; n++) {
            TdpPage below = page.child(n);
            if (below != null) {
                leaves(below, from, to, visitor);
                continue;
            }
            long entry = get(page, n);
            if (format.present(entry)) {
                visitor.leaf(page, n, entry, firstGfn(page, n));
            }
        }
    }

    /**
     * Nothing maps guest frames of [from, to) any more; tables that have become empty go too. After each entry who waits for the
     * lock may have it: then the way down begins anew.
     */
    void zap(EntryCause cause, long from, long to) {
        long at = from;
        while (root != null && at < to) {
            at = zap(cause, root, at, to);
            if (at < to) {
                commit();
            }
        }
    }

    /** Where a walk that has given up the lock goes on; {@code next} is the first frame that it has not come to. */
    protected long goesOnAt(long next, int level) {
        return next;
    }

    /** @return the first frame that is left to do, because the lock was given up */
    private long zap(EntryCause cause, TdpPage page, long from, long to) {
        int shift = format.shift(page.level);
        long first = Math.max(0, (from - page.gfn) >> shift);
        long last = Math.min(format.entries(page.level) - 1L, (to - 1 - page.gfn) >> shift);
        for (int n = (int) first; n <= last; n++) {
            TdpPage below = page.child(n);
            long gfn = firstGfn(page, n);
            boolean whole = gfn >= from && gfn + (1L << shift) <= to;
            if (below != null && !whole) {
                long left = zap(cause, below, from, to);
                if (left < to) {
                    return left;
                }
                whole = below.used == 0;
            }
            if (below == null || whole) {
                boolean changed = get(page, n) != 0;
                replace(cause, page, n, 0);
                long next = gfn + (1L << shift);
                if (changed && next < to && around.others().act(Others.Moment.LOCK_GIVEN_UP)) {
                    return goesOnAt(next, page.level);
                }
            }
        }
        return to;
    }

    /** What the processor may know of tables that went, it has to forget before they are anything else. */
    protected void flushBeforeFree(boolean due) {
        if (due) {
            counters.flushes++;
            around.tlb().flush();
        }
    }

    /** Has the processor forget what is no longer so, then gives back the tables that went. */
    void commit() {
        boolean due = flush;
        flush = false;
        flushBeforeFree(due);
        for (TdpPage page : gone) {
            counters.pagesZapped++;
            counters.pagesInUse--;
            around.pages().free(page.host);
        }
        gone.clear();
    }
}

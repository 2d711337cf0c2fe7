package org.thirdmode.shadow.cached;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.table.Bits;
import org.thirdmode.shadow.table.LongMap;
import org.thirdmode.shadow.table.ShadowEntries;
import org.thirdmode.shadow.table.ShadowFormat;

/**
 * The shadow pages of a virtual CPU, and what must always agree: an entry that maps a page and the reverse map, an entry
 * that refers to a table and that table's parents, a shadowed guest table and its write protection.
 */
public class ShadowCache {
    private final ShadowEntries entries;
    private final MmuCounters counters;
    private final LongMap<CachedPage> byKey = new LongMap<>();
    private final Rmap rmap;
    private final GuestTables guestTables = new GuestTables();
    private ShadowFormat format;
    private CachedPage oldest;
    private CachedPage youngest;
    private int size;

    /** Makes one. */
    @FunctionalInterface
    public interface Maker {
        ShadowCache make(ShadowEntries entries, MmuCounters counters);
    }

    public ShadowCache(ShadowEntries entries, MmuCounters counters) {
        this(entries, counters, new Rmap(counters));
    }

    /** With another reverse map than the usual one. */
    protected ShadowCache(ShadowEntries entries, MmuCounters counters, Rmap rmap) {
        this.entries = entries;
        this.counters = counters;
        this.rmap = rmap;
    }

    /** Whether a page that is dropped stays, empty: it is a root in use. */
    protected boolean mustStay(CachedPage page) {
        return page.rootCount() > 0;
    }

    void format(ShadowFormat theFormat) {
        format = theFormat;
    }

    public ShadowFormat format() {
        return format;
    }

    public Rmap rmap() {
        return rmap;
    }

    public GuestTables guestTables() {
        return guestTables;
    }

    public int size() {
        return size;
    }

    /** All pages, the oldest first. */
    public List<CachedPage> pages() {
        List<CachedPage> pages = new ArrayList<>(size);
        for (CachedPage page = oldest; page != null; page = page.younger) {
            pages.add(page);
        }
        return pages;
    }

    /** The page of a guest frame and role, or null. */
    public CachedPage find(long gfn, int role) {
        return byKey.get(Role.cacheKey(gfn, role));
    }

    public long entry(CachedPage page, int index) {
        return entries.get(page, index);
    }

    // ---- pages ----

    /** Takes a new, empty page in; where it stands for a guest table, that must be protected next. */
    void add(CachedPage page) {
        byKey.put(Role.cacheKey(page.gfn, page.role), page);
        page.older = youngest;
        if (youngest == null) {
            oldest = page;
        } else {
            youngest.younger = page;
        }
        youngest = page;
        size++;
        if (!page.direct()) {
            guestTables.add(page, format);
        }
    }

    /** Empties a page, and frees it unless it is a root in use. Returns whether it is gone. */
    boolean zap(CachedPage page, EntryCause cause) {
        for (int i = 0; i < format.entries(); i++) {
            drop(page, i, cause);
        }
        if (mustStay(page)) {
            return false;
        }
        while (page.parentCount() > 0) {
            drop(page.parent(0), page.parentIndex(0), cause);
        }
        byKey.remove(Role.cacheKey(page.gfn, page.role));
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
        size--;
        if (!page.direct()) {
            guestTables.remove(page, format);
        }
        page.zapped = true;
        entries.needFlush();
        return true;
    }

    // ---- entries ----

    /** Clears an entry, whatever it is. */
    public void drop(CachedPage page, int index, EntryCause cause) {
        long entry = entries.get(page, index);
        if (entry == 0) {
            return;
        }
        forget(page, index, entry);
        entries.set(page, index, 0, cause);
    }

    private void forget(CachedPage page, int index, long entry) {
        if (!Bits.present(entry)) {
            return;
        }
        CachedPage child = page.child(index);
        if (child == null) {
            rmap.remove(page.mappedGfn(index), page, index);
        } else {
            child.removeParent(page, index);
            page.child(index, null);
            clearUnsyncChild(page, index);
        }
    }

    /** Makes an entry refer to a table. */
    void link(CachedPage page, int index, CachedPage child, long value) {
        drop(page, index, EntryCause.REPLACED);
        page.child(index, child);
        child.addParent(page, index);
        entries.set(page, index, value, EntryCause.LINK);
    }

    /** Makes an entry map a page; it may map one already. */
    public void map(CachedPage page, int index, long gfn, long value, EntryCause cause) {
        long before = entries.get(page, index);
        boolean mapsIt = Bits.present(before) && page.child(index) == null && page.mappedGfn(index) == gfn;
        if (!mapsIt) {
            forget(page, index, before);
            page.mappedGfn(index, format.entries(), gfn);
            rmap.add(gfn, page, index);
        }
        entries.set(page, index, value, cause);
    }

    /** Marks an entry as one for no memory. */
    protected void markIo(CachedPage page, int index, long mark) {
        drop(page, index, EntryCause.REPLACED);
        entries.set(page, index, mark, EntryCause.MMIO);
    }

    /** From now on no entry lets the guest write to a frame. A large page of which it is a part is dropped. */
    public void writeProtect(long gfn) {
        for (int level = 1; level <= 3; level++) {
            Rmap.Chain chain = rmap.chain(gfn & -format.frames(level), level);
            if (chain != null) {
                removeWriteAccess(chain, EntryCause.WRITE_PROTECT);
            }
        }
    }

    protected void removeWriteAccess(Rmap.Chain chain, EntryCause cause) {
        for (int i = chain.size() - 1; i >= 0; i--) {
            CachedPage page = chain.page(i);
            int index = chain.index(i);
            long entry = entries.get(page, index);
            if ((entry & Bits.RW) == 0) {
                continue;
            }
            if (page.level > 1) {
                drop(page, index, EntryCause.SPLIT);
            } else {
                entries.set(page, index, entry & ~Bits.RW, cause);
            }
        }
    }

    /** From now on every first write to a frame of the slot faults. */
    protected void removeWriteAccess(MemorySlot slot) {
        for (Rmap.Chain chain : chainsIn(slot)) {
            removeWriteAccess(chain, EntryCause.DIRTY_LOG);
        }
    }

    /** Nothing maps a frame of the slot any more, and none of them is shadowed, but for roots in use, which are empty. */
    protected void zapSlot(MemorySlot slot, PageSink freed) {
        for (Rmap.Chain chain : chainsIn(slot)) {
            while (chain.size() > 0) {
                drop(chain.page(0), chain.index(0), EntryCause.SLOT_DROP);
            }
        }
        for (CachedPage page : pages()) {
            if (!page.direct() && slot.contains(page.gfn)) {
                zap(page, EntryCause.SLOT_DROP, freed);
            }
        }
    }

    private List<Rmap.Chain> chainsIn(MemorySlot slot) {
        List<Rmap.Chain> chains = new ArrayList<>();
        if (slot.pages() < rmap.frames()) {
            for (int level = 1; level <= 3; level++) {
                long step = format.frames(level);
                for (long gfn = slot.baseGfn() & -step; gfn < slot.baseGfn() + slot.pages(); gfn += step) {
                    Rmap.Chain chain = rmap.chain(gfn, level);
                    if (chain != null) {
                        chains.add(chain);
                    }
                }
            }
        } else {
            rmap.forEach(chain -> {
                if (slot.contains(chain.gfn)) {
                    chains.add(chain);
                }
            });
        }
        return chains;
    }

    /** Takes the host page of a shadow page that is gone. */
    @FunctionalInterface
    public interface PageSink {
        void free(CachedPage page);
    }

    void zap(CachedPage page, EntryCause cause, PageSink freed) {
        if (!page.zapped && zap(page, cause)) {
            freed.free(page);
        }
    }

    // ---- what is out of sync ----

    /** Something below the parents of {@code page} is out of sync from now on. */
    public void markUnsyncParents(CachedPage page) {
        for (int i = 0; i < page.parentCount(); i++) {
            CachedPage parent = page.parent(i);
            boolean first = parent.unsyncChildCount() == 0;
            if (parent.markUnsyncChild(page.parentIndex(i), format.entries()) && first) {
                markUnsyncParents(parent);
            }
        }
    }

    /** Nothing below {@code page} is out of sync any more. */
    public void clearUnsyncParents(CachedPage page) {
        for (int i = 0; i < page.parentCount(); i++) {
            clearUnsyncChild(page.parent(i), page.parentIndex(i));
        }
    }

    private void clearUnsyncChild(CachedPage page, int index) {
        if (page.isUnsyncChild(index)) {
            page.clearUnsyncChild(index);
            if (page.unsyncChildCount() == 0) {
                clearUnsyncParents(page);
            }
        }
    }
}

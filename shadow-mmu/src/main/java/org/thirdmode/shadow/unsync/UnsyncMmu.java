package org.thirdmode.shadow.unsync;

import java.util.List;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.shadow.cached.Role;
import org.thirdmode.shadow.cached.ShadowCache;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.shadow.table.Bits;
import org.thirdmode.shadow.table.ShadowFormat;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Cr4;

/**
 * The MMU of Linux 2.6.28 (2008) and what came to it until nested paging took over: the guest may write its page tables.
 *
 * <p>A write to a guest table need not be seen at once: a processor has a TLB, and the guest must flush before it may rely
 * on the change. So a write fault at a <em>page table</em> (level 1) takes the write protection away instead of emulating;
 * the shadow pages are then <em>out of sync</em>, and every table above them is marked so that they are found. They are
 * compared with the guest's tables again
 *
 * <ul>
 *   <li>when the guest executes INVLPG, which is intercepted again: the one entry, which is made anew at once;
 *   <li>when the guest flushes or loads CR3: all that can be reached from the root, write-protected before;
 *   <li>when they are taken up from the cache: making an entry present needs no flush of the guest.
 * </ul>
 *
 * Tables of higher levels remain write-protected. Also of this time:
 *
 * <ul>
 *   <li>Large pages, where the host's page is large, the guest's is, all of it is in one slot, and no guest table that is
 *       shadowed is in it.
 *   <li>An address without memory is marked by an entry with a reserved bit, which tells all about it: neither the guest's
 *       tables nor the slots are looked at again. Such marks are of a generation: a change of slots makes them void.
 *   <li>Flooding is counted for each page, until the page is used again.
 * </ul>
 *
 * <p>KVM: commits e8bc217aef67, 0ba73cdadb8a, 4731d4c7a077, ad218f85e388 (out of sync), 05da45583de9 (large pages),
 * ce88decffd17 (marks).
 */
public class UnsyncMmu extends CachedMmu {
    /** Writes to a table of a higher level between two uses. */
    private static final int FLOOD = 3;

    /** A bit that is reserved wherever physical addresses have fewer than 52 bits. */
    private static final long RESERVED = 1L << 51;

    private static final long GENERATION = (Bits.GENERATIONS - 1L) << Bits.GENERATION_SHIFT;

    private int generation;

    /** Counts what puts every address space's translations out of date. */
    private long epoch;

    /** The CR3 load in progress asks to keep what was cached. */
    private boolean keep;

    private boolean unsyncAllowed = true;
    private boolean largePages = true;

    public UnsyncMmu(Surroundings around) {
        super(around);
    }

    /** With other parts than the usual ones. */
    protected UnsyncMmu(Surroundings around, GuestWalker.Maker walkers, ShadowCache.Maker caches) {
        super(around, walkers, caches);
    }

    /** {@code oos_shadow}: false makes every write to a guest table an emulated one. */
    public void outOfSync(boolean allowed) {
        unsyncAllowed = allowed;
    }

    /** Whether large pages may be used. */
    public void largePages(boolean allowed) {
        largePages = allowed;
    }

    // ---- out of sync ----

    @Override
    protected boolean mayWriteGuestTable(long gfn, int access, GuestWalk walk) {
        List<CachedPage> pages = cache.guestTables().of(gfn);
        boolean write = (access & Access.WRITE) != 0;
        for (CachedPage page : pages) {
            if (page.level > 1 || (!page.unsync() && !(write && unsyncAllowed))) {
                return false;
            }
        }
        for (CachedPage page : pages) {
            if (!page.unsync()) {
                page.unsync(true);
                counters.pagesUnsynced++;
                cache.markUnsyncParents(page);
            }
        }
        return true;
    }

    /** Brings every shadow page of a guest table in sync, and protects the table first. */
    private void syncTable(long gfn) {
        cache.writeProtect(gfn);
        for (CachedPage page : List.copyOf(cache.guestTables().of(gfn))) {
            if (page.unsync()) {
                syncPage(page);
            }
        }
    }

    private void syncPage(CachedPage page) {
        counters.pagesSynced++;
        page.unsync(false);
        cache.clearUnsyncParents(page);
        for (int i = 0; i < format.entries(); i++) {
            long entry = cache.entry(page, i);
            if (Bits.io(entry)) {
                cache.drop(page, i, EntryCause.SYNC);
            } else if (entry != 0) {
                takeUp(page, i, guestIndex(page, i), EntryCause.SYNC);
            }
        }
    }

    /** Brings everything below a page in sync. */
    private void syncChildren(CachedPage page) {
        for (int i = 0; page.unsyncChildCount() > 0 && i < format.entries(); i++) {
            if (page.isUnsyncChild(i)) {
                CachedPage child = page.child(i);
                if (child.unsync()) {
                    syncTable(child.gfn);
                } else {
                    syncChildren(child);
                }
            }
        }
    }

    private void syncRoots() {
        for (CachedPage root : roots()) {
            if (root != null) {
                syncChildren(root);
                root.syncedAt = epoch;
            }
        }
    }

    /** The number of the guest's entry from which an entry of a page table is made. */
    private int guestIndex(CachedPage page, int index) {
        return (Role.quadrant(page.role) * format.entries()) + index;
    }

    @Override
    protected void found(CachedPage page) {
        super.found(page);
        if (keep && page.syncedAt == epoch) {
            return;
        }
        if (page.unsync()) {
            syncTable(page.gfn);
        }
        syncChildren(page);
        page.syncedAt = epoch;
    }

    @Override
    protected void protect(long gfn) {
        syncTable(gfn);
    }

    // ---- what the guest does ----

    @Override
    public boolean interceptsInvlpg() {
        return true;
    }

    @Override
    public void invlpg(long linear) {
        counters.invlpg++;
        CachedPage table = pageTable(linear);
        if (table != null && table.unsync()) {
            int index = format.index(linear, 1);
            for (CachedPage page : List.copyOf(cache.guestTables().of(table.gfn))) {
                // Others may drop it while the entry of the one before is made.
                boolean live = cache.find(page.gfn, page.role) == page;
                if (live && Role.quadrant(page.role) == Role.quadrant(table.role)) {
                    takeUp(page, index, guestIndex(page, index), EntryCause.INVLPG);
                }
            }
        }
        flushTlbPage(linear);
        commit();
    }

    @Override
    public void newCr3(boolean keepTranslations) {
        super.newCr3(keepTranslations);
        loadRoot(keepTranslations);
    }

    @Override
    public void resetContext() {
        super.resetContext();
        loadRoot(false);
    }

    /** At once: what the guest does next to its tables is after the flush. */
    private void loadRoot(boolean keepTranslations) {
        keep = keepTranslations;
        load();
        keep = false;
    }

    @Override
    public void flushGuest() {
        epoch++;
        syncRoots();
        flushTlb();
    }

    @Override
    protected boolean flooded(long gfn) {
        boolean flooded = false;
        for (CachedPage page : cache.guestTables().of(gfn)) {
            flooded |= page.level > 1 && ++page.writeFlooding >= FLOOD;
        }
        return flooded;
    }

    // ---- large pages ----

    @Override
    protected int mapLevel(GuestWalk walk, MemorySlot slot, int highest) {
        if (!largePages || onlySmall(slot)) {
            return 1;
        }
        boolean thirdLevel = format.levels > 3 && around.limits().page1Gb();
        int level = Math.min(highest, thirdLevel ? 3 : 2);
        while (level > 1 && !large(walk.gfn(), level, slot)) {
            level--;
        }
        return level;
    }

    /** Whether every page of a slot must have an entry of its own: a dirty log is of small pages. */
    protected boolean onlySmall(MemorySlot slot) {
        return slot.logsDirty();
    }

    private boolean large(long gfn, int level, MemorySlot slot) {
        long frames = format.frames(level);
        long first = gfn & -frames;
        return first >= slot.baseGfn()
                && first + frames <= slot.baseGfn() + slot.pages()
                && slot.hostPageShift(gfn) >= format.shift(level)
                && (((slot.hostAddress(gfn) >>> 12) ^ gfn) & (frames - 1)) == 0
                && !cache.guestTables().anyIn(gfn, level, format);
    }

    // ---- marks of addresses without memory ----

    private boolean reservedBitExists() {
        return format != ShadowFormat.BITS_32 && around.memory().addressWidth() < 52;
    }

    @Override
    protected long ioMark(GuestWalk walk) {
        if (!reservedBitExists()) {
            return super.ioMark(walk);
        }
        int rights = walk.dirty ? walk.rights() : walk.rights() & ~GuestWalk.WRITE;
        return (walk.gfn() << 12)
                | RESERVED
                | ((long) generation << Bits.GENERATION_SHIFT)
                | Bits.IO
                | Bits.P
                | rightsOf(rights);
    }

    @Override
    protected FaultResult reservedBit(long linear, int access) {
        long mark = leafEntry(linear);
        boolean current = Bits.io(mark) && isCurrent(mark);
        return current && plainlyAllowed(mark, access)
                ? new FaultResult.Mmio((mark & Bits.FRAME & ~RESERVED) | (linear & 0xfff))
                : null;
    }

    /** Whether what the mark says of the guest's rights is enough; where registers decide too, the guest's tables are asked. */
    private boolean plainlyAllowed(long mark, int access) {
        boolean user = (access & Access.USER) != 0;
        boolean userPage = (mark & Bits.US) != 0;
        if ((access & Access.WRITE) != 0 && (mark & Bits.RW) == 0) {
            return false;
        }
        if (user != userPage && (user || (registers.cr4() & (Cr4.SMAP | Cr4.SMEP)) != 0)) {
            return false;
        }
        return (access & Access.FETCH) == 0 && (registers.cr4() & Cr4.PKE) == 0;
    }

    /** Whether a mark is of the present set of slots. */
    public boolean isCurrent(long mark) {
        return !reservedBitExists() || (mark & GENERATION) == (long) generation << Bits.GENERATION_SHIFT;
    }

    @Override
    public void slotsChanged() {
        generation = (generation + 1) & (Bits.GENERATIONS - 1);
        if (generation == 0 || format == null || !reservedBitExists()) {
            super.slotsChanged();
        } else {
            dropTablesWithoutMemory();
            commit();
        }
    }
}

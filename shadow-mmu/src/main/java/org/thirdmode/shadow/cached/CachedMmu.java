package org.thirdmode.shadow.cached;

import java.util.List;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.Others;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.shadow.table.Bits;
import org.thirdmode.shadow.table.ShadowFormat;
import org.thirdmode.shadow.table.ShadowMmu;
import org.thirdmode.shadow.table.ShadowPage;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;

/**
 * The MMU of Linux 2.6.20 (February 2007) and the year after it: shadow pages outlive a change of the address space and are
 * found again by guest frame and role. That is right only while they agree with the guest's tables, so those are
 * write-protected, and each write to one is emulated.
 *
 * <ul>
 *   <li>A new shadow page takes write access to its guest table from every entry that maps it: the reverse map knows them.
 *   <li>An emulated write drops the entry made of the old value; where the new one maps a page that the guest has accessed,
 *       it is taken up at once, which saves the fault to come.
 *   <li>A third write in a row to one frame whose entries are not used in between says that it is no table any more
 *       (flooding): its shadow pages are dropped. So do a write that is no whole entry, and one by a program in user mode.
 *   <li>INVLPG needs no interception, a load of CR3 is a look-up and a flush.
 *   <li>Pages are recycled in the order in which they were made; a root in use is emptied but stays.
 * </ul>
 *
 * <p>KVM: {@code drivers/kvm/mmu.c} and {@code paging_tmpl.h} of 2.6.20; update on write is commit 0028425f647b, access
 * rights in the role d28c6cfbbc5e, the accessed bit in the detector of floods 1b7fcd3263e5.
 */
public class CachedMmu extends ShadowMmu {
    /** Pages in use at most, unless told otherwise. */
    public static final int DEFAULT_PAGES = 1024;

    /** KVM_MIN_FREE_MMU_PAGES: what one fault may need. */
    private static final int MIN_FREE = 5;

    /** KVM_REFILL_PAGES. */
    private static final int REFILL = 25;

    private static final int LEAST_PAGES = 16;
    private static final int FLOOD = 3;

    protected final ShadowCache cache;
    private final ShadowCache.PageSink sink = page -> freeHostPage(page.host);

    /** The root, or the four below the page-directory-pointer table of PAE, of which some may be null. */
    private CachedPage[] roots = new CachedPage[0];

    private ShadowPage paeRoot;
    private int maxPages = DEFAULT_PAGES;

    private long lastWriteGfn = -1;
    private int writesInARow;
    private CachedPage lastUpdatedPage;
    private int lastUpdatedIndex;

    public CachedMmu(Surroundings around) {
        this(around, GuestWalker::new, ShadowCache::new);
    }

    /** With other parts than the usual ones. */
    protected CachedMmu(Surroundings around, GuestWalker.Maker walkers, ShadowCache.Maker caches) {
        super(around, walkers);
        cache = caches.make(entries, counters);
    }

    // ---- what a page's content depends on ----

    /** The part of the role that the control registers decide. */
    protected int registersRole() {
        return Role.ofRegisters(registers);
    }

    /** The rights that the guest's way to its table of a level leaves. */
    protected int accessTo(GuestWalk walk, int level) {
        return walk.rightsAbove[level];
    }

    /** The rights in the role of a direct page: a page that is not dirty cannot be written, so that D gets set. */
    protected int directAccess(GuestWalk walk, int rights) {
        return walk.dirty ? rights : rights & ~GuestWalk.WRITE;
    }

    /** Whether the page that is linked is the one that is needed. */
    protected boolean isRight(CachedPage linked, long gfn, int role) {
        return linked.gfn == gfn && linked.role == role;
    }

    /** Whether what a page is made of can be told under the registers as they are. */
    protected boolean isForTheseRegisters(CachedPage page) {
        return Role.sameRegisters(page.role, registersRole());
    }

    /** Entries of ours for one of the guest's 32-bit table: its directory's are for 4 MBytes, ours for two. */
    protected int entriesFor(CachedPage page) {
        return page.level == 2 ? 2 : 1;
    }

    /** Whether entry {@code index}, counted through all parts of the guest's 32-bit table, is in this page. */
    protected boolean isInQuadrant(CachedPage page, int index) {
        return index >>> 9 == Role.quadrant(page.role);
    }

    // ---- roots ----

    @Override
    protected final void dropTables() {
        releaseRoots();
        zapEverything(EntryCause.CONTEXT_RESET);
    }

    @Override
    protected void makeRoot() {
        releaseRoots();
        cache.format(format);
        // What the hardware knows is of another root; and PDPTEs it reads only when it is told to.
        entries.needFlush();
        reserve(4 + 1);
        int base = registersRole();
        if (format == ShadowFormat.PAE) {
            makePaeRoot(base);
        } else {
            roots = new CachedPage[] {rootPage(base, format.levels, 0)};
        }
    }

    private void makePaeRoot(int base) {
        if (paeRoot == null) {
            long host = allocateHostPage();
            paeRoot = new PaeRoot(host, entries.emptyTable(host));
        }
        CachedPage[] made = new CachedPage[4];
        roots = made;
        for (int i = 0; i < 4; i++) {
            made[i] = rootPage(base, 2, i);
            entries.set(paeRoot, i, made[i] == null ? 0 : tableEntry(made[i], 3), EntryCause.LINK);
        }
    }

    private CachedPage rootPage(int base, int level, int quadrant) {
        CachedPage page;
        switch (guestLevels) {
            case 0 -> {
                int role = Role.ofDirect(base, level, GuestWalk.ALL, false, 0);
                page = page(quadrant * format.frames(3), role);
            }
            case 3 -> {
                long pdpte = registers.pdpte(quadrant);
                if ((pdpte & Bits.P) == 0) {
                    return null;
                }
                page = page(walker.frameOf(pdpte), Role.ofTable(base, level, 0, GuestWalk.ALL));
            }
            default -> page = page(walker.frameOf(registers.cr3()), Role.ofTable(base, level, quadrant, GuestWalk.ALL));
        }
        page.rootCount++;
        return page;
    }

    /** No root is in use. */
    protected final void releaseRoots() {
        for (CachedPage root : roots) {
            if (root != null) {
                root.rootCount--;
            }
        }
        roots = new CachedPage[0];
    }

    private static final class PaeRoot extends ShadowPage {
        PaeRoot(long host, Frame frame) {
            super(host, frame, 3, 0, 4);
        }
    }

    @Override
    protected long root() {
        return format == ShadowFormat.PAE ? paeRoot.host : roots[0].host;
    }

    private CachedPage rootOf(long linear) {
        if (roots.length == 0) {
            return null;
        }
        return format == ShadowFormat.PAE ? roots[format.index(linear, 3)] : roots[0];
    }

    // ---- shadow pages ----

    /** The page of a guest frame and role; made where there is none. */
    private CachedPage page(long gfn, int role) {
        CachedPage page = cache.find(gfn, role);
        if (page != null) {
            counters.pagesFound++;
            found(page);
            return page;
        }
        long host = allocateHostPage();
        page = new CachedPage(host, entries.emptyTable(host), gfn, role, format.entries());
        cache.add(page);
        if (!page.direct()) {
            page.withoutMemory = around.slots().find(gfn) == null;
            protect(gfn);
        }
        return page;
    }

    /** A page that was not in use is taken up again. */
    protected void found(CachedPage page) {
        page.writeFlooding = 0;
    }

    /** A guest table must not be written from now on. */
    protected void protect(long gfn) {
        cache.writeProtect(gfn);
    }

    /** Makes sure that {@code count} pages can be made. */
    protected final void reserve(int count) {
        int need = Math.max(count, MIN_FREE);
        if (cache.size() + need > maxPages) {
            recycle(Math.max(need, Math.min(REFILL, maxPages / 2)));
        }
    }

    private void recycle(int free) {
        int excess = cache.size() + free - maxPages;
        for (CachedPage page : cache.pages()) {
            if (excess <= 0) {
                return;
            }
            if (recyclable(page)) {
                counters.pagesRecycled++;
                cache.zap(page, EntryCause.RECYCLE, sink);
                excess--;
            }
        }
    }

    /** Whether a page may be taken for others: not a root in use. */
    protected boolean recyclable(CachedPage page) {
        return page.rootCount == 0;
    }

    private void zapEverything(EntryCause cause) {
        for (CachedPage page : cache.pages()) {
            cache.zap(page, cause, sink);
        }
    }

    /** Drops a page, or empties it where it is a root in use. */
    protected final void zap(CachedPage page, EntryCause cause) {
        cache.zap(page, cause, sink);
    }

    /** Drops the shadow pages of a guest table; roots in use are emptied. */
    protected final boolean unshadow(long gfn, EntryCause cause) {
        List<CachedPage> pages = List.copyOf(cache.guestTables().of(gfn));
        for (CachedPage page : pages) {
            cache.zap(page, cause, sink);
        }
        return !pages.isEmpty();
    }

    // ---- faults ----

    /** Which part of a guest's 32-bit table the smaller table of a level stands for. */
    private int quadrant(long linear, int level) {
        return guestLevels == 2 && format == ShadowFormat.PAE
                ? (int) (linear >>> format.shift(level + 1)) & ((1 << level) - 1)
                : 0;
    }

    /** The shadow of the guest's table in which the walk ended (without paging the root). */
    private CachedPage shadowOfGuestTables(long linear, GuestWalk walk, int base) {
        return shadowOfGuestTables(linear, walk, base, walk.leafLevel == 0 ? format.levels : walk.leafLevel);
    }

    /** The shadow of the guest's table of a level on a walk's way; made with all above it. */
    protected final CachedPage shadowOfGuestTables(long linear, GuestWalk walk, int base, int bottom) {
        CachedPage page = rootOf(linear);
        while (page.level > bottom) {
            int level = page.level - 1;
            int role = Role.ofTable(base, level, quadrant(linear, level), accessTo(walk, level));
            page = step(page, format.index(linear, page.level), walk.tableGfn[level], role);
        }
        return page;
    }

    /** Goes on below it to {@code target} through pages that map guest frames in a row. */
    private CachedPage direct(CachedPage from, long linear, GuestWalk walk, int target, int base, int rights) {
        CachedPage page = from;
        while (page.level > target) {
            int level = page.level - 1;
            int role = Role.ofDirect(base, level, directAccess(walk, rights), walk.global, walk.protectionKey);
            page = step(page, format.index(linear, page.level), walk.gfn() & -format.frames(page.level), role);
        }
        return page;
    }

    /** The page below an entry: the one that is linked there, if it is the right one. */
    private CachedPage step(CachedPage page, int index, long gfn, int role) {
        CachedPage child = page.child(index);
        if (child != null && isRight(child, gfn, role)) {
            child.writeFlooding = 0;
            return child;
        }
        CachedPage right = page(gfn, role);
        cache.link(page, index, right, tableEntry(right, page.level));
        return right;
    }

    /** The level of the entry that is to map the page: that of the guest's own entry at most. */
    protected int mapLevel(GuestWalk walk, MemorySlot slot, int highest) {
        return 1;
    }

    @Override
    protected FaultResult install(long linear, int access, GuestWalk walk, MemorySlot slot, int rights) {
        reserve(format.levels);
        boolean write = (access & Access.WRITE) != 0;
        int base = registersRole();
        CachedPage guestPage = shadowOfGuestTables(linear, walk, base);
        int level = mapLevel(walk, slot, guestPage.level);
        CachedPage page = direct(guestPage, linear, walk, level, base, rights);
        long gfn = walk.gfn();
        int allowed = rights;
        if (slot.readOnly() || (!write && (!walk.dirty || mustBeLogged(slot, gfn)))) {
            allowed &= ~GuestWalk.WRITE;
        }
        if ((allowed & GuestWalk.WRITE) != 0
                && cache.guestTables().contains(gfn)
                && !mayWriteGuestTable(gfn, access, walk)) {
            allowed &= ~GuestWalk.WRITE;
        }
        long first = gfn & -format.frames(level);
        long host = slot.hostAddress(gfn) - ((gfn - first) << 12);
        long flags = write && (allowed & GuestWalk.WRITE) != 0 ? Bits.A | Bits.D : Bits.A;
        long value = pageEntry(host, level, allowed, walk.global, walk.protectionKey, flags);
        cache.map(page, format.index(linear, level), first, value, EntryCause.FAULT);
        if (level > 1) {
            counters.largeEntries++;
        }
        if (!write) {
            return FaultResult.RETRY;
        }
        if (slot.readOnly()) {
            counters.mmioFaults++;
            return new FaultResult.Mmio(walk.guestPhysical);
        }
        if ((allowed & GuestWalk.WRITE) == 0) {
            return emulate(walk.guestPhysical, FaultResult.Reason.WRITE_TO_GUEST_TABLE);
        }
        if (slot.logsDirty()) {
            slot.markDirty(gfn);
        }
        return FaultResult.RETRY;
    }

    private static boolean mustBeLogged(MemorySlot slot, long gfn) {
        return slot.logsDirty() && !slot.isDirty(gfn);
    }

    /**
     * Whether the guest may write to a frame that is shadowed as a table. Here a user-mode program may: it is not the
     * kernel that keeps its tables there any more. But not to a table that this very access goes through.
     */
    protected boolean mayWriteGuestTable(long gfn, int access, GuestWalk walk) {
        if ((access & (Access.WRITE | Access.USER)) != (Access.WRITE | Access.USER)) {
            return false;
        }
        if (goesThrough(walk, gfn)) {
            return false;
        }
        counters.pagesFlooded++;
        unshadow(gfn, EntryCause.FLOODED);
        return !cache.guestTables().contains(gfn);
    }

    /** Whether a frame is one of the tables on a walk's way. */
    protected boolean goesThrough(GuestWalk walk, long gfn) {
        for (int level = walk.leafLevel; level >= 1 && level <= guestLevels; level++) {
            if (walk.tableGfn[level] == gfn) {
                return true;
            }
        }
        return false;
    }

    @Override
    protected void markIo(long linear, GuestWalk walk) {
        reserve(format.levels);
        int base = registersRole();
        CachedPage page = shadowOfGuestTables(linear, walk, base);
        page = direct(page, linear, walk, 1, base, walk.rights());
        cache.markIo(page, format.index(linear, 1), ioMark(walk));
    }

    /** What marks an address without memory. */
    protected long ioMark(GuestWalk walk) {
        return absentIoMark(walk.gfn());
    }

    @Override
    protected final long leafEntry(long linear) {
        CachedPage page = rootOf(linear);
        while (page != null && page.level > 1) {
            int index = format.index(linear, page.level);
            CachedPage child = page.child(index);
            if (child == null) {
                return entries.get(page, index);
            }
            page = child;
        }
        return page == null ? 0 : entries.get(page, format.index(linear, 1));
    }

    /** The page table that the hardware comes to for a linear address; null where it does not come so far. */
    protected final CachedPage pageTable(long linear) {
        CachedPage page = rootValid ? rootOf(linear) : null;
        while (page != null && page.level > 1) {
            page = page.child(format.index(linear, page.level));
        }
        return page;
    }

    // ---- writes to guest tables ----

    @Override
    public final void pteWrite(long guestPhysical, int size) {
        long end = guestPhysical + size;
        for (long at = guestPhysical; at < end; ) {
            long next = Math.min(end, (at | 0xfff) + 1);
            if (cache.format() != null && cache.guestTables().contains(at >>> 12)) {
                tableWrite(at, (int) (next - at));
            }
            at = next;
        }
        commit();
    }

    private void tableWrite(long guestPhysical, int size) {
        long gfn = guestPhysical >>> 12;
        int offset = (int) guestPhysical & 0xfff;
        counters.emulatedWrites++;
        boolean flooded = flooded(gfn);
        if (flooded) {
            counters.pagesFlooded++;
        }
        for (CachedPage page : List.copyOf(cache.guestTables().of(gfn))) {
            int entrySize = Role.guestEntrySize(page.role);
            boolean wholeEntry = size >= 4 && ((offset ^ (offset + size - 1)) & -entrySize) == 0;
            if (flooded || !wholeEntry) {
                cache.zap(page, EntryCause.FLOODED, sink);
            } else {
                entryWritten(page, offset / entrySize);
            }
        }
    }

    /** Whether writes to a frame are no longer taken for changes of a table. */
    protected boolean flooded(long gfn) {
        if (gfn != lastWriteGfn || usedSinceLastWrite()) {
            lastWriteGfn = gfn;
            writesInARow = 1;
            lastUpdatedPage = null;
            return false;
        }
        if (++writesInARow < FLOOD) {
            return false;
        }
        writesInARow = 0;
        return true;
    }

    /** Whether the hardware has used the entry that was made at the last write. */
    protected boolean usedSinceLastWrite() {
        return lastUpdatedPage != null
                && !lastUpdatedPage.zapped
                && (entries.get(lastUpdatedPage, lastUpdatedIndex) & Bits.A) != 0;
    }

    /** Entry {@code guestIndex} of the guest table has a new value. */
    private void entryWritten(CachedPage page, int guestIndex) {
        if (format == ShadowFormat.PAE && Role.guestLevels(page.role) == 2) {
            // A table's 1024 entries are two tables of ours.
            int perEntry = entriesFor(page);
            int index = guestIndex * perEntry;
            if (isInQuadrant(page, index)) {
                for (int i = 0; i < perEntry; i++) {
                    update(page, (index + i) & 511, guestIndex);
                }
            }
        } else {
            update(page, guestIndex, guestIndex);
        }
    }

    private void update(CachedPage page, int index, int guestIndex) {
        if (page.level > 1) {
            cache.drop(page, index, EntryCause.GUEST_WRITE);
            return;
        }
        takeUp(page, index, guestIndex, EntryCause.GUEST_WRITE);
        lastUpdatedPage = page;
        lastUpdatedIndex = index;
    }

    /** The guest's entry as it is after others have acted. */
    protected long newer(long read, long address, int size) {
        return guestMemory.read(address, size);
    }

    /** Makes an entry of a page table what the guest's entry says now: nothing, where a fault must come first. */
    protected final void takeUp(CachedPage page, int index, int guestIndex, EntryCause cause) {
        int entrySize = Role.guestEntrySize(page.role);
        long address = (page.gfn << 12) + ((long) guestIndex * entrySize);
        long guestEntry = guestMemory.read(address, entrySize);
        if (cause == EntryCause.INVLPG && around.others().act(Others.Moment.GUEST_ENTRY_READ)) {
            if (cache.find(page.gfn, page.role) != page) {
                return;
            }
            guestEntry = newer(guestEntry, address, entrySize);
        }
        // What a page of another role would be under its registers is not known now.
        boolean known = isForTheseRegisters(page);
        GuestWalk walk = known ? walker.pageTableEntry(guestEntry, entrySize) : null;
        MemorySlot slot = walk == null ? null : around.slots().find(walk.gfn());
        if (slot == null) {
            cache.drop(page, index, cause);
            return;
        }
        long gfn = walk.gfn();
        int rights = Role.access(page.role) & walk.rights();
        if (!walk.dirty
                || slot.readOnly()
                || mustBeLogged(slot, gfn)
                || cache.guestTables().contains(gfn)) {
            rights &= ~GuestWalk.WRITE;
        }
        long value = pageEntry(slot.hostAddress(gfn), 1, rights, walk.global, walk.protectionKey, 0);
        long before = entries.get(page, index);
        if (Bits.present(before) && ((before ^ value) & ~(Bits.A | Bits.D)) == 0 && page.mappedGfn(index) == gfn) {
            return;
        }
        cache.map(page, index, gfn, value, cause);
        counters.entriesUpdated++;
    }

    @Override
    protected final void guestFlagsSet(long guestPhysical, int size) {
        // Accessed and Dirty change nothing that an entry was made of, unless somebody reads the table as one of
        // another
        // kind.
        for (CachedPage page : List.copyOf(cache.guestTables().of(guestPhysical >>> 12))) {
            if (Role.guestEntrySize(page.role) != size) {
                cache.zap(page, EntryCause.GUEST_WRITE, sink);
            }
        }
    }

    @Override
    public final boolean unprotectPageVirt(long linear) {
        GuestWalk walk = walker.walk(linear, Access.READ, false);
        boolean dropped = !walk.faulted && unshadow(walk.gfn(), EntryCause.UNPROTECT);
        commit();
        return dropped;
    }

    // ---- what the guest does ----

    @Override
    public boolean interceptsInvlpg() {
        return false;
    }

    @Override
    public void invlpg(long linear) {
        counters.invlpg++;
        flushTlbPage(linear);
    }

    @Override
    public void newCr3(boolean keepTranslations) {
        counters.cr3Loads++;
        // Without paging nothing is made of CR3.
        rootValid &= guestLevels == 0;
    }

    @Override
    public void flushGuest() {
        flushTlb();
    }

    @Override
    public void resetContext() {
        counters.contextResets++;
        rootValid = false;
    }

    // ---- what the hypervisor does ----

    @Override
    public final void slotRemoveWriteAccess(MemorySlot slot) {
        if (cache.format() != null) {
            cache.removeWriteAccess(slot);
        }
        commit();
    }

    @Override
    public final void zapSlot(MemorySlot slot) {
        if (cache.format() != null) {
            cache.zapSlot(slot, sink);
        }
        commit();
    }

    @Override
    public void slotsChanged() {
        dropTablesWithoutMemory();
        for (CachedPage page : cache.pages()) {
            if (page.level == 1) {
                dropIoMarks(page);
            }
        }
        commit();
    }

    /** Drops the shadows of guest tables that were in no slot: they may be in one now. */
    protected final void dropTablesWithoutMemory() {
        for (CachedPage page : cache.pages()) {
            if (page.withoutMemory) {
                page.withoutMemory = around.slots().find(page.gfn) == null;
                cache.zap(page, EntryCause.SLOT_DROP, sink);
            }
        }
    }

    private void dropIoMarks(CachedPage page) {
        for (int i = 0; i < format.entries(); i++) {
            if (Bits.io(entries.get(page, i))) {
                cache.drop(page, i, EntryCause.SLOT_DROP);
            }
        }
    }

    @Override
    public final void zapAll() {
        releaseRoots();
        rootValid = false;
        zapEverything(EntryCause.ZAP_ALL);
        commit();
    }

    @Override
    public final void changeMmuPages(int pages) {
        if (pages < LEAST_PAGES) {
            throw new IllegalArgumentException(pages + " MMU pages: expected at least " + LEAST_PAGES);
        }
        maxPages = pages;
        if (cache.size() > maxPages) {
            recycle(0);
            commit();
        }
    }

    @Override
    public final void destroy() {
        zapAll();
        if (paeRoot != null) {
            freeHostPage(paeRoot.host);
            paeRoot = null;
        }
        flushTlb();
    }

    // ---- for those who look at all of it ----

    public final ShadowCache cache() {
        return cache;
    }

    /** The roots in use, null where a PDPTE is absent; empty where none is loaded. */
    public final List<CachedPage> roots() {
        return rootValid ? java.util.Arrays.asList(roots) : List.of();
    }
}

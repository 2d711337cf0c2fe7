package org.thirdmode.shadow.naive;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.shadow.table.Bits;
import org.thirdmode.shadow.table.ShadowMmu;
import org.thirdmode.shadow.table.ShadowPage;
import org.thirdmode.x86.paging.Access;

/**
 * The MMU of KVM's first posting, December 2006: one tree of shadow tables that is filled by faults and behaves like a large
 * TLB. Guest tables are not write-protected; what the guest changes there takes effect when it flushes, as with a TLB, or
 * when an access faults.
 *
 * <ul>
 *   <li>A load of CR3 frees every table in which an entry is not global. Upper levels survive, for they only refer.
 *   <li>INVLPG is intercepted: it clears the entry of its page, or all that was derived from a large page.
 *   <li>There is a pool of tables. When it is exhausted, everything is dropped.
 * </ul>
 *
 * <p>KVM: {@code drivers/kvm/mmu.c} and {@code paging_tmpl.h} as of the commit "[PATCH] kvm: userspace interface".
 */
public final class NaiveMmu extends ShadowMmu {
    /** KVM_NUM_MMU_PAGES of 2006. */
    public static final int DEFAULT_POOL = 256;

    /** The root, and the four tables below a PAE root. */
    private static final int LEAST_POOL = 10;

    private final List<NaivePage> active = new ArrayList<>();
    private NaivePage root;
    private int pool = DEFAULT_POOL;

    public NaiveMmu(Surroundings around) {
        super(around, GuestWalker::new);
    }

    // ---- the tree ----

    @Override
    protected void dropTables() {
        freeAll(EntryCause.CONTEXT_RESET);
    }

    @Override
    protected void makeRoot() {
        if (root != null) {
            return;
        }
        root = newPage(format.levels, null, 0);
        if (format.levels == 3) {
            // PDPTEs are read only when CR3 is loaded: they are complete from the beginning.
            for (int i = 0; i < 4; i++) {
                link(root, i, EntryCause.LINK);
            }
        }
    }

    @Override
    protected long root() {
        return root.host;
    }

    private NaivePage newPage(int level, NaivePage parent, int index) {
        long host = allocateHostPage();
        NaivePage page = new NaivePage(
                host,
                entries.emptyTable(host),
                level,
                parent == null ? 0 : parent.gfn + (index * format.frames(level + 1)),
                format.entries(),
                parent,
                index);
        active.add(page);
        return page;
    }

    private NaivePage link(NaivePage parent, int index, EntryCause cause) {
        NaivePage child = newPage(parent.level - 1, parent, index);
        parent.child(index, child);
        entries.set(parent, index, tableEntry(child, parent.level), cause);
        return child;
    }

    private void freeTree(NaivePage page, EntryCause cause) {
        for (int i = 0; page.level > 1 && i < format.entries(); i++) {
            if (page.child(i) instanceof NaivePage child) {
                freeTree(child, cause);
            }
        }
        if (page.parent != null) {
            page.parent.child(page.indexInParent, null);
            entries.set(page.parent, page.indexInParent, 0, cause);
        }
        entries.needFlush();
        active.remove(page);
        freeHostPage(page.host);
    }

    private void freeAll(EntryCause cause) {
        if (root != null) {
            freeTree(root, cause);
            root = null;
            rootValid = false;
        }
    }

    /** The page table for a linear address; made where there is none. */
    private NaivePage pageTable(long linear, GuestWalk walk) {
        NaivePage page = root;
        while (page.level > 1) {
            page.brokenPageShift = Math.max(page.brokenPageShift, walk.pageShift);
            int index = format.index(linear, page.level);
            NaivePage child = (NaivePage) page.child(index);
            page = child != null ? child : link(page, index, EntryCause.LINK);
        }
        page.brokenPageShift = Math.max(page.brokenPageShift, walk.pageShift);
        if (!walk.global) {
            page.global = false;
        }
        return page;
    }

    private void refillPool() {
        if (active.size() + format.levels > pool) {
            counters.pagesRecycled += active.size();
            freeAll(EntryCause.RECYCLE);
            load();
        }
    }

    // ---- faults ----

    @Override
    protected FaultResult install(long linear, int access, GuestWalk walk, MemorySlot slot, int rights) {
        refillPool();
        boolean write = (access & Access.WRITE) != 0;
        int allowed = rights;
        if (slot.readOnly() || (!write && (!walk.dirty || slot.logsDirty()))) {
            allowed &= ~GuestWalk.WRITE;
        }
        NaivePage table = pageTable(linear, walk);
        table.addSlot(slot);
        long flags = write ? Bits.A | Bits.D : Bits.A;
        long host = slot.hostAddress(walk.gfn());
        entries.set(
                table,
                format.index(linear, 1),
                pageEntry(host, 1, allowed, walk.global, walk.protectionKey, flags),
                EntryCause.FAULT);
        if (write && slot.readOnly()) {
            counters.mmioFaults++;
            return new FaultResult.Mmio(walk.guestPhysical);
        }
        if (write && slot.logsDirty()) {
            slot.markDirty(walk.gfn());
        }
        return FaultResult.RETRY;
    }

    @Override
    protected void markIo(long linear, GuestWalk walk) {
        refillPool();
        entries.set(pageTable(linear, walk), format.index(linear, 1), absentIoMark(walk.gfn()), EntryCause.MMIO);
    }

    @Override
    protected long leafEntry(long linear) {
        ShadowPage page = root;
        while (page.level > 1) {
            page = page.child(format.index(linear, page.level));
            if (page == null) {
                return 0;
            }
        }
        return entries.get(page, format.index(linear, 1));
    }

    // ---- what the guest does ----

    @Override
    public boolean interceptsInvlpg() {
        return true;
    }

    @Override
    public void invlpg(long linear) {
        counters.invlpg++;
        if (root != null && rootValid) {
            forget(linear);
        }
        flushTlbPage(linear);
        commit();
    }

    /** Clears the entry of a page; of a large one, all entries that are parts of it or may be. */
    private void forget(long linear) {
        NaivePage page = root;
        while (page.level > 1) {
            int index = format.index(linear, page.level);
            NaivePage child = (NaivePage) page.child(index);
            if (child == null) {
                if (format.shift(page.level) < page.brokenPageShift) {
                    forgetSiblings(page, linear);
                }
                return;
            }
            if (child.brokenPageShift >= format.shift(page.level)) {
                forgetSiblings(page, linear);
                return;
            }
            page = child;
        }
        entries.set(page, format.index(linear, 1), 0, EntryCause.INVLPG);
    }

    /** A large guest page may be derived into several tables: 4 MBytes into two of PAE's. */
    private void forgetSiblings(NaivePage page, long linear) {
        int covered = Math.max(page.brokenPageShift, format.shift(page.level));
        if (page.parent != null && covered > format.shift(page.level + 1)) {
            covered = format.shift(page.level + 1);
        }
        int count = 1 << (covered - format.shift(page.level));
        int first = format.index(linear, page.level) & -count;
        for (int i = first; i < first + count; i++) {
            if (page.child(i) instanceof NaivePage child) {
                freeTree(child, EntryCause.INVLPG);
            }
        }
    }

    @Override
    public void newCr3(boolean keepTranslations) {
        counters.cr3Loads++;
        dropNonGlobal(EntryCause.CR3_LOAD);
    }

    private void dropNonGlobal(EntryCause cause) {
        for (NaivePage page : List.copyOf(active)) {
            if (!page.global && page.parent != null) {
                freeTree(page, cause);
            }
        }
        flushTlb();
    }

    @Override
    public void flushGuest() {
        freeAll(EntryCause.CR3_LOAD);
        flushTlb();
    }

    @Override
    public void resetContext() {
        counters.contextResets++;
        freeAll(EntryCause.CONTEXT_RESET);
        flushTlb();
    }

    @Override
    public void pteWrite(long guestPhysical, int size) {
        // The guest will flush.
    }

    @Override
    public boolean unprotectPageVirt(long linear) {
        return false;
    }

    // ---- what the hypervisor does ----

    @Override
    public void slotRemoveWriteAccess(MemorySlot slot) {
        for (NaivePage page : active) {
            for (int i = 0; page.level == 1 && page.maps(slot) && i < format.entries(); i++) {
                entries.set(page, i, entries.get(page, i) & ~Bits.RW, EntryCause.DIRTY_LOG);
            }
        }
        commit();
    }

    @Override
    public void zapSlot(MemorySlot slot) {
        // Nothing tells which entries are of this slot.
        freeAll(EntryCause.SLOT_DROP);
        commit();
    }

    @Override
    public void slotsChanged() {
        for (NaivePage page : active) {
            for (int i = 0; page.level == 1 && i < format.entries(); i++) {
                if (Bits.io(entries.get(page, i))) {
                    entries.set(page, i, 0, EntryCause.SLOT_DROP);
                }
            }
        }
    }

    @Override
    public void zapAll() {
        freeAll(EntryCause.ZAP_ALL);
        commit();
    }

    @Override
    public void changeMmuPages(int pages) {
        if (pages < LEAST_POOL) {
            throw new IllegalArgumentException(pages + " MMU pages: expected at least " + LEAST_POOL);
        }
        pool = pages;
        if (active.size() > pool) {
            counters.pagesRecycled += active.size();
            freeAll(EntryCause.RECYCLE);
            commit();
        }
    }

    @Override
    public void destroy() {
        freeAll(EntryCause.ZAP_ALL);
        flushTlb();
    }

    // ---- for those who look at all of it ----

    /** The tables in use. */
    public List<? extends ShadowPage> pages() {
        return active;
    }
}

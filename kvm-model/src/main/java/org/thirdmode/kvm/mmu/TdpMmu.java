package org.thirdmode.kvm.mmu;

import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.EntryObserver;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.Others;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.guest.GuestMemory;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.x86.paging.Access;

/**
 * The second dimension, filled on demand: one table from guest-physical to host-physical addresses, in the format that the
 * processor wants ({@link TdpFormat}). The guest's own tables are the processor's business: the hypervisor reads them only
 * to translate an address for itself.
 *
 * <ul>
 *   <li>A page is mapped as large as the processor, the slot and the host's memory allow; not in a slot whose writes are
 *       logged, for the log is of pages of 4 KBytes.
 *   <li>Writes are logged by write protection: the first to a page faults. Where the processor logs by itself, by that
 *       ({@link ModificationLog}): pages are writable, and not dirty.
 *   <li>Large pages are split when a slot's log begins, and put together again when it ends.
 *   <li>Tables beyond the budget are recycled in the order in which they were made.
 * </ul>
 *
 * <p>KVM: {@code mmu/tdp_mmu.c}. Every change of an entry goes through {@link TdpTables#set}.
 */
public class TdpMmu implements GuestMmu {
    /** One instruction's translations need fewer: else the last of them would take the tables of the first, for ever. */
    public static final int LEAST_PAGES = 256;

    private final Surroundings around;
    private final TdpFormat format;
    private final TdpHardware processor;
    private final int highestLeaf;
    private final HardwarePaging hardware = new HardwarePaging();
    private final MmuCounters counters = new MmuCounters();
    private final TdpTables tables;
    private final GuestWalker walker;
    private final Set<MemorySlot> logged = Collections.newSetFromMap(new IdentityHashMap<>());
    private int maxPages = Integer.MAX_VALUE;

    public TdpMmu(Surroundings around, TdpHardware processor) {
        this(around, processor, TdpTables::new);
    }

    /** With other tables than the usual ones. */
    protected TdpMmu(Surroundings around, TdpHardware processor, TdpTables.Maker maker) {
        this.around = around;
        this.processor = processor;
        format = processor.format();
        highestLeaf = processor.highestLeaf();
        tables = maker.make(around, format, counters);
        walker = new GuestWalker(
                around.registers(), around.limits(), new GuestMemory(around.memory(), around.slots()), counters);
    }

    /** The format of its tables. */
    public final TdpFormat format() {
        return format;
    }

    @Override
    public HardwarePaging load() {
        if (tables.root() == null) {
            tables.makeRoot();
        }
        hardware.cr3 = tables.root().host;
        return hardware;
    }

    // ---- faults ----

    @Override
    public FaultResult pageFault(long address, int errorCode) {
        counters.faults++;
        load();
        long gfn = address >>> 12;
        boolean write = (errorCode & Access.WRITE) != 0;
        MemorySlot slot = around.slots().find(gfn);
        if (slot == null || (write && slot.readOnly()) || !format.reaches(gfn)) {
            counters.mmioFaults++;
            return new FaultResult.Mmio(address);
        }
        counters.shadowFaults++;
        if (around.others().act(Others.Moment.GUEST_WALKED)) {
            if (around.slots().find(gfn) != slot) {
                return FaultResult.RETRY;
            }
            load();
        }
        if (slot.logsDirty()) {
            log(slot);
        }
        if (write) {
            slot.markDirty(gfn);
        }
        if (tables.size() + format.levels > maxPages) {
            tables.recycle(maxPages - format.levels);
        }
        map(gfn, slot, write);
        tables.commit();
        return FaultResult.RETRY;
    }

    private void map(long gfn, MemorySlot slot, boolean write) {
        int level = mapLevel(gfn, slot);
        TdpPage page = tables.root();
        while (page.level > level) {
            page = tables.descend(page, format.index(gfn, page.level));
        }
        int index = format.index(gfn, level);
        long before = tables.get(page, index);
        long first = gfn & -(1L << format.shift(level));
        long host = slot.hostAddress(gfn) - ((gfn - first) << 12);
        boolean mapped = format.present(before) && format.maps(before, level) && format.address(before) == host;
        boolean seen = write || !slot.logsDirty() || (mapped && format.writable(before)) || processorLogs();
        boolean dirty = write || !slot.logsDirty() || (mapped && format.dirty(before));
        long after = format.page(host, level, seen && !slot.readOnly() && mayWrite(gfn), dirty);
        if (level > 1 && before != after) {
            counters.largeEntries++;
        }
        tables.replace(page.child(index) == null ? EntryCause.FAULT : EntryCause.REPLACED, page, index, after);
    }

    /** The level of the entry that is to map a guest frame. KVM: {@code kvm_mmu_max_mapping_level}. */
    private int mapLevel(long gfn, MemorySlot slot) {
        int level = slot.logsDirty() ? 1 : highestLeaf;
        while (level > 1 && !(mayBeLarge(gfn, level) && large(gfn, level, slot))) {
            level--;
        }
        return level;
    }

    /** Whether the guest may write a frame by these tables, as far as somebody else is concerned. KVM: page tracking. */
    protected boolean mayWrite(long gfn) {
        return true;
    }

    /** Whether a large page may be around a frame, as far as somebody else is concerned. KVM: {@code disallow_lpage}. */
    protected boolean mayBeLarge(long gfn, int level) {
        return true;
    }

    /** Makes the page around a guest frame one of 4 KBytes, if it is mapped. */
    private void split(long gfn) {
        for (int level = highestLeaf; level > 1; level--) {
            tables.leaves(gfn, gfn + 1, (page, index, entry, first) -> {
                if (page.level > 1) {
                    tables.descend(page, index);
                }
            });
        }
    }

    /** Takes write access to a guest frame. KVM: {@code kvm_write_track_add_gfn}. */
    protected final void writeProtect(long gfn) {
        split(gfn);
        tables.leaves(
                gfn,
                gfn + 1,
                (page, index, entry, first) ->
                        tables.change(EntryCause.WRITE_PROTECT, page, index, entry, format::withoutWrite));
        tables.commit();
    }

    /** Whether a guest frame was written by these tables since this was last asked; it is in a page of 4 KBytes from now on. */
    protected final boolean takeDirty(long gfn) {
        split(gfn);
        boolean[] dirty = new boolean[1];
        tables.leaves(gfn, gfn + 1, (page, index, entry, first) -> {
            if (format.dirty(entry)) {
                dirty[0] = true;
                tables.change(EntryCause.AGE, page, index, entry, format::withoutDirty);
            }
        });
        tables.commit();
        return dirty[0];
    }

    /** Whether the large page around a guest frame is one of the host's, and all of it in the slot. */
    private boolean large(long gfn, int level, MemorySlot slot) {
        long frames = 1L << format.shift(level);
        long first = gfn & -frames;
        return first >= slot.baseGfn()
                && first + frames <= slot.baseGfn() + slot.pages()
                && slot.hostPageShift(gfn) >= 12 + format.shift(level)
                && (((slot.hostAddress(gfn) >>> 12) ^ gfn) & (frames - 1)) == 0;
    }

    // ---- dirty log ----

    private boolean processorLogs() {
        return processor.log() != ModificationLog.NONE;
    }

    private void log(MemorySlot slot) {
        if (logged.add(slot) && logged.size() == 1) {
            startLog();
        }
    }

    /** The processor is to write down what becomes dirty. */
    protected void startLog() {
        processor.log().enable(true);
    }

    private void logNoMore(MemorySlot slot) {
        // What was written down is of the slots as they are now.
        harvestDirty();
        if (logged.remove(slot) && logged.isEmpty()) {
            processor.log().enable(false);
        }
    }

    @Override
    public void slotRemoveWriteAccess(MemorySlot slot) {
        log(slot);
        long end = slot.baseGfn() + slot.pages();
        for (int level = highestLeaf; level > 1; level--) {
            tables.leaves(slot.baseGfn(), end, (page, index, entry, gfn) -> {
                if (page.level > 1) {
                    tables.descend(page, index);
                }
            });
        }
        tables.leaves(slot.baseGfn(), end, (page, index, entry, gfn) -> {
            tables.change(
                    EntryCause.DIRTY_LOG,
                    page,
                    index,
                    entry,
                    processorLogs() ? format::withoutDirty : format::withoutWrite);
        });
        // To split has taken tables.
        tables.recycle(maxPages);
        tables.commit();
    }

    @Override
    public void harvestDirty() {
        processor.log().drain(guestPhysical -> {
            MemorySlot written = around.slots().find(guestPhysical >>> 12);
            if (written != null) {
                written.markDirty(guestPhysical >>> 12);
            }
        });
    }

    @Override
    public void dirtyLogEnded(MemorySlot slot) {
        logNoMore(slot);
        for (int level = 2; level <= highestLeaf; level++) {
            collapse(tables.root(), slot, level);
        }
        tables.commit();
    }

    /** Tables of pages that may be one large page become one. KVM: {@code kvm_tdp_mmu_recover_huge_pages}. */
    private void collapse(TdpPage page, MemorySlot slot, int level) {
        for (int n = 0; page != null && n < format.entries(page.level); n++) {
            TdpPage below = page.child(n);
            if (below == null) {
                continue;
            }
            long gfn = below.gfn;
            if (page.level > level) {
                collapse(below, slot, level);
            } else if (slot.contains(gfn) && below.used > 0 && mayBeLarge(gfn, level) && large(gfn, level, slot)) {
                counters.largeEntries++;
                long entry = format.page(slot.hostAddress(gfn), level, !slot.readOnly(), true);
                tables.replace(EntryCause.COLLAPSE, page, n, entry);
            }
        }
    }

    // ---- the working set ----

    /**
     * What the guest has accessed since this was last asked: bit i is the i-th frame of the slot. At the grain of the pages
     * that are mapped. Where the processor sets no flags a page is taken away, so that the next access faults. KVM: {@code
     * kvm_age_gfn}.
     */
    public BitSet harvestAccessed(MemorySlot slot) {
        BitSet accessed = new BitSet();
        long end = slot.baseGfn() + slot.pages();
        tables.leaves(slot.baseGfn(), end, (page, index, entry, gfn) -> {
            if (format.accessed(entry)) {
                int first = (int) (gfn - slot.baseGfn());
                accessed.set(first, first + (1 << format.shift(page.level)));
                tables.change(
                        EntryCause.AGE, page, index, entry, processor.flags() ? format::withoutAccessed : seen -> 0);
            }
        });
        tables.commit();
        return accessed;
    }

    // ---- tables go ----

    @Override
    public void zapSlot(MemorySlot slot) {
        logNoMore(slot);
        tables.zap(EntryCause.SLOT_DROP, slot.baseGfn(), slot.baseGfn() + slot.pages());
        tables.commit();
    }

    @Override
    public void zapAll() {
        tables.releaseAll();
        tables.commit();
    }

    @Override
    public void changeMmuPages(int pages) {
        if (pages < LEAST_PAGES) {
            throw new IllegalArgumentException(pages + " MMU pages: expected at least " + LEAST_PAGES);
        }
        maxPages = pages;
        tables.recycle(maxPages);
        tables.commit();
    }

    @Override
    public void destroy() {
        zapAll();
    }

    @Override
    public void slotsChanged() {
        // An address without memory has no entry.
    }

    // ---- the guest's own tables ----

    // The processor walks and caches them itself: what the guest does with them is not noticed.

    @Override
    public boolean interceptsInvlpg() {
        return false;
    }

    @Override
    public void invlpg(long linear) {}

    @Override
    public void newCr3(boolean keepTranslations) {}

    @Override
    public void flushGuest() {}

    @Override
    public void resetContext() {}

    @Override
    public void pteWrite(long guestPhysical, int size) {}

    @Override
    public boolean unprotectPageVirt(long linear) {
        return false;
    }

    @Override
    public GuestWalk gvaToGpa(long linear, int access) {
        return walker.walk(linear, access, true);
    }

    @Override
    public GuestWalk probe(long linear, int access) {
        return walker.walk(linear, access, false);
    }

    @Override
    public MmuCounters counters() {
        return counters;
    }

    @Override
    public void observe(EntryObserver observer) {
        tables.observe(observer);
    }
}

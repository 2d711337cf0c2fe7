package org.thirdmode.kvm.mmu;

import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.EntryObserver;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;

/**
 * The second dimension, filled on demand: one table from guest-physical to host-physical addresses, in the format of EPT (SDM
 * 3C "Format of EPT Entries"). The guest's own tables are the processor's business: nothing here reads them.
 *
 * <p>Every change of an entry goes through {@link #set}.
 */
public final class TdpMmu implements GuestMmu {
    private static final int LEVELS = 4;
    private static final int ENTRIES = 512;
    private static final long READ = 1;
    private static final long WRITE = 1 << 1;
    private static final long EXECUTE = 1 << 2;
    private static final long ALL = READ | WRITE | EXECUTE;

    /** Write-back, whatever the guest's PAT says: the memory is RAM. */
    private static final long MEMORY_TYPE = (6 << 3) | (1 << 6);

    private static final long ADDRESS = 0xf_ffff_ffff_f000L;

    private final Surroundings around;
    private final PhysicalMemory memory;
    private final HardwarePaging hardware = new HardwarePaging();
    private final MmuCounters counters = new MmuCounters();
    private EntryObserver observer;
    private long root;

    public TdpMmu(Surroundings around) {
        this.around = around;
        memory = around.memory();
    }

    // ---- entries ----

    private long newTable() {
        counters.pagesMade++;
        counters.pagesInUse++;
        counters.pagesInUsePeak = Math.max(counters.pagesInUsePeak, counters.pagesInUse);
        return around.pages().allocate(false);
    }

    /** The one place where an entry changes. */
    private void set(EntryCause cause, int level, long at, long gfn, long before, long after) {
        memory.write(at, 8, after);
        counters.entryChanges[cause.ordinal()]++;
        if (observer != null) {
            observer.entryChanged(cause, level, at, gfn, before, after);
        }
    }

    private static int shift(int level) {
        return 9 * (level - 1);
    }

    private static long entryAddress(long table, int level, long gfn) {
        return table | (((gfn >>> shift(level)) & (ENTRIES - 1)) << 3);
    }

    /** Where the entry that maps {@code gfn} stands; tables on the way are made. */
    private long leaf(long gfn) {
        long table = root;
        for (int level = LEVELS; level > 1; level--) {
            long at = entryAddress(table, level, gfn);
            long entry = memory.read(at, 8);
            if (entry == 0) {
                long below = newTable();
                set(EntryCause.LINK, level, at, gfn, 0, below | ALL);
                table = below;
            } else {
                table = entry & ADDRESS;
            }
        }
        return entryAddress(table, 1, gfn);
    }

    /** Where the entry that maps {@code gfn} stands; 0 where there is no table for it. */
    private long present(long gfn) {
        long table = root;
        for (int level = LEVELS; level > 1 && table != 0; level--) {
            table = memory.read(entryAddress(table, level, gfn), 8) & ADDRESS;
        }
        return table == 0 ? 0 : entryAddress(table, 1, gfn);
    }

    // ---- the port ----

    @Override
    public FaultResult pageFault(long address, int errorCode) {
        counters.faults++;
        load();
        long gfn = address >>> 12;
        boolean write = (errorCode & Access.WRITE) != 0;
        MemorySlot slot = around.slots().find(gfn);
        if (slot == null || (write && slot.readOnly())) {
            counters.mmioFaults++;
            return new FaultResult.Mmio(address);
        }
        counters.shadowFaults++;
        boolean writable = !slot.readOnly() && (write || !slot.logsDirty());
        if (writable) {
            slot.markDirty(gfn);
        }
        long at = leaf(gfn);
        long after = slot.hostAddress(gfn) | MEMORY_TYPE | READ | EXECUTE | (writable ? WRITE : 0);
        set(EntryCause.FAULT, 1, at, gfn, memory.read(at, 8), after);
        return FaultResult.RETRY;
    }

    @Override
    public HardwarePaging load() {
        if (root == 0) {
            root = newTable();
            counters.rootLoads++;
        }
        hardware.cr3 = root;
        return hardware;
    }

    @Override
    public void slotRemoveWriteAccess(MemorySlot slot) {
        change(slot, EntryCause.DIRTY_LOG, ~WRITE);
    }

    @Override
    public void zapSlot(MemorySlot slot) {
        change(slot, EntryCause.SLOT_DROP, 0);
    }

    private void change(MemorySlot slot, EntryCause cause, long keep) {
        if (root == 0) {
            return;
        }
        boolean changed = false;
        for (long gfn = slot.baseGfn(); gfn < slot.baseGfn() + slot.pages(); gfn++) {
            long at = present(gfn);
            if (at == 0) {
                gfn |= ENTRIES - 1;
                continue;
            }
            long entry = memory.read(at, 8);
            long after = entry & keep;
            if (after != entry) {
                set(cause, 1, at, gfn, entry, after);
                changed = true;
            }
        }
        if (changed) {
            counters.flushes++;
            around.tlb().flush();
        }
    }

    @Override
    public void zapAll() {
        if (root != 0) {
            free(root, LEVELS);
            root = 0;
            counters.flushes++;
            around.tlb().flush();
        }
    }

    private void free(long table, int level) {
        if (level > 1) {
            for (int n = 0; n < ENTRIES; n++) {
                long entry = memory.read(table + (8L * n), 8);
                if (entry != 0) {
                    free(entry & ADDRESS, level - 1);
                }
            }
        }
        counters.pagesZapped++;
        counters.pagesInUse--;
        around.pages().free(table);
    }

    @Override
    public void changeMmuPages(int pages) {
        if (counters.pagesInUse > pages) {
            zapAll();
        }
    }

    @Override
    public void destroy() {
        zapAll();
    }

    // The processor walks and caches the guest's tables itself: what the guest does with them is not noticed.

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
    public void harvestDirty(MemorySlot slot) {}

    @Override
    public void slotsChanged() {}

    @Override
    public GuestWalk gvaToGpa(long linear, int access) {
        throw new UnsupportedOperationException("the instruction emulator walks the guest's tables itself");
    }

    @Override
    public GuestWalk probe(long linear, int access) {
        throw new UnsupportedOperationException("the instruction emulator walks the guest's tables itself");
    }

    @Override
    public MmuCounters counters() {
        return counters;
    }

    @Override
    public void observe(EntryObserver entryObserver) {
        observer = entryObserver;
    }
}

package org.thirdmode.testkit.strategy;

import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.shadow.table.ShadowMmu;
import org.thirdmode.shadow.table.ShadowPage;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;

/** The least strategy there is: the tables hold one translation, that of the last fault. */
final class OneTranslation extends ShadowMmu {
    private static final class Table extends ShadowPage {
        Table(long host, Frame frame, int level, int entries) {
            super(host, frame, level, 0, entries);
        }
    }

    private final Table[] tables = new Table[6];
    private long mapped;

    OneTranslation(Surroundings around) {
        super(around, GuestWalker::new);
    }

    // ---- the tables: one of each level ----

    @Override
    protected void makeRoot() {
        for (int level = 1; level <= format.levels && tables[level] == null; level++) {
            long host = allocateHostPage();
            tables[level] = new Table(host, entries.emptyTable(host), level, format.entries());
        }
    }

    @Override
    protected void dropTables() {
        forget(EntryCause.CONTEXT_RESET);
        for (int level = 1; level < tables.length; level++) {
            if (tables[level] != null) {
                freeHostPage(tables[level].host);
                tables[level] = null;
            }
        }
        rootValid = false;
    }

    @Override
    protected long root() {
        return tables[format.levels].host;
    }

    private void forget(EntryCause cause) {
        for (int level = 1; level < tables.length && tables[level] != null; level++) {
            entries.set(tables[level], format.index(mapped, level), 0, cause);
        }
    }

    /** The way to the entry of a linear address; what was there before goes. */
    private void set(long linear, long entry, EntryCause cause) {
        forget(EntryCause.REPLACED);
        mapped = linear;
        for (int level = format.levels; level > 1; level--) {
            long way = tableEntry(tables[level - 1], level);
            entries.set(tables[level], format.index(linear, level), way, EntryCause.LINK);
        }
        entries.set(tables[1], format.index(linear, 1), entry, cause);
        // PDPTEs are read when CR3 is loaded, and a walk cache may hold the rest.
        entries.needFlush();
    }

    @Override
    protected long leafEntry(long linear) {
        return linear >>> 12 == mapped >>> 12 ? entries.get(tables[1], format.index(linear, 1)) : 0;
    }

    // ---- faults ----

    @Override
    protected FaultResult install(long linear, int access, GuestWalk walk, MemorySlot slot, int rights) {
        boolean write = (access & Access.WRITE) != 0;
        boolean writable = !slot.readOnly() && (write || (walk.dirty && !slot.logsDirty()));
        int allowed = writable ? rights : rights & ~GuestWalk.WRITE;
        long host = slot.hostAddress(walk.gfn());
        set(linear, pageEntry(host, 1, allowed, walk.global, walk.protectionKey, 0), EntryCause.FAULT);
        if (write && slot.readOnly()) {
            return new FaultResult.Mmio(walk.guestPhysical);
        }
        if (write && slot.logsDirty()) {
            slot.markDirty(walk.gfn());
        }
        return FaultResult.RETRY;
    }

    @Override
    protected void markIo(long linear, GuestWalk walk) {
        // Each access is looked up in the slots.
    }

    // ---- what the guest and its host do: it is forgotten ----

    private void forgetAndFlush(EntryCause cause) {
        forget(cause);
        flushTlb();
    }

    @Override
    public boolean interceptsInvlpg() {
        return true;
    }

    @Override
    public void invlpg(long linear) {
        forgetAndFlush(EntryCause.INVLPG);
    }

    @Override
    public void newCr3(boolean keepTranslations) {
        forgetAndFlush(EntryCause.CR3_LOAD);
    }

    @Override
    public void flushGuest() {
        forgetAndFlush(EntryCause.CR3_LOAD);
    }

    @Override
    public void resetContext() {
        forgetAndFlush(EntryCause.CONTEXT_RESET);
        rootValid = false;
    }

    @Override
    public void pteWrite(long guestPhysical, int size) {
        // The guest will flush.
    }

    @Override
    public boolean unprotectPageVirt(long linear) {
        return false;
    }

    @Override
    public void slotRemoveWriteAccess(MemorySlot slot) {
        forgetAndFlush(EntryCause.DIRTY_LOG);
    }

    @Override
    public void zapSlot(MemorySlot slot) {
        forgetAndFlush(EntryCause.SLOT_DROP);
    }

    @Override
    public void slotsChanged() {
        // Nothing is known of addresses without memory.
    }

    @Override
    public void zapAll() {
        forgetAndFlush(EntryCause.ZAP_ALL);
    }

    @Override
    public void changeMmuPages(int pages) {
        // It never needs more than its five.
    }

    @Override
    public void destroy() {
        dropTables();
        flushTlb();
    }
}

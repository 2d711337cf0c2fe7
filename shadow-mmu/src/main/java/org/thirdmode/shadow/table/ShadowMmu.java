package org.thirdmode.shadow.table;

import org.thirdmode.shadow.EntryObserver;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.Others;
import org.thirdmode.shadow.PagingRegisters;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.guest.GuestMemory;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * What all strategies do alike about a fault: walk the guest's tables, give the guest what is its own, decide what the
 * hardware may be allowed. A strategy says where that is put ({@link #install}) and when it goes.
 *
 * <p>The hardware runs with CR0.WP set whatever the guest's. While the guest's is clear, an entry for a page that the guest
 * has as read-only is one of two: as it is, or, once the supervisor has written, writable and for the supervisor alone.
 * KVM's document calls it the dual state.
 */
public abstract class ShadowMmu implements GuestMmu {
    private static final int ERROR_P = 1;
    private static final int ERROR_RSVD = 1 << 3;
    private static final int ACCESS = Access.WRITE | Access.USER | Access.FETCH;

    protected final Surroundings around;
    protected final PagingRegisters registers;
    protected final GuestMemory guestMemory;
    protected final GuestWalker walker;
    protected final MmuCounters counters = new MmuCounters();
    protected final ShadowEntries entries;

    /** The guest's paging levels for which the root was made. */
    protected int guestLevels;

    /** The format of the tables in use. */
    protected ShadowFormat format;

    /** Whether there is a root and it is for the registers as they are. */
    protected boolean rootValid;

    private final HardwarePaging hardware = new HardwarePaging();

    protected ShadowMmu(Surroundings around, GuestWalker.Maker walkers) {
        this.around = around;
        registers = around.registers();
        guestMemory = new GuestMemory(around.memory(), around.slots());
        walker = walkers.make(registers, around.limits(), guestMemory, counters);
        entries = new ShadowEntries(around.memory(), counters);
    }

    // ---- what a strategy says ----

    /** Whether the hardware has to forget translations before the guest runs on; asked once. */
    protected boolean flushIsDue() {
        return entries.takeFlush();
    }

    /** IA32_EFER for the hardware: {@code needed} by the tables, which may have XD set whether the guest has that or not. */
    protected long hardwareEfer(long needed) {
        return needed;
    }

    /** Drops all tables: they are of another format than those to come. */
    protected abstract void dropTables();

    /** Makes the root for the registers as they are. */
    protected abstract void makeRoot();

    /** Host-physical address of the root. */
    protected abstract long root();

    /**
     * Puts the translation that the guest's tables give into the shadow tables.
     *
     * @param access what the faulting instruction does
     * @param rights what the entry is to allow: {@link GuestWalk#rights}, or the other half of the dual state
     */
    protected abstract FaultResult install(long linear, int access, GuestWalk walk, MemorySlot slot, int rights);

    /** Marks an address that the guest's tables translate to where no memory is. */
    protected abstract void markIo(long linear, GuestWalk walk);

    /** The entry that the hardware ends its walk at; 0 where it does not come that far. */
    protected abstract long leafEntry(long linear);

    /** The hardware met a reserved bit, which only a mark of ours has: what it says, or null to walk the guest's tables. */
    protected FaultResult reservedBit(long linear, int access) {
        return null;
    }

    /** The walk in software has set a flag in the guest's memory. */
    protected void guestFlagsSet(long guestPhysical, int size) {}

    // ---- faults ----

    @Override
    public final FaultResult pageFault(long address, int errorCode) {
        counters.faults++;
        load();
        int access = errorCode & ACCESS;
        if ((access & Access.USER) == 0 && registers.cpl() == 3) {
            access |= Access.IMPLICIT;
        }
        if ((errorCode & ERROR_RSVD) != 0) {
            FaultResult known = reservedBit(address, access);
            if (known != null) {
                counters.mmioFaults++;
                return known;
            }
        }
        FaultResult result = handle(address, access, (errorCode & ERROR_P) != 0);
        commit();
        return result;
    }

    private FaultResult handle(long linear, int access, boolean present) {
        if (mayBeImplicitWrite(linear, access)) {
            return emulate(walker.walk(linear, access, false).guestPhysical, FaultResult.Reason.RIGHTS_BEYOND_ENTRIES);
        }
        GuestWalk walk = walkGuest(linear, access);
        if (walk.faulted) {
            return inject(linear, walk);
        }
        long gfn = walk.gfn();
        MemorySlot slot = around.slots().find(gfn);
        long loaded = counters.rootLoads;
        if (around.others().act(Others.Moment.GUEST_WALKED)) {
            boolean sameTables =
                    rootValid && counters.rootLoads == loaded && around.slots().find(gfn) == slot;
            if (!sameTables || !stillSo(walk)) {
                // The guest tries again, and meets what is so now.
                return FaultResult.RETRY;
            }
        }
        if (slot == null) {
            counters.mmioFaults++;
            long guestPhysical = walk.guestPhysical;
            markIo(linear, walk);
            return new FaultResult.Mmio(guestPhysical);
        }
        int rights = walk.rights();
        if (supervisorWrite(access) && guestLevels != 0) {
            if (beyondEntries(walk)) {
                if (slot.readOnly()) {
                    counters.mmioFaults++;
                    return new FaultResult.Mmio(walk.guestPhysical);
                }
                return emulate(walk.guestPhysical, FaultResult.Reason.RIGHTS_BEYOND_ENTRIES);
            }
            if (!walk.writable) {
                rights = dualState(walk);
            }
        }
        long before = present ? leafEntry(linear) : 0;
        FaultResult result = install(linear, access, walk, slot, rights);
        if (result == FaultResult.RETRY) {
            if (present && leafEntry(linear) == before && onlyImplicitAccessFaults(access, before)) {
                return inject(linear, walkGuest(linear, access | Access.IMPLICIT));
            }
            counters.shadowFaults++;
        }
        return result;
    }

    /** Whether the entries by which a walk came are as it left them, flags too. KVM: {@code FNAME(gpte_changed)}. */
    protected boolean stillSo(GuestWalk walk) {
        int size = GuestWalker.levels(registers) == 2 ? 4 : 8;
        for (int level = Math.max(1, walk.leafLevel); level <= guestLevels; level++) {
            boolean register = guestLevels == 3 && level == 3;
            long address = (walk.tableGfn[level] << 12) + ((long) walk.index[level] * size);
            if (!register && guestMemory.read(address, size) != walk.entries[level]) {
                return false;
            }
        }
        return true;
    }

    private GuestWalk walkGuest(long linear, int access) {
        GuestWalk walk = walker.walk(linear, access, true);
        for (int level = 1; walk.flagged >>> level != 0; level++) {
            if ((walk.flagged >>> level & 1) != 0) {
                int size = GuestWalker.levels(registers) == 2 ? 4 : 8;
                guestFlagsSet((walk.tableGfn[level] << 12) + ((long) walk.index[level] * size), size);
            }
        }
        return walk;
    }

    private FaultResult inject(long linear, GuestWalk walk) {
        counters.guestFaults++;
        // SDM 3A: a page fault drops what the TLB has of the page; the hardware did that already for its own.
        return new FaultResult.Inject(linear, walk.errorCode);
    }

    /** The instruction is to be emulated. */
    protected final FaultResult emulate(long guestPhysical, FaultResult.Reason reason) {
        counters.emulations++;
        return new FaultResult.Emulate(guestPhysical, reason);
    }

    private static boolean supervisorWrite(int access) {
        return (access & (Access.WRITE | Access.USER)) == Access.WRITE;
    }

    /**
     * Whether no entry lets the hardware, whose CR0.WP is set, do a supervisor's write that the guest's tables and registers
     * allow. The dual state makes the page one of the supervisor: what SMAP, SMEP and protection keys forbid the supervisor
     * in pages of the user would be lost with it, except that XD stands in for SMEP.
     */
    private boolean beyondEntries(GuestWalk walk) {
        if ((registers.cr0() & Cr0.WP) != 0 || !walk.user) {
            return false;
        }
        long cr4 = registers.cr4();
        boolean keys = (cr4 & Cr4.PKE) != 0 && (registers.efer() & Efer.LMA) != 0;
        if (walk.writable) {
            // With CR0.WP set the key's write-disable bit holds for the supervisor too.
            return keys && ((registers.pkru() >>> (2 * walk.protectionKey)) & 2) != 0;
        }
        return keys || (cr4 & Cr4.SMAP) != 0 || ((cr4 & Cr4.SMEP) != 0 && !format.hasExecuteDisable());
    }

    /** Writable, but for the supervisor alone. */
    private int dualState(GuestWalk walk) {
        int rights = (walk.rights() | GuestWalk.WRITE) & ~GuestWalk.USER;
        boolean smep = (registers.cr4() & Cr4.SMEP) != 0;
        return walk.user && smep ? rights & ~GuestWalk.EXECUTE : rights;
    }

    /**
     * Whether the access may be a write to a system structure, which SMAP forbids and EFLAGS.AC does not help: nothing tells
     * it from a write that AC allows until the entry is writable, and to make it so the guest's Dirty flag would be set, which
     * a write that faults must not do. The emulator knows what it executes.
     */
    private boolean mayBeImplicitWrite(long linear, int access) {
        if ((access & (Access.WRITE | Access.USER | Access.IMPLICIT)) != Access.WRITE
                || guestLevels == 0
                || (registers.cr4() & Cr4.SMAP) == 0
                || !registers.alignmentCheck()) {
            return false;
        }
        GuestWalk walk = walker.walk(linear, access, false);
        return !walk.faulted
                && walk.user
                && (walk.entries[walk.leafLevel] & Bits.D) == 0
                && around.slots().find(walk.gfn()) != null;
    }

    /**
     * The hardware faulted at an entry that allows the access: only SMAP can be the reason, for an implicit access to a
     * system structure, which EFLAGS.AC does not help. (The error code does not tell implicit accesses; that the TLB had an
     * older entry cannot be, for a fault drops it.)
     */
    private boolean onlyImplicitAccessFaults(int access, long entry) {
        return (access & (Access.USER | Access.FETCH | Access.IMPLICIT)) == 0
                && (registers.cr4() & Cr4.SMAP) != 0
                && registers.alignmentCheck()
                && Bits.present(entry)
                && (entry & Bits.US) != 0;
    }

    /** Asks for the flush that changes of entries have made necessary. Every operation of the port ends with it. */
    protected final void commit() {
        if (flushIsDue()) {
            flushTlb();
        }
    }

    /** Asks for a flush of everything. */
    protected final void flushTlb() {
        entries.takeFlush();
        counters.flushes++;
        around.tlb().flush();
    }

    protected final void flushTlbPage(long linear) {
        counters.pageFlushes++;
        around.tlb().flushPage(linear);
    }

    // ---- entries ----

    /** The entry for a page. */
    protected final long pageEntry(long host, int level, int rights, boolean global, int key, long accessedAndDirty) {
        long entry = rightsOf(rights) | Bits.P | host | accessedAndDirty;
        if (level > 1) {
            entry |= Bits.PS;
        }
        if (global) {
            entry |= Bits.G;
        }
        return format.entrySize == 8 ? entry | ((long) key << Bits.KEY_SHIFT) : entry;
    }

    /** R/W, U/S and XD as an entry has them. */
    protected final long rightsOf(int rights) {
        return ((rights & GuestWalk.WRITE) != 0 ? Bits.RW : 0)
                | ((rights & GuestWalk.USER) != 0 ? Bits.US : 0)
                | ((rights & GuestWalk.EXECUTE) == 0 && format.hasExecuteDisable() ? Bits.XD : 0);
    }

    /** The entry that refers to a table: it takes nothing away. */
    protected final long tableEntry(ShadowPage table, int level) {
        // A PDPTE of PAE paging has neither rights nor flags.
        return format == ShadowFormat.PAE && level == 3
                ? table.host | Bits.P
                : table.host | Bits.P | Bits.RW | Bits.US | Bits.A;
    }

    /** An absent entry that marks an address without memory. */
    protected final long absentIoMark(long gfn) {
        long mark = Bits.IO | (gfn << 12);
        return format.entrySize == 8 ? mark : mark & 0xffff_ffffL;
    }

    // ---- the hardware's registers ----

    @Override
    public final HardwarePaging load() {
        if (!rootValid) {
            guestLevels = GuestWalker.levels(registers);
            ShadowFormat needed = ShadowFormat.of(around.host(), guestLevels, registers.cr4());
            if (needed != format) {
                dropTables();
                format = needed;
                entries.format(format);
            }
            makeRoot();
            rootValid = true;
            counters.rootLoads++;
            commit();
        }
        long cr4 = registers.cr4() & ~(Cr4.PAE | Cr4.PSE | Cr4.LA57 | Cr4.PCIDE);
        if (guestLevels == 0) {
            cr4 &= ~(Cr4.SMEP | Cr4.SMAP | Cr4.PKE);
        }
        long efer = registers.efer() & ~(Efer.NXE | Efer.LME | Efer.LMA);
        switch (format) {
            case BITS_32 -> cr4 |= Cr4.PSE;
            case PAE -> {
                cr4 |= Cr4.PAE;
                efer |= Efer.NXE;
            }
            case LEVEL_4 -> {
                cr4 |= Cr4.PAE;
                efer |= Efer.NXE | Efer.LME | Efer.LMA;
            }
            case LEVEL_5 -> {
                cr4 |= Cr4.PAE | Cr4.LA57;
                efer |= Efer.NXE | Efer.LME | Efer.LMA;
            }
        }
        hardware.cr0 = registers.cr0() | Cr0.PG | Cr0.WP;
        hardware.cr3 = root();
        hardware.cr4 = cr4;
        hardware.efer = hardwareEfer(efer);
        return hardware;
    }

    /** A table page's host address. Roots of PAE and 32-bit tables must be below 4 GBytes; all are there, for simplicity. */
    protected final long allocateHostPage() {
        counters.pagesMade++;
        counters.pagesInUse++;
        counters.pagesInUsePeak = Math.max(counters.pagesInUsePeak, counters.pagesInUse);
        return around.pages().allocate(format.levels <= 3);
    }

    protected final void freeHostPage(long host) {
        counters.pagesZapped++;
        counters.pagesInUse--;
        around.pages().free(host);
    }

    // ---- the rest of the port ----

    @Override
    public final GuestWalk gvaToGpa(long linear, int access) {
        GuestWalk walk = walkGuest(linear, access);
        commit();
        return walk;
    }

    @Override
    public final GuestWalk probe(long linear, int access) {
        return walker.walk(linear, access, false);
    }

    @Override
    public void harvestDirty() {
        // What is written for the first time since the log was read faults, and is recorded then.
    }

    /** The format of the tables in use; null before the first. */
    public final ShadowFormat format() {
        return format;
    }

    @Override
    public final MmuCounters counters() {
        return counters;
    }

    @Override
    public final void observe(EntryObserver observer) {
        entries.observe(observer);
    }
}

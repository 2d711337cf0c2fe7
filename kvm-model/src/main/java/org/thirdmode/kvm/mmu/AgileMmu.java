package org.thirdmode.kvm.mmu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.thirdmode.npt.agile.AgileSecondStage;
import org.thirdmode.shadow.EntryObserver;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MemorySlots;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.shadow.PagingRegisters;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.TlbControl;
import org.thirdmode.shadow.agile.AgileShadow;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.WalkCounters;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * Agile paging: shadow tables that lead into the guest's own where these are written often, and the second dimension's tables
 * beside them, for a hypothetical processor ({@link org.thirdmode.npt.agile}). Gandhi, Hill, Swift, "Agile Paging", ISCA 2016.
 *
 * <p>{@link AgileShadow} says which of the guest's tables the hardware walks; {@link TdpMmu} translates what it finds there. What
 * ties the two:
 *
 * <ul>
 *   <li>A guest table that is shadowed can be written by neither of the two; a write by way of the guest's own tables comes as a fault of
 *       the second dimension, and is emulated as one of the first.
 *   <li>A table that is shadowed on one way and walked by the hardware on another goes over to nested mode when the hardware wants to set a
 *       flag in it.
 *   <li>Once an interval of the guest's time the second dimension's Dirty flags tell which tables in nested mode were written.
 *   <li>A guest without 4-level paging, or with CR0.WP clear, is nested whole: the entries of the two kinds of tables would need
 *       different registers. So is one with SMAP or protection keys, but neither EFER.NXE nor SMEP, whose page faults would not
 *       tell the hypervisor what they are.
 * </ul>
 *
 * <p>Left out of the paper: its cache of CR3 values, by which loads of CR3 do not exit while the top table is shadowed.
 */
public final class AgileMmu implements GuestMmu {
    /** Of the policy, in ticks of the guest's time. The paper's is a second. */
    public static final long INTERVAL = 1_000_000;

    private static final int LEVELS = 4;

    private final PagingRegisters registers;
    private final MemorySlots slots;
    private final LongSupplier time;
    private final AgileShadow shadow;
    private final Second second;
    private final TlbControl linear;
    private final MmuCounters counters = new MmuCounters();
    private final HardwarePaging hardware = new HardwarePaging();

    /** The guest runs with the registers that it has, all of it nested. */
    private boolean whole;

    /** {@link #whole} is to be decided anew. */
    private boolean undecided = true;

    private final long interval;
    private long intervalEnds;
    private long intervals;

    /**
     * An MMU for the hypothetical processor.
     *
     * @param around its flush requests are for all that the processor knows
     * @param processor its second dimension, which sets flags
     * @param linear flush requests that leave guest-physical mappings
     * @param time the guest's, in ticks
     */
    public AgileMmu(Surroundings around, TdpHardware processor, TlbControl linear, LongSupplier time) {
        this(around, processor, linear, time, INTERVAL);
    }

    /** With another interval, in ticks. */
    public AgileMmu(Surroundings around, TdpHardware processor, TlbControl linear, LongSupplier time, long interval) {
        registers = around.registers();
        slots = around.slots();
        this.time = time;
        this.interval = interval;
        this.linear = linear;
        int width = around.limits().maxPhyAddr();
        AgileShadow.Marks marks =
                new AgileShadow.Marks(AgileSecondStage.hostBit(width), AgileSecondStage.switchBit(width));
        second = new Second(around, processor);
        shadow = new AgileShadow(around.withTlb(linear), marks, second::protect, second::takeDirtyOf);
        second.shadow = shadow;
    }

    /** The second dimension, in which guest tables that are shadowed cannot be written. */
    private static final class Second extends TdpMmu {
        private AgileShadow shadow;

        Second(Surroundings around, TdpHardware processor) {
            super(around, processor);
        }

        @Override
        protected boolean mayWrite(long gfn) {
            return !shadow.isProtected(gfn);
        }

        @Override
        protected boolean mayBeLarge(long gfn, int level) {
            return !shadow.anyProtected(gfn, level);
        }

        void protect(long gfn) {
            writeProtect(gfn);
        }

        boolean takeDirtyOf(long gfn) {
            return takeDirty(gfn);
        }
    }

    // ---- entering ----

    @Override
    public HardwarePaging load() {
        passTime();
        if (undecided) {
            undecided = false;
            boolean wholeNow =
                    GuestWalker.levels(registers) != LEVELS || (registers.cr0() & Cr0.WP) == 0 || !tellsFetches();
            if (wholeNow != whole) {
                whole = wholeNow;
                shadow.rest();
                linear.flush();
            }
        }
        HardwarePaging table = second.load();
        hardware.secondDimension = table.cr3;
        hardware.guestsOwn = whole;
        if (!whole) {
            HardwarePaging ours = shadow.load();
            hardware.cr0 = ours.cr0;
            hardware.cr3 = ours.cr3;
            hardware.cr4 = ours.cr4;
            hardware.efer = ours.efer;
        }
        return hardware;
    }

    /**
     * Whether a page fault tells a fetch from a read, where it matters: shadow tables alone are run with EFER.NXE set, for that. SDM
     * 3A "Page-Fault Exceptions".
     */
    private boolean tellsFetches() {
        long cr4 = registers.cr4();
        return (registers.efer() & Efer.NXE) != 0 || (cr4 & Cr4.SMEP) != 0 || (cr4 & (Cr4.SMAP | Cr4.PKE)) == 0;
    }

    /** Intervals end at multiples of their length, whenever that is noticed. */
    private void passTime() {
        long now = time.getAsLong();
        if (now >= intervalEnds) {
            if (intervalEnds != 0) {
                intervals++;
                shadow.intervalPassed(second::takeDirtyOf);
            }
            intervalEnds = (now / interval + 1) * interval;
        }
    }

    @Override
    public long looksAgainAt() {
        passTime();
        return shadow.nestedTables() > 0 ? intervalEnds : Long.MAX_VALUE;
    }

    // ---- faults ----

    @Override
    public FaultResult pageFault(long address, int errorCode) {
        load();
        return whole ? FaultResult.RETRY : shadow.pageFault(address, errorCode);
    }

    @Override
    public FaultResult guestPhysicalFault(long guestPhysical, int errorCode, boolean table) {
        long gfn = guestPhysical >>> 12;
        MemorySlot slot = slots.find(gfn);
        boolean memory = slot != null && !slot.readOnly();
        if (memory && (errorCode & Access.WRITE) != 0 && shadow.isProtected(gfn)) {
            if (!table) {
                second.counters().faults++;
                second.counters().emulations++;
                return new FaultResult.Emulate(guestPhysical, FaultResult.Reason.WRITE_TO_GUEST_TABLE);
            }
            shadow.toNested(gfn);
            load();
        }
        return second.pageFault(guestPhysical, errorCode);
    }

    // ---- what the guest does ----

    @Override
    public boolean interceptsInvlpg() {
        return shadow.interceptsInvlpg();
    }

    @Override
    public void invlpg(long address) {
        shadow.invlpg(address);
    }

    @Override
    public void newCr3(boolean keepTranslations) {
        shadow.newCr3(keepTranslations);
    }

    @Override
    public void flushGuest() {
        shadow.flushGuest();
    }

    @Override
    public void resetContext() {
        undecided = true;
        shadow.resetContext();
    }

    @Override
    public void pteWrite(long guestPhysical, int size) {
        passTime();
        for (long gfn = guestPhysical >>> 12; gfn <= (guestPhysical + size - 1) >>> 12; gfn++) {
            shadow.written(gfn);
        }
        shadow.pteWrite(guestPhysical, size);
    }

    @Override
    public boolean unprotectPageVirt(long address) {
        return shadow.unprotectPageVirt(address);
    }

    @Override
    public GuestWalk gvaToGpa(long address, int access) {
        return shadow.gvaToGpa(address, access);
    }

    @Override
    public GuestWalk probe(long address, int access) {
        return shadow.probe(address, access);
    }

    // ---- what the hypervisor does ----

    @Override
    public void slotRemoveWriteAccess(MemorySlot slot) {
        shadow.forget(slot, false);
        shadow.slotRemoveWriteAccess(slot);
        second.slotRemoveWriteAccess(slot);
    }

    @Override
    public void harvestDirty() {
        second.harvestDirty();
    }

    @Override
    public void dirtyLogEnded(MemorySlot slot) {
        second.dirtyLogEnded(slot);
    }

    @Override
    public void zapSlot(MemorySlot slot) {
        // First what gives up the lock now and then: a fault meanwhile may make a shadow entry once more.
        second.zapSlot(slot);
        shadow.forget(slot, true);
        shadow.zapSlot(slot);
    }

    @Override
    public void slotsChanged() {
        shadow.slotsChanged();
        second.slotsChanged();
    }

    @Override
    public void zapAll() {
        shadow.forgetAll();
        shadow.zapAll();
        second.zapAll();
    }

    /** As many of each kind. */
    @Override
    public void changeMmuPages(int pages) {
        shadow.changeMmuPages(pages);
        second.changeMmuPages(Math.max(pages, TdpMmu.LEAST_PAGES));
    }

    @Override
    public void destroy() {
        shadow.forgetAll();
        shadow.destroy();
        second.destroy();
    }

    // ---- for those who look at it ----

    /** The shadow tables. */
    public AgileShadow shadow() {
        return shadow;
    }

    /** The second dimension's. */
    public TdpMmu second() {
        return second;
    }

    /** Whether the guest is nested whole now. */
    public boolean isWhole() {
        return whole;
    }

    /** What it has done beyond {@link #counters}, by name. */
    public Map<String, Long> agileCounts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("tables to nested mode", shadow.switches());
        counts.put("tables back to shadow mode", shadow.returns());
        counts.put("tables in nested mode", (long) shadow.nestedTables());
        counts.put("intervals", intervals);
        return counts;
    }

    /**
     * Walks by the nested walks within them: 0 where all tables were shadows (4 references with 4 levels), 1 where the page alone was
     * found by EPT (8), up to 5 where the top table was too (24). Told from the counters, for a nested walk reads the top table
     * of EPT once: not where paging-structure caches of the second dimension spare it that.
     *
     * @param done by the processor for the guest, and for no other MMU
     */
    public static long[] walksByNesting(WalkCounters done) {
        long[] walks = new long[LEVELS + 2];
        long more = done.walks;
        for (int nested = 0; nested <= LEVELS; nested++) {
            long deeper = done.nestedReferences(nested, LEVELS);
            walks[nested] = more - deeper;
            more = deeper;
        }
        walks[LEVELS + 1] = more;
        return walks;
    }

    /** Of shadow tables and of the second dimension's together. */
    @Override
    public MmuCounters counters() {
        counters.sum(shadow.counters(), second.counters());
        return counters;
    }

    @Override
    public void observe(EntryObserver observer) {
        shadow.observe(observer);
        second.observe(observer);
    }
}

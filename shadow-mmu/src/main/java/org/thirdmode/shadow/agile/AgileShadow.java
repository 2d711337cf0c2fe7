package org.thirdmode.shadow.agile;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.thirdmode.shadow.EntryCause;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.cached.CachedPage;
import org.thirdmode.shadow.cached.Rmap;
import org.thirdmode.shadow.cached.ShadowCache;
import org.thirdmode.shadow.guest.GuestWalker;
import org.thirdmode.shadow.table.Bits;
import org.thirdmode.shadow.table.LongMap;
import org.thirdmode.shadow.table.ShadowFormat;
import org.thirdmode.x86.state.Efer;

/**
 * Shadow tables of which some entries lead the hardware's walk into the guest's own tables: strategy {@code cached} with the policy of
 * "Agile Paging", section III-C. Every table begins shadowed: write-protected, each write emulated. The second write within an
 * interval moves it, and all below it, to nested mode: the shadow entry above it gets the switching bit and the host-physical
 * address of the table, and nothing below is shadowed or protected. A table that was not written for an interval is shadowed
 * again.
 *
 * <ul>
 *   <li>A table in nested mode is so on every way to it. What is below it is what the hardware finds there.
 *   <li>The switching entry has the rights that the guest's entries above the table leave; the last level's entry, and all flags below
 *       the switch, are between the guest and the hardware.
 *   <li>A table that is no memory, or in a read-only slot, stays shadowed: the hardware would set flags in it.
 *   <li>Guests with 4-level paging and CR0.WP set alone: the hardware runs with their CR0.WP and EFER.NXE. For any other the
 *       hypervisor must not use these tables.
 * </ul>
 */
public final class AgileShadow extends CachedMmu {
    /** The hardware's marks of addresses: see {@code npt.agile.AgileSecondStage}. */
    public record Marks(long hostBit, long switchBit) {}

    private static final int WRITES_TO_NESTED = 2;

    /** A table of the guest's that was written in this interval, or is in nested mode. */
    private static final class GuestTable {
        private final long gfn;
        private int writes;
        private boolean nested;

        GuestTable(long gfn) {
            this.gfn = gfn;
        }
    }

    private final Marks marks;
    private final LongConsumer protector;
    private final LongConsumer released;
    private LongMap<GuestTable> tables = new LongMap<>();
    private int nestedTables;

    /** The root where it is a table of the guest's; 0 where it is a shadow. */
    private long switchedRoot;

    private long switches;
    private long returns;

    /**
     * Shadow tables beside a second dimension.
     *
     * @param protector takes write access to a guest frame away where the second dimension gives it
     * @param released is told a guest frame that goes over to nested mode: whether it is written is watched from now on
     */
    public AgileShadow(Surroundings around, Marks marks, LongConsumer protector, LongConsumer released) {
        super(around, GuestWalker::new, ShadowCache::new);
        this.marks = marks;
        this.protector = protector;
        this.released = released;
        entries.addresses(marks.hostBit, marks.switchBit);
    }

    // ---- the hardware's registers ----

    /** XD is reserved for a guest that has not turned it on, and with CR0.WP set none of our entries has it then. */
    @Override
    protected long hardwareEfer(long needed) {
        return (registers.efer() & Efer.NXE) != 0 ? needed : needed & ~Efer.NXE;
    }

    @Override
    protected void makeRoot() {
        long gfn = walker.frameOf(registers.cr3());
        if (isNested(gfn)) {
            releaseRoots();
            unshadow(gfn, EntryCause.SWITCHED);
            switchedRoot = hostOfTable(gfn) | marks.switchBit;
            entries.needFlush();
        } else {
            switchedRoot = 0;
            super.makeRoot();
        }
    }

    @Override
    protected long root() {
        return switchedRoot != 0 ? switchedRoot : super.root() | marks.hostBit;
    }

    /** The hardware does not use these tables for a while: what is protected for them can be given up. */
    public void rest() {
        releaseRoots();
        rootValid = false;
        switchedRoot = 0;
    }

    // ---- what is in nested mode ----

    /** Whether a guest frame is walked by the hardware where it is a table. */
    public boolean isNested(long gfn) {
        GuestTable table = tables.get(gfn);
        return table != null && table.nested;
    }

    /** Whether a guest frame must not be written by the guest: it is shadowed. */
    public boolean isProtected(long gfn) {
        return cache.guestTables().contains(gfn);
    }

    /** Whether one in a large page must not. */
    public boolean anyProtected(long gfn, int level) {
        return cache.format() != null && cache.guestTables().anyIn(gfn, level, ShadowFormat.LEVEL_4);
    }

    /** Whether an entry leads the hardware into a table of the guest's. */
    public boolean isSwitch(long entry) {
        return Bits.present(entry) && (entry & marks.switchBit) != 0;
    }

    /** The host-physical address in an entry. */
    public long addressOf(long entry) {
        return entry & Bits.FRAME & ~(marks.hostBit | marks.switchBit);
    }

    /** How many tables are in nested mode now. */
    public int nestedTables() {
        return nestedTables;
    }

    /** How often one went over to nested mode. */
    public long switches() {
        return switches;
    }

    /** How often one came back. */
    public long returns() {
        return returns;
    }

    private long hostOfTable(long gfn) {
        MemorySlot slot = around.slots().find(gfn);
        if (slot.logsDirty()) {
            // The hardware sets flags in it, and no dirty flag of ours tells.
            slot.markDirty(gfn);
        }
        return slot.hostAddress(gfn);
    }

    private GuestTable table(long gfn) {
        GuestTable table = tables.get(gfn);
        if (table == null) {
            table = new GuestTable(gfn);
            tables.put(gfn, table);
        }
        return table;
    }

    /** A guest frame that is shadowed goes over to nested mode, if it can; in any case it is not shadowed any more. */
    public void toNested(long gfn) {
        MemorySlot slot = around.slots().find(gfn);
        GuestTable table = table(gfn);
        if (slot != null && !slot.readOnly() && !table.nested) {
            table.nested = true;
            nestedTables++;
            switches++;
        }
        table.writes = WRITES_TO_NESTED;
        List<CachedPage> below = new ArrayList<>();
        for (CachedPage page : cache.guestTables().of(gfn)) {
            rootValid &= page.rootCount() == 0;
            children(page, below);
        }
        unshadow(gfn, EntryCause.SWITCHED);
        below.forEach(this::zapUnreferenced);
        released.accept(gfn);
    }

    private void children(CachedPage page, List<CachedPage> to) {
        for (int i = 0; page.level > 1 && i < format.entries(); i++) {
            CachedPage child = page.child(i);
            if (child != null) {
                to.add(child);
            }
        }
    }

    /** What nothing leads to any more would be write-protected for nothing. */
    private void zapUnreferenced(CachedPage page) {
        if (cache.find(page.gfn, page.role) == page && page.parentCount() == 0 && page.rootCount() == 0) {
            List<CachedPage> below = new ArrayList<>();
            children(page, below);
            zap(page, EntryCause.SWITCHED);
            below.forEach(this::zapUnreferenced);
        }
    }

    private void toShadow(GuestTable table) {
        dropSwitches(table.gfn);
        tables.remove(table.gfn);
        if (table.nested) {
            nestedTables--;
            returns++;
        }
    }

    /** No entry leads into a table of the guest's; those that do are made again where they are needed. */
    private void dropSwitches(long gfn) {
        rootValid &= switchedRoot == 0 || walker.frameOf(registers.cr3()) != gfn;
        for (int level = 2; level <= ShadowFormat.LEVEL_4.levels; level++) {
            Rmap.Chain chain = cache.rmap().chain(gfn, level);
            for (int i = chain == null ? -1 : chain.size() - 1; i >= 0; i--) {
                cache.drop(chain.page(i), chain.index(i), EntryCause.SWITCHED);
            }
        }
    }

    /**
     * An interval has passed.
     *
     * @param written whether the second dimension has seen a write to a guest frame since it was last asked
     */
    public void intervalPassed(LongPredicate written) {
        List<GuestTable> all = new ArrayList<>();
        tables.forEach(all::add);
        for (GuestTable table : all) {
            boolean seen = table.nested && (written.test(table.gfn) | writtenThroughShadow(table.gfn));
            if (table.nested && (seen || table.writes > 0)) {
                table.writes = 0;
            } else {
                toShadow(table);
            }
        }
        commit();
    }

    /** The Dirty flags of shadow entries for the frame, which are cleared. */
    private boolean writtenThroughShadow(long gfn) {
        boolean dirty = false;
        Rmap.Chain chain = cache.rmap().chain(gfn, 1);
        for (int i = 0; chain != null && i < chain.size(); i++) {
            long entry = cache.entry(chain.page(i), chain.index(i));
            if ((entry & Bits.D) != 0) {
                dirty = true;
                entries.set(chain.page(i), chain.index(i), entry & ~Bits.D, EntryCause.AGE);
            }
        }
        return dirty;
    }

    /** The hypervisor has written a guest frame that is not shadowed. */
    public void written(long gfn) {
        GuestTable table = tables.get(gfn);
        if (table != null && table.nested) {
            table.writes++;
        }
    }

    /**
     * The hardware is to come to no table in a slot by itself before it is seen again.
     *
     * @param gone the slot goes: its tables are in nested mode no more
     */
    public void forget(MemorySlot slot, boolean gone) {
        List<GuestTable> all = new ArrayList<>();
        tables.forEach(all::add);
        for (GuestTable table : all) {
            if (slot.contains(table.gfn)) {
                if (gone) {
                    toShadow(table);
                } else {
                    dropSwitches(table.gfn);
                }
            }
        }
    }

    /** Everything goes. */
    public void forgetAll() {
        tables = new LongMap<>();
        nestedTables = 0;
        switchedRoot = 0;
    }

    // ---- what strategy cached leaves open ----

    /** The policy: counts an emulated write. */
    @Override
    protected boolean flooded(long gfn) {
        if (++table(gfn).writes >= WRITES_TO_NESTED) {
            toNested(gfn);
        }
        return false;
    }

    @Override
    protected void protect(long gfn) {
        super.protect(gfn);
        protector.accept(gfn);
    }

    /** The level of the first table on a walk's way that is in nested mode; 0 where all are shadowed. */
    private int nestedLevel(GuestWalk walk) {
        for (int level = guestLevels; nestedTables > 0 && level >= Math.max(1, walk.leafLevel); level--) {
            if (isNested(walk.tableGfn[level])) {
                return level;
            }
        }
        return 0;
    }

    @Override
    protected FaultResult install(long linear, int access, GuestWalk walk, MemorySlot slot, int rights) {
        int level = nestedLevel(walk);
        if (level == 0) {
            return super.install(linear, access, walk, slot, rights);
        }
        if (level == guestLevels) {
            rootValid &= switchedRoot != 0;
            return FaultResult.RETRY;
        }
        switchAt(linear, walk, level);
        return FaultResult.RETRY;
    }

    /** Leads the hardware from the shadow into the guest's table of a level. */
    private void switchAt(long linear, GuestWalk walk, int level) {
        reserve(format.levels);
        CachedPage page = shadowOfGuestTables(linear, walk, registersRole(), level + 1);
        long gfn = walk.tableGfn[level];
        long value = hostOfTable(gfn) | marks.switchBit | Bits.P | Bits.A | rightsOf(accessTo(walk, level));
        cache.map(page, format.index(linear, level + 1), gfn, value, EntryCause.SWITCHED);
    }

    @Override
    protected void markIo(long linear, GuestWalk walk) {
        if (nestedLevel(walk) == 0) {
            super.markIo(linear, walk);
        }
    }
}

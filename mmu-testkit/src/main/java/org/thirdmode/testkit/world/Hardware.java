package org.thirdmode.testkit.world;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * The processor's MMU as one virtual CPU has it: it walks the tables that the hypervisor has made, real bits in host-physical
 * memory, in place of the guest's ({@link ShadowHardware}) or behind them ({@link NestedHardware}).
 */
public abstract class Hardware {
    static final Set<Feature> FEATURES = EnumSet.allOf(Feature.class);

    protected final PhysicalMemory memory;
    protected final CpuState state = new CpuState();
    protected final PageWalker walker;
    protected final Mmu mmu;
    private boolean flush = true;
    private long loadedRoot = -1;
    private long entered;

    /**
     * What the hypervisor's tables said when they were used, since the last flush: a TLB without limits would still have it. By
     * page, linear or guest-physical.
     */
    protected final Map<Long, HardwareTables.Mapping> used = new HashMap<>();

    Hardware(PhysicalMemory memory, boolean modelledTlb) {
        this.memory = memory;
        GuestFault fault = new GuestFault();
        walker = new PageWalker(state, memory, fault, FEATURES);
        mmu = new Mmu(state, memory, walker, fault, modelledTlb ? TlbGeometry.of("nehalem") : null);
    }

    /** The tables of a root, as they are now. */
    abstract HardwareTables tables(GuestMmu hypervisor);

    // ---- what the hypervisor asks ----

    /** Everything is to be forgotten before the guest runs on. */
    void flush() {
        flush = true;
    }

    /** What covers one linear page is to be forgotten. */
    abstract void flushPage(long linear);

    /** Forgets before the guest goes on what is to be forgotten. */
    protected final boolean flushIfDue(long root) {
        if (!flush && loadedRoot == root) {
            return false;
        }
        flush = false;
        loadedRoot = root;
        entered++;
        used.clear();
        return true;
    }

    /** VM entry, as far as paging goes. */
    abstract void enter(GuestMmu hypervisor, CpuState guest);

    protected final void takeRegisters(CpuState guest) {
        state.pkru = guest.pkru;
        state.systemFlags = guest.systemFlags;
        state.cpl = guest.cpl;
        state.linearMask = (state.efer & Efer.LMA) != 0 ? -1L : 0xffff_ffffL;
    }

    /**
     * @throws GuestFault #PF, the hypervisor's with shadow tables, the guest's with nesting
     * @throws GuestExit the hypervisor gets an exit
     */
    abstract long translate(long linear, int access);

    // ---- what the guest does to its TLB, where the processor does it by itself ----

    /** What the guest has in its registers, it has in the processor's, where the hypervisor has not put others there. */
    abstract void hasRegisters(CpuState guest);

    abstract void guestLoadsCr3(boolean keep);

    abstract void guestFlushesPage(long linear);

    abstract void guestFlushesAll();

    abstract void guestInvpcid(InvpcidType type, int pcid, long linear);

    // ---- for the invariants ----

    /** Counts the flushes of everything. */
    public final long flushes() {
        return entered;
    }

    /** Whether the hypervisor has asked for a flush that is yet to come. */
    public final boolean flushPending() {
        return flush;
    }

    /** What a TLB without limits would still have although the tables no longer say it, in words. */
    public final List<String> unflushed(HardwareTables tables) {
        List<String> stale = new ArrayList<>();
        if (!flush && loadedRoot == tables.root()) {
            used.forEach((page, mapping) -> {
                HardwareTables.Mapping now = tables.mapping(page << 12);
                if (!mapping.within(now)) {
                    stale.add(String.format(
                            "the hardware may use %s for %x; the tables say %s, and no flush was asked for",
                            mapping, page << 12, now == null ? "nothing" : now));
                }
            });
        }
        return stale;
    }

    /** What the hardware runs the guest with. */
    public final CpuState state() {
        return state;
    }
}

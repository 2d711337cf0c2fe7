package org.thirdmode.testkit.world;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.TlbGeometry;

/** The processor's MMU, which walks the tables that the hypervisor has made: real bits in host-physical memory. */
public final class Hardware {
    private final CpuState state = new CpuState();
    private final PageWalker walker;
    private final Mmu mmu;
    private boolean flush = true;
    private long loadedCr3 = -1;
    private HardwarePaging paging;
    private long entered;
    private final PhysicalMemory memory;

    /** Everything that was used since the last flush: a TLB without limits would still have it. By linear page. */
    private final Map<Long, HardwareTables.Mapping> used = new HashMap<>();

    Hardware(PhysicalMemory memory, boolean modelledTlb) {
        this.memory = memory;
        GuestFault fault = new GuestFault();
        walker = new PageWalker(state, memory, fault, EnumSet.allOf(Feature.class));
        mmu = new Mmu(state, memory, walker, fault, modelledTlb ? TlbGeometry.of("nehalem") : null);
    }

    /** The hypervisor asks that everything be forgotten before the guest runs on. */
    void flush() {
        flush = true;
    }

    void flushPage(long linear) {
        used.remove(linear >>> 12);
        mmu.flushPage(linear);
    }

    /** VM entry, as far as paging goes. */
    void enter(GuestMmu hypervisor, CpuState guest) {
        paging = hypervisor.load();
        state.cr0 = paging.cr0;
        state.cr4 = paging.cr4;
        state.efer = paging.efer;
        state.cr3 = paging.cr3;
        state.pkru = guest.pkru;
        state.systemFlags = guest.systemFlags;
        state.cpl = guest.cpl;
        boolean longMode = (paging.efer & Efer.LMA) != 0;
        state.linearMask = longMode ? -1L : 0xffff_ffffL;
        if (flush || loadedCr3 != paging.cr3) {
            flush = false;
            loadedCr3 = paging.cr3;
            entered++;
            if ((paging.cr4 & Cr4.PAE) != 0 && !longMode && !walker.loadPdptes(paging.cr3)) {
                throw new Broken("I1", "the shadow PDPTEs have reserved bits set: VM entry fails");
            }
            mmu.flushAll();
            used.clear();
        }
        mmu.privilegeChanged();
        mmu.rightsChanged();
    }

    /** Counts the flushes of everything. */
    public long flushes() {
        return entered;
    }

    /** Whether the hypervisor has asked for a flush that is yet to come. */
    public boolean flushPending() {
        return flush;
    }

    /** @throws GuestFault #PF */
    long translate(long linear, int access) {
        long physical = mmu.translate(linear, access);
        HardwareTables.Mapping mapping = new HardwareTables(memory, paging).mapping(linear);
        if (mapping != null && mapping.page() == (physical & -4096L)) {
            used.putIfAbsent(linear >>> 12, mapping);
        }
        return physical;
    }

    /** What a TLB without limits would still have although the tables no longer say it, in words. */
    public List<String> unflushed(HardwareTables tables) {
        List<String> stale = new ArrayList<>();
        if (!flush && loadedCr3 == tables.root()) {
            used.forEach((page, mapping) -> {
                HardwareTables.Mapping now = tables.mapping(page << 12);
                if (!mapping.within(now)) {
                    stale.add(String.format(
                            "the hardware may use %s for linear %x; the tables say %s, and no flush was asked for",
                            mapping, page << 12, now == null ? "nothing" : now));
                }
            });
        }
        return stale;
    }

    /** What the hardware runs the guest with. */
    public CpuState state() {
        return state;
    }
}

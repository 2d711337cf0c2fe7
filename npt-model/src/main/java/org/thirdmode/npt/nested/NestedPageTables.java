package org.thirdmode.npt.nested;

import java.util.Set;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.NestedCaches;

/**
 * AMD's nested paging: guest-physical to system-physical addresses by tables at nCR3, in the format of the host's own. APM
 * 2 "Nested Paging".
 *
 * <p>So it is a {@link PageWalker} of its own, with the host's CR0, CR4 and EFER as they were at VMRUN: "guest physical
 * addresses are treated as user accesses", accesses to guest page tables "as writes". What the #VMEXIT reports stands in
 * {@link #fault} when the processor's exit is thrown.
 */
public final class NestedPageTables implements SecondStage {
    private static final long NOWHERE = -1;

    /** Control bits that shape the nested walk. Protection keys do not; SMEP only tells fetches apart. */
    private static final long CR4 = Cr4.PSE | Cr4.PAE | Cr4.LA57 | Cr4.SMEP;

    /** In a PML4E and a PML5E bits 8:7 must be zero. APM 2 "Long-Mode Page Translation". */
    private static final long PML4E_MBZ = 1L << 8 | 1L << 7;

    private final PageWalker walker;
    private final PageWalker nested;
    private final CpuState host = new CpuState();
    private final GuestExit exit;
    private final Translation found = new Translation();

    /** What the last #VMEXIT(NPF) reports. */
    public final NestedPageFault fault = new NestedPageFault();

    /** Bits of guest-physical addresses that the host's paging mode translates. */
    private int width = 48;

    /** The last table entry that was translated: setting a flag in it needs no second walk. */
    private long lastTable = NOWHERE;

    private long lastTableHost;

    /**
     * Nested paging of one processor.
     *
     * @param walker whose second stage it is to be: it is told every reference
     * @param exit the processor's one exit object
     * @param features the processor's
     */
    public NestedPageTables(PageWalker walker, PhysicalMemory memory, GuestExit exit, Set<Feature> features) {
        this.walker = walker;
        this.exit = exit;
        host.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
        nested = new PageWalker(host, memory, new GuestFault(), features);
        nested.reserve(4, PML4E_MBZ);
        nested.reserve(5, PML4E_MBZ);
        nested.pdptesOnDemand(true);
        nested.recorder((level, address, same, entry) -> walker.nestedReference(level, address, entry));
    }

    /**
     * Translates by the tables at {@code nCr3} from now on: VMRUN.
     *
     * @param hCr4 the host's CR4: PAE, LA57 and PSE choose the format
     * @param hEfer the host's EFER: LMA chooses the format, NXE gives bit 63 a meaning
     */
    public void configure(long nCr3, long hCr4, long hEfer) {
        host.cr3 = nCr3;
        host.cr4 = hCr4 & CR4;
        host.efer = hEfer & (Efer.LMA | Efer.NXE);
        boolean longMode = (hEfer & Efer.LMA) != 0;
        width = longMode ? (hCr4 & Cr4.LA57) != 0 ? 57 : 48 : 32;
        lastTable = NOWHERE;
    }

    /** APM 2 "Nested Paging", "Legacy PAE Mode": a nested guest's PDPEs "are accessed on demand as part of a table walk". */
    @Override
    public boolean pdptesOnDemand() {
        return true;
    }

    @Override
    public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
        boolean last = reason == Reason.FINAL_ACCESS;
        if (reason == Reason.TABLE_UPDATE && guestPhysical == lastTable) {
            // Reading it was a write already.
            return lastTableHost;
        }
        int nestedAccess = Access.USER | (last ? access & (Access.WRITE | Access.FETCH) : Access.WRITE);
        NestedCaches caches = walker.nestedCaches();
        if (caches != null) {
            nested.structureCaches(caches.structures);
            nested.structureSpace(caches.context);
        }
        try {
            try {
                walk(guestPhysical, nestedAccess);
            } catch (GuestFault perhapsStale) {
                if (caches == null) {
                    throw perhapsStale;
                }
                // What is cached may be older than the tables: only these may refuse.
                caches.drop(guestPhysical);
                walk(guestPhysical, nestedAccess);
            }
        } catch (GuestFault pageFault) {
            fault.exitInfo1 =
                    pageFault.errorCode | (last ? NestedPageFault.FINAL_ACCESS : NestedPageFault.GUEST_PAGE_TABLE);
            fault.exitInfo2 = guestPhysical;
            fault.linear = linear;
            throw exit;
        }
        if (last) {
            translation.pageShift = Math.min(translation.pageShift, found.pageShift);
            translation.executable &= found.executable;
            translation.writable &= found.writable;
            translation.dirty &= found.writable && found.dirty;
        } else {
            lastTable = guestPhysical;
            lastTableHost = found.physical;
        }
        return found.physical;
    }

    private void walk(long guestPhysical, int access) {
        if (guestPhysical >>> width != 0) {
            throw nested.notPresent(guestPhysical, access);
        }
        nested.walk(guestPhysical, access, found);
    }
}

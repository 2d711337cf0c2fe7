package org.thirdmode.npt.nested;

import java.util.Set;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.GuestPhysicalMappings;
import org.thirdmode.x86.paging.GuestPhysicalMappings.Mapping;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.Peek;
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
    private static final long PAGE_OFFSET = 0xfff;

    /** Within 2 MBytes. */
    private static final long REGION_OFFSET = 0x1f_ffff;

    // Of a large page that is kept: what it allows.
    private static final long WRITABLE = 1;
    private static final long EXECUTABLE = 1 << 1;
    private static final long DIRTY = 1 << 2;

    /** Control bits that shape the nested walk. Protection keys do not; SMEP only tells fetches apart. */
    private static final long CR4 = Cr4.PSE | Cr4.PAE | Cr4.LA57 | Cr4.SMEP;

    /** In a PML4E and a PML5E bits 8:7 must be zero. APM 2 "Long-Mode Page Translation". */
    private static final long PML4E_MBZ = 1L << 8 | 1L << 7;

    /** The identity; the host's own PDPTEs are read in each walk. */
    private static final SecondStage TABLES_IN_MEMORY = new SecondStage() {
        @Override
        public long translate(long address, Reason reason, long linear, int access, Translation translation) {
            return address;
        }

        @Override
        public boolean pdptesOnDemand() {
            return true;
        }

        @Override
        public long peek(long address) {
            return address;
        }
    };

    private final PageWalker walker;
    private final PageWalker nested;
    private final CpuState host = new CpuState();
    private final Peek peek;
    private final GuestExit exit;
    private final Translation found = new Translation();

    /** What the last #VMEXIT(NPF) reports. */
    public final NestedPageFault fault = new NestedPageFault();

    /** Bits of guest-physical addresses that the host's paging mode translates. */
    private int width = 48;

    private int levels = 4;

    /** The last table entry that was translated: setting a flag in it needs no second walk. */
    private long lastTable = NOWHERE;

    private long lastTableHost;

    /** While it walks from what is kept: the levels whose entries it has read. */
    private int levelsRead;

    private boolean counting;

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
        peek = new Peek(host, memory);
        nested.recorder((level, address, same, entry) -> read(level, address, entry));
    }

    /**
     * Translates by the tables at {@code nCr3} from now on: VMRUN.
     *
     * @param hCr4 the host's CR4: PAE, LA57 and PSE choose the format
     * @param hEfer the host's EFER: LMA chooses the format, NXE gives bit 63 a meaning
     */
    public void configure(long nCr3, long hCr4, long hEfer) {
        long cr4 = hCr4 & CR4;
        long efer = hEfer & (Efer.LMA | Efer.NXE);
        GuestPhysicalMappings kept = walker.guestPhysicalMappings();
        if (kept != null && (host.cr3 != nCr3 || host.cr4 != cr4 || host.efer != efer)) {
            kept.dropAll();
        }
        host.cr3 = nCr3;
        host.cr4 = cr4;
        host.efer = efer;
        boolean longMode = (hEfer & Efer.LMA) != 0;
        width = longMode ? (hCr4 & Cr4.LA57) != 0 ? 57 : 48 : 32;
        levels = longMode ? width / 9 - 1 : (hCr4 & Cr4.PAE) != 0 ? 3 : 2;
        lastTable = NOWHERE;
    }

    /** APM 2 "Nested Paging", "Legacy PAE Mode": a nested guest's PDPEs "are accessed on demand as part of a table walk". */
    @Override
    public boolean pdptesOnDemand() {
        return true;
    }

    @Override
    public void tellPlainPages(GuestPhysicalMappings kept) {
        kept.plain(levels, nested.plainMask(), nested.plainBits(), GuestPhysicalMappings.NO_PAGE);
    }

    @Override
    public long translate(long guestPhysical, Reason reason, long linear, int access, Translation translation) {
        boolean last = reason == Reason.FINAL_ACCESS;
        if (reason == Reason.TABLE_UPDATE && guestPhysical == lastTable) {
            // Reading it was a write already.
            return lastTableHost;
        }
        GuestPhysicalMappings kept = walker.guestPhysicalMappings();
        if (kept != null && reason == Reason.TABLE_UPDATE) {
            // The same, where the walker has read it without asking here.
            Mapping page = kept.page(guestPhysical);
            if (page != null) {
                return page.host | (guestPhysical & PAGE_OFFSET);
            }
        }
        if (kept != null && last) {
            long physical = inRegion(kept.region(guestPhysical), guestPhysical, access, translation);
            if (physical != NOWHERE) {
                return physical;
            }
        }
        int nestedAccess = Access.USER | (last ? access & (Access.WRITE | Access.FETCH) : Access.WRITE);
        try {
            walk(guestPhysical, nestedAccess, kept);
        } catch (GuestFault pageFault) {
            fault.exitInfo1 =
                    pageFault.errorCode | (last ? NestedPageFault.FINAL_ACCESS : NestedPageFault.GUEST_PAGE_TABLE);
            fault.exitInfo2 = guestPhysical;
            fault.linear = linear;
            throw exit;
        }
        if (kept != null) {
            keep(kept, guestPhysical, last);
        }
        if (last) {
            narrow(translation, found.pageShift, found.writable, found.executable, found.dirty);
        } else {
            lastTable = guestPhysical;
            lastTableHost = found.physical;
        }
        return found.physical;
    }

    private static void narrow(
            Translation translation, int pageShift, boolean writable, boolean executable, boolean dirty) {
        translation.pageShift = Math.min(translation.pageShift, pageShift);
        translation.executable &= executable;
        translation.writable &= writable;
        translation.dirty &= writable && dirty;
    }

    private void walk(long guestPhysical, int access, GuestPhysicalMappings kept) {
        NestedCaches caches = walker.nestedCaches();
        if (caches != null) {
            nested.structureCaches(caches.structures);
            nested.structureSpace(caches.context);
        }
        if (kept != null) {
            walkFromKept(guestPhysical, access, kept);
            return;
        }
        try {
            walk(guestPhysical, access);
        } catch (GuestFault perhapsStale) {
            if (caches == null) {
                throw perhapsStale;
            }
            // What is cached may be older than the tables: only these may refuse.
            caches.drop(guestPhysical);
            walk(guestPhysical, access);
        }
    }

    @Override
    public long peek(long guestPhysical) {
        return guestPhysical >>> width != 0 ? Peek.NOWHERE : peek.physical(guestPhysical, TABLES_IN_MEMORY);
    }

    // ---- fast fidelity: what is kept between walks. Pages of the guest's tables, each used by a write, as all are
    // ----

    private void walkFromKept(long guestPhysical, int access, GuestPhysicalMappings kept) {
        counting = true;
        nested.beginAt(kept);
        try {
            walkCounted(guestPhysical, access);
        } catch (GuestFault perhapsStale) {
            kept.drop(guestPhysical);
            if (nested.spared() == 0) {
                throw perhapsStale;
            }
            walkCounted(guestPhysical, access);
        } finally {
            counting = false;
            nested.beginAt(null);
        }
    }

    /** Counts what a walk reads or need not read, unless it was refused by what is kept. */
    private void walkCounted(long guestPhysical, int access) {
        levelsRead = 0;
        boolean decided = false;
        try {
            walk(guestPhysical, access);
            decided = true;
        } finally {
            int spared = nested.spared();
            if (decided || spared == 0) {
                count(spared == 0 ? levelsRead : levelsRead | (((1 << (spared + 1)) - 1) & ~1));
            }
        }
    }

    private void count(int levelsOfWalk) {
        if (levelsOfWalk != 0) {
            int highest = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(levelsOfWalk);
            walker.nestedSpared(highest, Integer.numberOfTrailingZeros(levelsOfWalk));
        }
    }

    private void read(int level, long address, long entry) {
        if (counting) {
            levelsRead |= 1 << level;
        } else {
            walker.nestedReference(level, address, entry);
        }
    }

    /** Within a large page that is kept. */
    private long inRegion(Mapping region, long guestPhysical, int access, Translation translation) {
        if (region == null || region.isTable()) {
            return NOWHERE;
        }
        boolean writable = (region.rights & WRITABLE) != 0;
        boolean executable = (region.rights & EXECUTABLE) != 0;
        boolean dirty = (region.rights & DIRTY) != 0;
        boolean sufficient =
                (access & Access.FETCH) != 0 ? executable : (access & Access.WRITE) == 0 || (writable && dirty);
        if (!sufficient) {
            return NOWHERE;
        }
        walker.nestedSpared(levels, region.level);
        narrow(translation, region.pageShift, writable, executable, dirty);
        return region.host | (guestPhysical & REGION_OFFSET);
    }

    private void keep(GuestPhysicalMappings kept, long guestPhysical, boolean last) {
        int level = found.pageShift == 12 ? 1 : found.pageShift == 30 ? 3 : 2;
        if (!last) {
            kept.keepPage(guestPhysical, levels, found.physical & ~PAGE_OFFSET, 0, 0, level);
        } else if (level > 1) {
            long rights =
                    (found.writable ? WRITABLE : 0) | (found.executable ? EXECUTABLE : 0) | (found.dirty ? DIRTY : 0);
            kept.keepLarge(
                    guestPhysical,
                    found.pageShift,
                    found.physical & ~REGION_OFFSET,
                    0,
                    rights,
                    level,
                    rights == (WRITABLE | EXECUTABLE | DIRTY));
        }
    }

    private void walk(long guestPhysical, int access) {
        if (guestPhysical >>> width != 0) {
            throw nested.notPresent(guestPhysical, access);
        }
        nested.walk(guestPhysical, access, found);
    }
}

package org.thirdmode.papers;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.thirdmode.npt.agile.AgileSecondStage;
import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.paging.WalkRecorder;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/**
 * Tables of both dimensions that map one page, for the processor's own walker: page sizes and numbers of levels that no bundled
 * guest has.
 */
public final class HandmadeTables {
    private static final long P_RW = 3;
    private static final long PAGE_SIZE = 1 << 7;

    /** EPT: read, write, execute. */
    private static final long RWX = 7;

    private static final long WRITE_BACK = 6 << 3;
    private static final long EPT_WRITE_BACK = 6;

    /** Where the guest's memory stands in the host's. */
    private static final long OFFSET = 1L << 30;

    private static final long PAGE = 4096;
    private static final int WIDTH = 40;

    /** The guest-physical page that is mapped, aligned for 2 MBytes. */
    private static final long MAPPED = 64L << 20;

    private final PhysicalMemory memory = new PhysicalMemory(WIDTH + AgileSecondStage.EXTRA_BITS);
    private final int levels;
    private final boolean largeHost;
    private final long root;

    /** By level: the guest's table, guest-physical. */
    private final long[] tables = new long[6];

    private long nextGuest = 32L << 20;
    private long nextHost = 1L << 20;

    private HandmadeTables(int levels, boolean largeHost) {
        this.levels = levels;
        this.largeHost = largeHost;
        memory.mapRam(0, 2 * OFFSET);
        root = hostPage();
    }

    /**
     * The entries that a walk reads, in order: {@code gL4} of the guest, {@code nL4 for gL4} of the second dimension.
     *
     * @param levels of both dimensions, 4 or 5
     * @param largeGuest whether the guest's page has 2 MBytes
     * @param largeHost whether the host's pages have
     */
    public static List<String> references(int levels, boolean largeGuest, boolean largeHost) {
        HandmadeTables tables = new HandmadeTables(levels, largeHost);
        long cr3 = tables.guest(largeGuest);
        return tables.walk(cr3, false);
    }

    /**
     * How many entries a walk of a processor with agile paging reads, with pages of 4 KBytes and tables of 4 levels in all.
     *
     * @param nested how many levels of the guest's tables, from the last up, are not shadowed: 0 to 4
     */
    public static int agileReferences(int nested) {
        HandmadeTables tables = new HandmadeTables(4, false);
        tables.guest(false);
        return tables.walk(tables.shadow(nested), true).size();
    }

    /** Shadow tables down to the levels of the guest's that are not shadowed; returns what CR3 is. */
    private long shadow(int nested) {
        long host = AgileSecondStage.hostBit(WIDTH);
        long pointer =
                nested == 0 ? (OFFSET + MAPPED) | host : (OFFSET + tables[nested]) | AgileSecondStage.switchBit(WIDTH);
        for (int level = nested + 1; level <= levels; level++) {
            long table = hostPage();
            memory.write(table, 8, pointer | P_RW);
            pointer = table | host;
        }
        return pointer;
    }

    private long hostPage() {
        long page = nextHost;
        nextHost += PAGE;
        return page;
    }

    /** A page of the guest, mapped by the second dimension. */
    private long guestPage() {
        long page = nextGuest;
        nextGuest += PAGE;
        map(page);
        return page;
    }

    private long guest(boolean large) {
        map(MAPPED);
        long top = guestPage();
        long table = top;
        tables[levels] = top;
        int leaf = large ? 2 : 1;
        for (int level = levels; level > leaf; level--) {
            long below = guestPage();
            memory.write(OFFSET + table, 8, below | P_RW);
            table = below;
            tables[level - 1] = below;
        }
        memory.write(OFFSET + table, 8, MAPPED | P_RW | (large ? PAGE_SIZE : 0));
        return top;
    }

    private void map(long guestPhysical) {
        long table = root;
        int leaf = largeHost ? 2 : 1;
        for (int level = levels; level > leaf; level--) {
            long at = entry(table, guestPhysical, level);
            long below = memory.read(at, 8);
            if (below == 0) {
                below = hostPage() | RWX;
                memory.write(at, 8, below);
            }
            table = below & -PAGE;
        }
        long page = (OFFSET + guestPhysical) & (largeHost ? -(2L << 20) : -PAGE);
        memory.write(entry(table, guestPhysical, leaf), 8, page | RWX | WRITE_BACK | (largeHost ? PAGE_SIZE : 0));
    }

    private static long entry(long table, long guestPhysical, int level) {
        return table + (((guestPhysical >>> (12 + (9 * (level - 1)))) & 0x1ff) << 3);
    }

    private List<String> walk(long cr3, boolean agile) {
        CpuState state = new CpuState();
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
        state.cr4 = Cr4.PAE | (levels == 5 ? Cr4.LA57 : 0);
        state.efer = Efer.LME | Efer.LMA | Efer.NXE;
        state.linearMask = -1L;
        state.cr3 = cr3;
        PageWalker walker = new PageWalker(state, memory, new GuestFault(), EnumSet.allOf(Feature.class));
        ExtendedPageTables ept =
                new ExtendedPageTables(walker, memory, new GuestExit(), EnumSet.allOf(EptCapability.class));
        ept.configure(root | ((levels - 1L) << 3) | EPT_WRITE_BACK, false);
        walker.secondStage(agile ? new AgileSecondStage(ept, memory) : ept);
        List<String> references = new ArrayList<>();
        walker.recorder(new WalkRecorder() {
            @Override
            public void tableReference(int level, long guestPhysical, long hostPhysical, long entry) {
                references.add("gL" + level);
            }

            @Override
            public void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {
                references.add("nL" + level + " for " + (guestLevel == FINAL ? "gPA" : "gL" + guestLevel));
            }
        });
        walker.walk(0, Access.READ, new Translation());
        return references;
    }
}

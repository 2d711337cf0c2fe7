package org.thirdmode.npt.agile;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.WalkRecorder;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.tlb.TlbGeometry;

/** A hypothetical processor, and by hand: the guest's tables for one page, EPT for all of its memory, shadow tables down to a level. */
final class AgileTables {
    static final int GUEST_WIDTH = 40;
    static final long P = 1;
    static final long RW = 2;
    static final long US = 4;
    static final long A = 1 << 5;
    static final long D = 1 << 6;
    static final long G = 1 << 8;
    static final long XD = 1L << 63;
    static final long ALL = P | RW | US;
    static final long HOST = AgileSecondStage.hostBit(GUEST_WIDTH);
    static final long SWITCH = AgileSecondStage.switchBit(GUEST_WIDTH);

    /** Where the guest's memory stands in the host's. */
    static final long OFFSET = 1L << 30;

    static final long LINEAR = 0x1234_5678_9000L;

    /** The guest-physical page that the guest's tables map there. */
    static final long PAGE = 0x70_0000;

    /** A host page with a secret, which is no guest's. */
    static final long SECRET = 0x50_0000;

    private static final int LEVELS = 4;
    private static final long RWX = 7;
    private static final long WRITE_BACK = 6 << 3;
    private static final long EPT_POINTER = 6 | 3 << 3 | 1 << 6;
    private static final long FRAME = 0x000f_ffff_ffff_f000L;

    final PhysicalMemory memory = new PhysicalMemory(GUEST_WIDTH + AgileSecondStage.EXTRA_BITS);
    final CpuState state = new CpuState();
    final PageWalker walker;
    final Mmu mmu;
    final ExtendedPageTables ept;
    final List<String> references = new ArrayList<>();

    /** By level: the guest's table, guest-physical, and the shadow, host-physical. */
    final long[] guest = new long[LEVELS + 1];

    final long[] shadow = new long[LEVELS + 1];
    private final long eptRoot;
    private long nextHost = 0x10_0000;

    /**
     * Tables of which so many levels, from the last up, are the guest's.
     *
     * @param nested 0 to 4; 5 where CR3 is guest-physical too
     * @param detailed whether TLBs and walk caches are modelled
     */
    AgileTables(int nested, boolean detailed) {
        memory.mapRam(0, 2 * OFFSET);
        memory.write(SECRET, 8, 0x5ec2e7L);
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
        state.cr4 = Cr4.PAE | Cr4.PGE;
        state.efer = Efer.LME | Efer.LMA | Efer.NXE;
        state.linearMask = -1L;
        GuestFault fault = new GuestFault();
        walker = new PageWalker(state, memory, fault, EnumSet.allOf(Feature.class));
        mmu = new Mmu(state, memory, walker, fault, detailed ? TlbGeometry.of("haswell") : null);
        ept = new ExtendedPageTables(walker, memory, new GuestExit(), EnumSet.allOf(EptCapability.class));
        eptRoot = hostPage();
        for (int level = LEVELS; level >= 1; level--) {
            guest[level] = 0x60_0000L + ((long) level << 12);
            mapEpt(guest[level]);
        }
        mapEpt(PAGE);
        for (int level = LEVELS; level >= 1; level--) {
            guestEntry(level, (level == 1 ? PAGE : guest[level - 1]) | ALL);
        }
        for (int level = LEVELS; level > nested; level--) {
            shadow[level] = hostPage();
        }
        for (int level = LEVELS; level > nested; level--) {
            long to = level == 1
                    ? (PAGE + OFFSET) | HOST
                    : level - 1 > nested ? shadow[level - 1] | HOST : (guest[level - 1] + OFFSET) | SWITCH;
            shadowEntry(level, to | ALL | A | D);
        }
        state.cr3 = nested > LEVELS
                ? guest[LEVELS]
                : nested == LEVELS ? (guest[LEVELS] + OFFSET) | SWITCH : shadow[LEVELS] | HOST;
        ept.configure(eptRoot | EPT_POINTER, false);
        mmu.addressSpaces.enterGuest(1, eptRoot, new AgileSecondStage(ept, memory));
    }

    /** Notes what a walk reads: {@code sL4}, {@code gL1}, {@code nL4 for gL1}; in the end {@code nL4 for gPA}. */
    void record() {
        walker.recorder(new WalkRecorder() {
            @Override
            public void tableReference(int level, long guestPhysical, long hostPhysical, long entry) {
                references.add(((guestPhysical & HOST) != 0 ? "sL" : "gL") + level);
            }

            @Override
            public void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {
                references.add("nL" + level + " for " + (guestLevel == FINAL ? "gPA" : "gL" + guestLevel));
            }
        });
    }

    private long hostPage() {
        nextHost += 4096;
        return nextHost;
    }

    private static long at(long table, long address, int level) {
        return table + (((address >>> (12 + (9 * (level - 1)))) & 0x1ff) << 3);
    }

    private void mapEpt(long guestPhysical) {
        long table = eptRoot;
        for (int level = LEVELS; level > 1; level--) {
            long at = at(table, guestPhysical, level);
            if (memory.read(at, 8) == 0) {
                memory.write(at, 8, hostPage() | RWX);
            }
            table = memory.read(at, 8) & FRAME;
        }
        memory.write(at(table, guestPhysical, 1), 8, (guestPhysical + OFFSET) | RWX | WRITE_BACK);
    }

    /** Where EPT's last entry for a page stands. */
    long eptLeaf(long guestPhysical) {
        long table = eptRoot;
        for (int level = LEVELS; level > 1; level--) {
            table = memory.read(at(table, guestPhysical, level), 8) & FRAME;
        }
        return at(table, guestPhysical, 1);
    }

    void guestEntry(int level, long entry) {
        memory.write(OFFSET + at(guest[level], LINEAR, level), 8, entry);
    }

    long guestEntry(int level) {
        return memory.read(OFFSET + at(guest[level], LINEAR, level), 8);
    }

    void shadowEntry(int level, long entry) {
        memory.write(at(shadow[level], LINEAR, level), 8, entry);
    }

    long shadowEntry(int level) {
        return memory.read(at(shadow[level], LINEAR, level), 8);
    }
}

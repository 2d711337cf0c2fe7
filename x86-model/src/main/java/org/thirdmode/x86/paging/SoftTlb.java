package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;

/**
 * The software TLB of one address space: what was translated under one VPID or ASID and one EPTRTA. It has one set of
 * entries a privilege view.
 */
final class SoftTlb {
    static final int ENTRIES = 1 << 12;
    static final int INDEX_MASK = ENTRIES - 1;
    static final int PAGE_SHIFT = 12;
    static final long PAGE_MASK = -1L << PAGE_SHIFT;

    static final int VIEW_USER = 0;
    static final int VIEW_SUPERVISOR = 1;
    static final int VIEW_SUPERVISOR_AC = 2;
    static final int VIEWS = 3;

    private static final long RIGHTS_CR0 = Cr0.PG | Cr0.WP;
    private static final long RIGHTS_CR4 =
            Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.LA57 | Cr4.PCIDE | Cr4.SMEP | Cr4.SMAP | Cr4.PKE;
    private static final long RIGHTS_EFER = Efer.LMA | Efer.NXE;

    /** Its number, for those who keep more by space. */
    final int index;

    final TlbEntry[][] views = new TlbEntry[VIEWS][ENTRIES];

    /** Slots filled since the last flush, per view: a flush costs what was filled, not the size of the TLB. */
    private final int[][] filled = new int[VIEWS][ENTRIES];

    private final int[] filledCount = new int[VIEWS];

    /** Where pages larger than 4 KBytes have been translated since the last full flush. */
    private final LargeRegions largeRegions = new LargeRegions();

    /** The VPID or ASID of what is kept here; 0 for the host. */
    int identifier;

    /** The EPTRTA of what is kept here, or {@link AddressSpaces#NO_ROOT}. */
    long root = AddressSpaces.NO_ROOT;

    /** The PCID of what is kept here. */
    int pcid;

    /** The control bits and PKRU under which all of it was translated: what it allows depends on them. */
    private long rights;

    private int pkru;

    /** When it was last chosen; the least goes where room is needed. */
    long chosen;

    SoftTlb(int index) {
        this.index = index;
        for (TlbEntry[] entries : views) {
            for (int i = 0; i < ENTRIES; i++) {
                entries[i] = new TlbEntry();
            }
        }
    }

    static int slot(long linear) {
        return (int) (linear >>> PAGE_SHIFT) & INDEX_MASK;
    }

    static int pcidOf(CpuState state) {
        return (state.cr4 & Cr4.PCIDE) != 0 ? (int) state.cr3 & 0xfff : 0;
    }

    private static long rightsOf(CpuState state) {
        // CR4 ends at bit 22, EFER's bits go to 30 and 31, CR0's to the upper half.
        return (state.cr4 & RIGHTS_CR4) | ((state.efer & RIGHTS_EFER) << 20) | ((state.cr0 & RIGHTS_CR0) << 32);
    }

    /** Whether what is kept was translated under control bits other than those in force. */
    boolean otherRights(CpuState state) {
        return rights != rightsOf(state) || ((state.cr4 & Cr4.PKE) != 0 && pkru != state.pkru);
    }

    /** Notes that an entry is about to be filled. */
    void filling(int view, int slot, TlbEntry entry) {
        if (entry.readTag == TlbEntry.NONE && filledCount[view] < ENTRIES) {
            filled[view][filledCount[view]++] = slot;
        }
    }

    void addLarge(long linear, int pageShift) {
        largeRegions.add(linear, pageShift);
    }

    /** Drops everything; what comes from now on is under the state's control bits and PCID. */
    void forgetAll(CpuState state) {
        largeRegions.clear();
        for (int v = 0; v < VIEWS; v++) {
            for (int n = 0; n < filledCount[v]; n++) {
                views[v][filled[v][n]].clear();
            }
            filledCount[v] = 0;
        }
        pcid = pcidOf(state);
        rights = rightsOf(state);
        pkru = state.pkru;
    }

    void forgetNonGlobal() {
        for (int v = 0; v < VIEWS; v++) {
            int kept = 0;
            for (int n = 0; n < filledCount[v]; n++) {
                int slot = filled[v][n];
                TlbEntry entry = views[v][slot];
                if (entry.global && entry.readTag != TlbEntry.NONE) {
                    filled[v][kept++] = slot;
                } else {
                    entry.clear();
                }
            }
            filledCount[v] = kept;
        }
    }

    /**
     * Drops the page of {@code linear}, all of it where it is a large one.
     *
     * @return whether more than the 4 KBytes around {@code linear} may have gone
     */
    boolean forgetPage(long linear) {
        int slot = slot(linear);
        for (int v = 0; v < VIEWS; v++) {
            TlbEntry entry = views[v][slot];
            if (entry.readTag == (linear & PAGE_MASK)) {
                entry.drop();
            }
        }
        boolean large = largeRegions.mayContain(linear);
        if (large) {
            for (int v = 0; v < VIEWS; v++) {
                for (int n = 0; n < filledCount[v]; n++) {
                    TlbEntry entry = views[v][filled[v][n]];
                    if ((entry.readTag & ~PAGE_MASK) == 0 && (entry.readTag ^ linear) >>> entry.pageShift == 0) {
                        entry.drop();
                    }
                }
            }
        }
        return large;
    }

    /** A frame now holds decoded code: no write to it may take the fast path. */
    void protectCode(Frame frame) {
        for (int v = 0; v < VIEWS; v++) {
            for (int n = 0; n < filledCount[v]; n++) {
                TlbEntry entry = views[v][filled[v][n]];
                if (entry.frame == frame) {
                    entry.writeTag = TlbEntry.NONE;
                }
            }
        }
    }
}

package org.thirdmode.x86.paging;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.tlb.StructureCaches;
import org.thirdmode.x86.tlb.TlbBuffer;
import org.thirdmode.x86.tlb.TlbCount;
import org.thirdmode.x86.tlb.TlbGeometry;
import org.thirdmode.x86.tlb.TlbLevel;

/**
 * The TLBs and paging-structure caches of a processor, asked for every access: {@code detailed} fidelity.
 *
 * <p>The {@link Mmu}'s software TLB holds only what the first-level data TLB holds: each of its entries hangs on the slot
 * that it was derived from, goes when that slot's translation goes, and stamps the slot when it is used. So a hit there is
 * a hit here, and the order of uses is exact.
 *
 * <p>Where several fidelities could differ though the manual leaves it open, the model is kind: an entry that would forbid
 * an access, or whose page a write has yet to make dirty, is dropped and the tables are walked, as {@code fast} does.
 */
final class ModelledTlbs {
    /*
     * A payload: the physical address of the page, and in its low bits what the walk found.
     *
     *  51               12 11 9 8       5   4       3        2        1         0
     * +-------------------+----+---------+-------+---------+------+----------+
     * | physical address  |    |   key   | dirty | execute | user | writable |
     * +-------------------+----+---------+-------+---------+------+----------+
     */
    private static final int WRITABLE = 1;
    private static final int USER = 1 << 1;
    private static final int EXECUTABLE = 1 << 2;
    private static final int DIRTY = 1 << 3;
    private static final int KEY_SHIFT = 4;
    private static final long PAGE = -1L << 12;

    private final CpuState state;
    private final PageWalker walker;
    private final StructureCaches structureCaches;
    private final TlbLevel dataL1;
    private final TlbLevel instructionL1;
    private final TlbLevel dataL2;
    private final TlbLevel instructionL2;

    /** The software TLB's entries that hang on each slot of each first-level data TLB. */
    private final TlbEntry[][] dependents;

    private Mmu.CodeListener codeListener = new Mmu.CodeListener() {};

    /** Lookups so far, of data and of instructions: the time of the LRU order. */
    long now;

    private long instructionLookups;
    private int pcid;

    /** Where the page of the last fetch stands; valid until something leaves the first-level instruction TLB. */
    private long lastFetchPage = -1;

    private TlbBuffer lastFetchBuffer;
    private int lastFetchSlot;

    ModelledTlbs(TlbGeometry geometry, CpuState state, PageWalker walker) {
        this.state = state;
        this.walker = walker;
        dataL1 = new TlbLevel(geometry.dataL1(), this::leavesDataL1);
        instructionL1 = new TlbLevel(geometry.instructionL1(), this::leavesInstructionL1);
        dataL2 = new TlbLevel(geometry.dataL2(), null);
        instructionL2 = geometry.instructionL2().isEmpty() ? dataL2 : new TlbLevel(geometry.instructionL2(), null);
        dependents =
                dataL1.all.stream().map(buffer -> new TlbEntry[buffer.size()]).toArray(TlbEntry[][]::new);
        structureCaches = geometry.structureCaches().isEmpty() ? null : new StructureCaches(geometry.structureCaches());
        walker.structureCaches(structureCaches);
    }

    void codeListener(Mmu.CodeListener listener) {
        codeListener = listener;
    }

    // ---- looking up ----

    /**
     * Translates for a data access as the caches and then the walk would; {@link #attach} then knows the slot.
     *
     * @throws org.thirdmode.x86.state.GuestFault #PF
     */
    void data(long linear, int access, Translation out) {
        now++;
        dataSlot = translate(linear, access, out, dataL1, dataL2);
    }

    private int dataSlot;

    /** Lets an entry of the software TLB hang on the slot that the last {@link #data} used. */
    void attach(TlbEntry entry) {
        detach(entry);
        TlbBuffer buffer = dataL1.at;
        TlbEntry[] heads = dependents[buffer.index];
        entry.stamps = buffer.stamps;
        entry.slot = dataSlot;
        entry.heads = heads;
        entry.previous = null;
        entry.next = heads[dataSlot];
        if (entry.next != null) {
            entry.next.previous = entry;
        }
        heads[dataSlot] = entry;
    }

    private static void detach(TlbEntry entry) {
        if (entry.heads == null) {
            return;
        }
        if (entry.next != null) {
            entry.next.previous = entry.previous;
        }
        if (entry.previous != null) {
            entry.previous.next = entry.next;
        } else {
            entry.heads[entry.slot] = entry.next;
        }
        entry.heads = null;
    }

    /** Translates for an instruction fetch. */
    void instruction(long linear, int access, Translation out) {
        now++;
        instructionLookups++;
        lastFetchSlot = translate(linear, access, out, instructionL1, instructionL2);
        lastFetchBuffer = instructionL1.at;
        lastFetchPage = linear & PAGE;
    }

    /** A fetch from a page whose translation the fetcher has kept: the first-level instruction TLB has it too. */
    void instructionAgain(long linear) {
        now++;
        instructionLookups++;
        if ((linear & PAGE) == lastFetchPage) {
            lastFetchBuffer.stamps[lastFetchSlot] = now;
        } else {
            lastFetchSlot = instructionL1.find(linear, pcid, now);
            if (lastFetchSlot < 0) {
                throw new ModelBug(String.format("the fetcher kept page %x, the modelled TLB did not", linear & PAGE));
            }
            lastFetchBuffer = instructionL1.at;
            lastFetchPage = linear & PAGE;
        }
    }

    private int translate(long linear, int access, Translation out, TlbLevel first, TlbLevel second) {
        int slot = first.find(linear, pcid, now);
        if (slot >= 0) {
            unpack(first.at, slot, linear, out);
            if (serves(access, out)) {
                return slot;
            }
        } else {
            slot = second.find(linear, pcid, now);
            if (slot >= 0) {
                unpack(second.at, slot, linear, out);
                if (serves(access, out)) {
                    return insert(first, linear, out, pack(out));
                }
            }
        }
        if (slot >= 0) {
            dropPage(linear);
            if (walker.denied(access, out) != 0) {
                dropStructures(linear);
            }
        }
        walker.walk(linear, access, out);
        long payload = pack(out);
        insert(second, linear, out, payload);
        return insert(first, linear, out, payload);
    }

    private boolean serves(int access, Translation found) {
        return walker.denied(access, found) == 0 && (found.dirty || (access & Access.WRITE) == 0);
    }

    private int insert(TlbLevel level, long linear, Translation t, long payload) {
        return level.insert(linear, t.pageShift, t.global ? TlbBuffer.GLOBAL : pcid, payload, now);
    }

    private static long pack(Translation t) {
        long offset = (1L << t.pageShift) - 1;
        return (t.physical & ~offset & PAGE)
                | (t.writable ? WRITABLE : 0)
                | (t.user ? USER : 0)
                | (t.executable ? EXECUTABLE : 0)
                | (t.dirty ? DIRTY : 0)
                | ((long) t.protectionKey << KEY_SHIFT);
    }

    private static void unpack(TlbBuffer buffer, int slot, long linear, Translation out) {
        long payload = buffer.payload(slot);
        int shift = buffer.pageShift(slot);
        out.physical = (payload & PAGE) | (linear & ((1L << shift) - 1));
        out.pageShift = shift;
        out.writable = (payload & WRITABLE) != 0;
        out.user = (payload & USER) != 0;
        out.executable = (payload & EXECUTABLE) != 0;
        out.dirty = (payload & DIRTY) != 0;
        out.global = buffer.global(slot);
        out.protectionKey = (int) (payload >>> KEY_SHIFT) & 0xf;
    }

    // ---- what hangs on first-level slots ----

    private void leavesDataL1(TlbBuffer buffer, int slot) {
        dropDependents(dependents[buffer.index], slot);
    }

    private static void dropDependents(TlbEntry[] heads, int slot) {
        TlbEntry entry = heads[slot];
        heads[slot] = null;
        while (entry != null) {
            entry.clearStamped();
            entry.heads = null;
            entry = entry.next;
        }
    }

    private void leavesInstructionL1(TlbBuffer buffer, int slot) {
        lastFetchPage = -1;
        if (buffer.pageShift(slot) == 12) {
            codeListener.pageFlushed(0, buffer.linear(slot));
        } else {
            codeListener.translationsFlushed(0);
        }
    }

    /** Forgets what the software TLB and the fetcher derived; the modelled structures stay as they are. */
    void dropDerived() {
        for (TlbEntry[] heads : dependents) {
            for (int slot = 0; slot < heads.length; slot++) {
                dropDependents(heads, slot);
            }
        }
        lastFetchPage = -1;
        codeListener.translationsFlushed(0);
    }

    /** A frame now holds decoded code: no write to it may take a short way. */
    void protectCode(Frame frame) {
        for (TlbEntry[] heads : dependents) {
            for (TlbEntry head : heads) {
                for (TlbEntry entry = head; entry != null; entry = entry.next) {
                    if (entry.frame == frame) {
                        entry.stampedWriteTag = TlbEntry.NONE;
                    }
                }
            }
        }
    }

    // ---- flushing: SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches" ----

    /** CR3 was loaded. Without PCIDs (or {@code keep}) all that is not global under the PCID now current goes. */
    void loadedCr3(boolean keep) {
        int loaded = (state.cr4 & Cr4.PCIDE) != 0 ? (int) state.cr3 & 0xfff : 0;
        if (!keep) {
            dropPcid(loaded);
        }
        if (pcid != loaded) {
            pcid = loaded;
            dropDerived();
        }
    }

    /** INVLPG: the page under the current PCID, global or not, and all paging-structure caches of that PCID. */
    void invlpg(long linear) {
        dropPage(linear);
        if (structureCaches != null) {
            structureCaches.dropContext(pcid);
        }
    }

    /** A page fault: what would have been used for its address. */
    void pageFault(long linear) {
        dropPage(linear);
        dropStructures(linear);
    }

    private void dropStructures(long linear) {
        if (structureCaches != null) {
            structureCaches.drop(linear, walker.indexBits(), pcid);
        }
    }

    private void dropPage(long linear) {
        dropPage(linear, pcid, true);
    }

    private void dropPage(long linear, int context, boolean globals) {
        dataL1.drop(linear, context, globals);
        instructionL1.drop(linear, context, globals);
        dataL2.drop(linear, context, globals);
        if (instructionL2 != dataL2) {
            instructionL2.drop(linear, context, globals);
        }
    }

    /** INVPCID, individual address: not the global ones. */
    void dropPage(long linear, int context) {
        dropPage(linear, context, false);
        if (structureCaches != null) {
            structureCaches.dropContext(context);
        }
    }

    /** INVPCID, single context: not the global ones. */
    void dropPcid(int context) {
        dataL1.dropContext(context);
        instructionL1.dropContext(context);
        dataL2.dropContext(context);
        if (instructionL2 != dataL2) {
            instructionL2.dropContext(context);
        }
        if (structureCaches != null) {
            structureCaches.dropContext(context);
        }
    }

    /** INVPCID, all contexts but the global translations. */
    void dropNonGlobal() {
        dataL1.dropNonGlobal();
        instructionL1.dropNonGlobal();
        dataL2.dropNonGlobal();
        instructionL2.dropNonGlobal();
        if (structureCaches != null) {
            structureCaches.dropAll();
        }
    }

    /** All of it: a change of CR0.PG, CR4.PGE and others. The PCID may have become another without a load of CR3. */
    void dropAll() {
        dataL1.dropAll();
        instructionL1.dropAll();
        dataL2.dropAll();
        instructionL2.dropAll();
        if (structureCaches != null) {
            structureCaches.dropAll();
        }
        pcid = (state.cr4 & Cr4.PCIDE) != 0 ? (int) state.cr3 & 0xfff : 0;
    }

    // ---- counts ----

    /**
     * What each structure has counted. Hits of a first level are told for the level as a whole: the TLBs of it are asked
     * side by side, and a hit in the software TLB does not say in which.
     */
    List<TlbCount> counts() {
        List<TlbCount> counts = new ArrayList<>();
        long dataLookups = now - instructionLookups;
        counts.add(firstLevel("L1D", dataL1, dataLookups));
        counts.add(firstLevel("L1I", instructionL1, instructionLookups));
        secondLevel(dataL2, counts);
        if (instructionL2 != dataL2) {
            secondLevel(instructionL2, counts);
        }
        if (structureCaches != null) {
            counts.addAll(structureCaches.counts());
        }
        return counts;
    }

    private static TlbCount firstLevel(String name, TlbLevel level, long lookups) {
        long fills = level.all.stream().mapToLong(buffer -> buffer.fills).sum();
        return new TlbCount(name, lookups, lookups - level.misses, fills);
    }

    private static void secondLevel(TlbLevel level, List<TlbCount> counts) {
        long hits = level.all.stream().mapToLong(buffer -> buffer.hits).sum();
        for (TlbBuffer buffer : level.all) {
            counts.add(new TlbCount(buffer.name, hits + level.misses, buffer.hits, buffer.fills));
        }
    }
}

package org.thirdmode.x86.paging;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.tlb.NestedCaches;
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
class ModelledTlbs {
    /*
     * A payload: the physical address of the page, and in its low bits what the walk found.
     *
     *  51               12 11  10        9    8      7 4   3       2       1        0
     * +-------------------+--+-------------+--------+-----+-------+---------+------+----------+
     * | physical address  |  | linear size |readable| key | dirty | execute | user | writable |
     * +-------------------+--+-------------+--------+-----+-------+---------+------+----------+
     *
     * The linear size is that of the page in the guest's tables, of which the translation may be a part.
     */
    private static final int WRITABLE = 1;
    private static final int USER = 1 << 1;
    private static final int EXECUTABLE = 1 << 2;
    private static final int DIRTY = 1 << 3;
    private static final int KEY_SHIFT = 4;
    private static final int READABLE = 1 << 8;
    private static final int LINEAR_SIZE_SHIFT = 9;
    private static final int[] SHIFTS = {12, 21, 22, 30};
    private static final long PAGE = -1L << 12;

    /** Linear addresses have 57 bits at most. */
    private static final long LINEAR_MASK = (1L << 57) - 1;

    private final CpuState state;
    private final PageWalker walker;
    final StructureCaches structureCaches;

    /** What is cached of the second dimension; null for nothing. */
    final NestedCaches nestedCaches;

    private final SpaceNumbers spaces = new SpaceNumbers();

    /** The numbers by which the second dimension's caches tell EPTRTAs (or ASIDs) apart. */
    private final SpaceNumbers nestedSpaces = new SpaceNumbers();

    final TlbLevel dataL1;
    final TlbLevel instructionL1;
    private final TlbLevel dataL2;
    private final TlbLevel instructionL2;

    /** The software TLB's entries that hang on each slot of each first-level data TLB. */
    private final TlbEntry[][] dependents;

    private Mmu.CodeListener codeListener = new Mmu.CodeListener() {};

    /** Lookups so far, of data and of instructions: the time of the LRU order. */
    long now;

    private long instructionLookups;

    /** The VPID or ASID in force, the number of its address space, and the context that its current PCID makes of that. */
    private int identifier;

    private int space;
    int context;

    /** Whether a translation was ever kept of a part of a page. */
    boolean splintered;

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
        nestedCaches = NestedCaches.of(geometry);
        walker.nestedCaches(nestedCaches);
        choose(0, AddressSpaces.NO_ROOT);
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
        lastFetchPage = lastFetchSlot < 0 ? -1 : linear & PAGE;
    }

    /** A fetch from a page whose translation the fetcher has kept: the first-level instruction TLB has it too. */
    void instructionAgain(long linear) {
        now++;
        instructionLookups++;
        if ((linear & PAGE) == lastFetchPage) {
            lastFetchBuffer.stamps[lastFetchSlot] = now;
        } else {
            lastFetchSlot = instructionL1.find(linear, context, now);
            if (lastFetchSlot < 0) {
                throw new ModelBug(String.format("the fetcher kept page %x, the modelled TLB did not", linear & PAGE));
            }
            lastFetchBuffer = instructionL1.at;
            lastFetchPage = linear & PAGE;
        }
    }

    /** The slot of the first level, or -1 where the translation may not be kept. */
    int translate(long linear, int access, Translation out, TlbLevel first, TlbLevel second) {
        int slot = first.find(linear, context, now);
        if (slot >= 0) {
            unpack(first.at, slot, linear, out);
            if (serves(access, out)) {
                return slot;
            }
        } else {
            slot = second.find(linear, context, now);
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
        walk(linear, access, out);
        if (out.uncached) {
            return -1;
        }
        splintered |= out.linearPageShift != out.pageShift;
        long payload = pack(out);
        insert(second, linear, out, payload);
        return insert(first, linear, out, payload);
    }

    /** Asks the tables. */
    void walk(long linear, int access, Translation out) {
        walker.walk(linear, access, out);
    }

    private boolean serves(int access, Translation found) {
        return walker.denied(access, found) == 0
                && (found.dirty || (access & Access.WRITE) == 0)
                && (found.readable || (access & Access.FETCH) != 0);
    }

    int insert(TlbLevel level, long linear, Translation t, long payload) {
        return level.insert(linear, t.pageShift, t.global ? TlbBuffer.globalContext(context) : context, payload, now);
    }

    /** Whether two payloads are of the same frame, as a part of a page of the same size. */
    static boolean samePlace(long payload, long other) {
        return ((payload ^ other) & (PAGE | 3 << LINEAR_SIZE_SHIFT)) == 0;
    }

    static long pack(Translation t) {
        long offset = (1L << t.pageShift) - 1;
        return (t.physical & ~offset & PAGE)
                | (t.writable ? WRITABLE : 0)
                | (t.user ? USER : 0)
                | (t.executable ? EXECUTABLE : 0)
                | (t.dirty ? DIRTY : 0)
                | ((long) t.protectionKey << KEY_SHIFT)
                | (t.readable ? READABLE : 0)
                | ((long) sizeOf(t.linearPageShift) << LINEAR_SIZE_SHIFT);
    }

    private static int sizeOf(int pageShift) {
        return switch (pageShift) {
            case 12 -> 0;
            case 21 -> 1;
            case 22 -> 2;
            default -> 3;
        };
    }

    private static int linearPageShift(long payload) {
        return SHIFTS[(int) (payload >>> LINEAR_SIZE_SHIFT) & 3];
    }

    private static void unpack(TlbBuffer buffer, int slot, long linear, Translation out) {
        long payload = buffer.payload(slot);
        int shift = buffer.pageShift(slot);
        out.physical = (payload & PAGE) | (linear & ((1L << shift) - 1));
        out.pageShift = shift;
        out.linearPageShift = linearPageShift(payload);
        out.readable = (payload & READABLE) != 0;
        out.uncached = false;
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

    // ---- address spaces ----

    /** Another VPID, ASID or EPTRTA is in force; or only the PCID has become another. */
    void choose(int ofIdentifier, long root) {
        identifier = ofIdentifier;
        space = spaces.number(identifier, root);
        if (spaces.recycled) {
            dropSpace(space);
        }
        if (nestedCaches != null) {
            // Guest-physical mappings know no VPID; on AMD they have the ASID.
            int nested = root == AddressSpaces.NO_ROOT
                    ? nestedSpaces.number(identifier, root)
                    : nestedSpaces.number(0, root);
            nestedCaches.context = TlbBuffer.context(nested, 0);
            if (nestedSpaces.recycled) {
                nestedCaches.dropSpace(nestedCaches.context);
            }
        }
        contextChanged();
    }

    private void contextChanged() {
        int current = TlbBuffer.context(space, SoftTlb.pcidOf(state));
        if (current != context) {
            context = current;
            dropDerived();
        }
        walker.structureSpace(TlbBuffer.context(space, 0));
    }

    // ---- flushing: SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches" ----

    /** CR3 was loaded. Without PCIDs (or {@code keep}) all that is not global under the PCID now current goes. */
    void loadedCr3(boolean keep) {
        if (!keep) {
            dropPcid(SoftTlb.pcidOf(state));
        }
        contextChanged();
    }

    /** INVLPG: the page under the current PCID, global or not, and all paging-structure caches of that PCID. */
    void invlpg(long linear) {
        int pcid = SoftTlb.pcidOf(state);
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.isOf(n, identifier)) {
                dropPage(linear, TlbBuffer.context(n, pcid), true);
                dropStructureContext(TlbBuffer.context(n, pcid));
            }
        }
    }

    /** A page fault, or an exit of the second stage: what would have been used for its address. */
    void pageFault(long linear) {
        dropPage(linear);
        dropStructures(linear);
    }

    private void dropStructures(long linear) {
        if (structureCaches != null) {
            structureCaches.drop(linear, walker.indexBits(), context);
        }
    }

    private void dropStructureContext(int of) {
        if (structureCaches != null) {
            structureCaches.dropContext(of);
        }
    }

    private void dropStructureSpace(int number) {
        if (structureCaches != null) {
            structureCaches.dropSpace(TlbBuffer.context(number, 0));
        }
    }

    void dropPage(long linear) {
        dropPage(linear, context, true);
    }

    private void dropPage(long linear, int of, boolean globals) {
        everyLevel(level -> level.drop(linear, of, globals));
        if (splintered) {
            everyLevel(level -> level.dropChosen((buffer, slot) -> isPartOf(buffer, slot, linear, of, globals)));
        }
    }

    /** SDM 3A: where "multiple TLB entries" were made of a page "the instruction invalidates all of them". */
    private static boolean isPartOf(TlbBuffer buffer, int slot, long linear, int of, boolean globals) {
        int shift = linearPageShift(buffer.payload(slot));
        return shift != buffer.pageShift(slot)
                && ((buffer.linear(slot) ^ linear) & LINEAR_MASK) >>> shift == 0
                && (buffer.global(slot) ? globals && buffer.inSpace(slot, of) : buffer.inContext(slot, of));
    }

    private void everyLevel(Consumer<TlbLevel> action) {
        action.accept(dataL1);
        action.accept(instructionL1);
        action.accept(dataL2);
        if (instructionL2 != dataL2) {
            action.accept(instructionL2);
        }
    }

    /** INVPCID, individual address: not the global ones. */
    void dropPage(long linear, int pcid) {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.isOf(n, identifier)) {
                dropPage(linear, TlbBuffer.context(n, pcid), false);
                dropStructureContext(TlbBuffer.context(n, pcid));
            }
        }
    }

    /** INVPCID, single context: not the global ones. */
    void dropPcid(int pcid) {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.isOf(n, identifier)) {
                int of = TlbBuffer.context(n, pcid);
                everyLevel(level -> level.dropContext(of));
                dropStructureContext(of);
            }
        }
    }

    /** All but the global translations of a VPID or ASID: INVPCID, INVVPID, TLB control. */
    void dropNonGlobalOf(int ofIdentifier) {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.isOf(n, ofIdentifier)) {
                int of = TlbBuffer.context(n, 0);
                everyLevel(level -> level.dropNonGlobal(of));
                dropStructureSpace(n);
            }
        }
    }

    /**
     * All of a VPID or ASID: a change of CR0.PG, CR4.PGE and others; INVVPID, TLB control. The PCID may have become another
     * without a load of CR3.
     */
    void dropAllOf(int ofIdentifier) {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.isOf(n, ofIdentifier)) {
                dropSpace(n);
            }
        }
        contextChanged();
    }

    /** The page of a linear address in every PCID of a VPID or ASID, global or not. */
    void dropPageOf(int ofIdentifier, long linear) {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.isOf(n, ofIdentifier)) {
                int of = TlbBuffer.context(n, 0);
                everyLevel(level -> level.dropChosen((buffer, slot) -> {
                    int shift = linearPageShift(buffer.payload(slot));
                    return buffer.inSpace(slot, of) && ((buffer.linear(slot) ^ linear) & LINEAR_MASK) >>> shift == 0;
                }));
                dropStructureSpace(n);
            }
        }
    }

    /** Everything of every guest. */
    void dropGuests() {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.isGuest(n)) {
                dropSpace(n);
            }
        }
    }

    /** Everything that was translated by an EPTRTA: INVEPT. */
    void dropRoot(long root) {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (spaces.hasRoot(n, root)) {
                dropSpace(n);
            }
            if (nestedCaches != null && nestedSpaces.hasRoot(n, root)) {
                nestedCaches.dropSpace(TlbBuffer.context(n, 0));
            }
        }
    }

    /** Everything that was translated by any EPTRTA: INVEPT. */
    void dropAllRoots() {
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (!spaces.hasRoot(n, AddressSpaces.NO_ROOT)) {
                dropSpace(n);
            }
        }
        if (nestedCaches != null) {
            nestedCaches.dropAll();
        }
    }

    /** What a guest without nested tags has cached of its second dimension: TLB control, by ASID. */
    void dropNestedOf(int asid) {
        for (int n = 0; n < TlbBuffer.SPACES && nestedCaches != null; n++) {
            if (nestedSpaces.isOf(n, asid) && nestedSpaces.hasRoot(n, AddressSpaces.NO_ROOT)) {
                nestedCaches.dropSpace(TlbBuffer.context(n, 0));
            }
        }
    }

    private void dropSpace(int number) {
        int of = TlbBuffer.context(number, 0);
        everyLevel(level -> level.dropSpace(of));
        dropStructureSpace(number);
    }

    /** All there is. */
    void dropEverything() {
        everyLevel(TlbLevel::dropAll);
        if (structureCaches != null) {
            structureCaches.dropAll();
        }
        if (nestedCaches != null) {
            nestedCaches.dropAll();
        }
        splintered = false;
        contextChanged();
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
        dataL2.addCounts(counts);
        if (instructionL2 != dataL2) {
            instructionL2.addCounts(counts);
        }
        if (structureCaches != null) {
            counts.addAll(structureCaches.counts());
        }
        if (nestedCaches != null) {
            nestedCaches.addCounts(counts);
        }
        return counts;
    }

    private static TlbCount firstLevel(String name, TlbLevel level, long lookups) {
        long fills = level.all.stream().mapToLong(buffer -> buffer.fills).sum();
        return new TlbCount(name, lookups, lookups - level.misses, fills);
    }
}

package org.thirdmode.x86.paging;

import java.util.List;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;
import org.thirdmode.x86.tlb.TlbCount;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * Linear memory as the executing program sees it. Every guest access ends here; nothing else may touch guest memory on
 * behalf of an instruction.
 *
 * <p>The common case is a hit in a software TLB: one compare against the tag of the page in which the access <em>ends</em>
 * decides page, permission and page crossing together. Everything else is the slow path: walk, device, crossing, debug.
 *
 * <p>There is one software TLB a privilege view, so that a change of CPL or EFLAGS.AC selects another and flushes nothing:
 * user, supervisor, supervisor while AC overrides SMAP, and an always empty one for when every access must be looked at
 * (alignment checks).
 */
public final class Mmu {
    private static final int INDEX_MASK = SoftTlb.INDEX_MASK;
    private static final int PAGE_SHIFT = SoftTlb.PAGE_SHIFT;
    private static final long PAGE_MASK = SoftTlb.PAGE_MASK;
    private static final int OFFSET_MASK = Frame.SIZE - 1;

    /** Bit 63 tells an ASID from an EPTRTA. */
    private static final long ASID = 1L << 63;

    /** Software TLBs kept: the host's and those of the guests that ran last. */
    private static final int SPACES = 5;

    private final CpuState state;
    private final PhysicalMemory memory;
    private final PageWalker walker;
    private final GuestFault fault;

    /** The processor's TLBs, where they are modelled; else null. */
    private ModelledTlbs tlbs;

    private final Reenter reenter = new Reenter();
    private final Translation translation = new Translation();

    private final TlbEntry[] looking = new TlbEntry[SoftTlb.ENTRIES];

    /** The address spaces; the first is the host's, null where none was needed yet. */
    private final SoftTlb[] spaces = new SoftTlb[SPACES];

    private final SoftTlb host;

    /** The address space in force. */
    private SoftTlb space;

    /** The VPID or ASID in force. */
    private int guest;

    private long choices;

    /** Entering and leaving guests, and the invalidations of VMX and SVM. */
    public final AddressSpaces addressSpaces = new AddressSpaces(this);

    /** The view in force. */
    private TlbEntry[] tlb;

    private boolean alignmentChecked;
    private long a20Mask = -1L;
    private DataWatch watch;
    private DataRecorder recorder;
    private CodeListener codeListener = new CodeListener() {};

    /** Who keeps translations of instruction fetches must hear of flushes too; address spaces are told by number. */
    public interface CodeListener {
        /** Another address space is in force. */
        default void spaceChosen(int space) {}

        /** All translations of an address space may be stale. */
        default void translationsFlushed(int space) {}

        /** Translations of the page of {@code linear} may be stale. */
        default void pageFlushed(int space, long linear) {}
    }

    /** Data breakpoints: asked about every access while armed. SDM 3B "Debug Registers". */
    public interface DataWatch {
        /** Whether any enabled data breakpoint lies in the page of {@code linear}. */
        boolean watchesPage(long linear);

        /** An access that is about to be done; matches are remembered and trap after the instruction. */
        void accessed(long linear, int size, boolean write);
    }

    /** {@code fast} fidelity: no TLB of the processor is modelled. */
    public Mmu(CpuState state, PhysicalMemory memory, PageWalker walker, GuestFault fault) {
        this(state, memory, walker, fault, null);
    }

    /** {@code detailed} fidelity where {@code geometry} is not null: its TLBs are modelled and counted. */
    public Mmu(CpuState state, PhysicalMemory memory, PageWalker walker, GuestFault fault, TlbGeometry geometry) {
        this.state = state;
        this.memory = memory;
        this.walker = walker;
        this.fault = fault;
        tlbs = geometry == null ? null : new ModelledTlbs(geometry, state, walker);
        if (tlbs == null) {
            walker.keepGuestPhysicalMappings();
        }
        TlbEntry never = new TlbEntry();
        java.util.Arrays.fill(looking, never);
        host = new SoftTlb(0);
        spaces[0] = host;
        space = host;
        tlb = host.views[SoftTlb.VIEW_SUPERVISOR];
        memory.onMapChanged(this::everyTranslationChanged);
    }

    public void codeListener(CodeListener listener) {
        codeListener = listener;
        if (tlbs != null) {
            tlbs.codeListener(listener);
        }
    }

    /** What the modelled TLBs and paging-structure caches have counted; nothing where none are modelled. */
    public List<TlbCount> tlbCounts() {
        return tlbs == null ? List.of() : tlbs.counts();
    }

    /**
     * Installs a witness of every access to data, or with null takes it away.
     *
     * @throws IllegalStateException in {@code fast} fidelity, in which most accesses are done where nobody sees them
     */
    public void recorder(DataRecorder dataRecorder) {
        if (tlbs == null && dataRecorder != null) {
            throw new IllegalStateException("accesses to data can be seen in detailed fidelity alone");
        }
        recorder = dataRecorder;
    }

    /**
     * Records what the modelled TLBs are asked from now on, in place of modelling them: before the first instruction.
     *
     * @param reach what geometries that the trace is replayed through have in common
     * @param limit the most memory for the trace, in bytes
     * @param nestedPaging whether a second stage is AMD's
     * @throws IllegalStateException in {@code fast} fidelity, which asks no TLB
     */
    public TranslationTrace record(TranslationTrace.Reach reach, long limit, boolean nestedPaging) {
        if (tlbs == null) {
            throw new IllegalStateException("lookups in TLBs can be seen in detailed fidelity alone");
        }
        TranslationTrace trace = new TranslationTrace(reach, limit, nestedPaging, memory.addressWidth());
        everyTranslationChanged();
        tlbs = new TranslationRecorder(trace, state, memory, walker);
        tlbs.codeListener(codeListener);
        return trace;
    }

    /** Arms (or, with null, disarms) data breakpoints. */
    public void watch(DataWatch dataWatch) {
        watch = dataWatch;
        everyTranslationChanged();
    }

    /** Gate A20. */
    public void a20(boolean enabled) {
        long mask = enabled ? -1L : ~(1L << 20);
        if (mask != a20Mask) {
            a20Mask = mask;
            walker.a20Mask(mask);
            everyTranslationChanged();
        }
    }

    /** The address that the bus sees for a physical address: gate A20 may clear bit 20. */
    public long busAddress(long physical) {
        return physical & a20Mask;
    }

    // ---- flushing ----

    /** After CPL, EFLAGS.AC, CR0.AM or CR4.SMAP changed: selects the view. Flushes nothing. */
    public void privilegeChanged() {
        alignmentChecked = state.cpl == 3 && (state.systemFlags & Rflags.AC) != 0 && (state.cr0 & Cr0.AM) != 0;
        tlb = alignmentChecked ? looking : space.views[viewFor(privilege())];
    }

    /**
     * Drops every translation, global or not, of every PCID: CR0.PG, CR4.PAE, CR4.PSE, CR4.PGE, CR4.LA57 changed,
     * CR4.PCIDE was cleared, CR4.SMEP was set, or INVPCID of type 2. SDM 3A "Operations that Invalidate TLBs and
     * Paging-Structure Caches". Like all flushes here it is one of the current VPID or ASID.
     */
    public void flushAll() {
        dropAllOf(guest);
    }

    /**
     * What a translation allows depends on more than the tables: call this after CR0.WP, CR4.SMAP, CR4.PKE or PKRU
     * changed. No translation becomes stale by it.
     */
    public void rightsChanged() {
        if (tlbs != null) {
            tlbs.dropDerived();
        }
        forgetAll(space);
    }

    /** What stands at a physical address, or must be looked at, has changed: nothing of any address space may be used. */
    private void everyTranslationChanged() {
        if (tlbs != null) {
            tlbs.dropDerived();
        }
        walker.dropGuestPhysical();
        for (SoftTlb each : spaces) {
            if (each != null) {
                forgetAll(each);
            }
        }
    }

    /**
     * After a load of CR3: by MOV or by a task switch. Drops what is not global under the PCID that is now current.
     *
     * @param keep bit 63 of MOV's operand with CR4.PCIDE set: what was cached under that PCID stays
     */
    public void loadedCr3(boolean keep) {
        if (tlbs != null) {
            tlbs.loadedCr3(keep);
            return;
        }
        int loaded = SoftTlb.pcidOf(state);
        for (SoftTlb each : spaces) {
            // What is kept here knows no PCID: that of another one must go in any case.
            if (each != null && each.identifier == guest && (!keep || each.pcid != loaded)) {
                forgetNonGlobal(each);
                each.pcid = loaded;
            }
        }
    }

    /**
     * Drops the translations of the page of {@code linear}, global or not: INVLPG. Of a large page all of it goes, as
     * SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches" demands.
     */
    public void flushPage(long linear) {
        if (tlbs != null) {
            tlbs.invlpg(linear);
        } else {
            dropPageOf(guest, linear);
        }
    }

    /** Drops the translation of one page, unless it is global, under one PCID: INVPCID of type 0. */
    public void flushPage(long linear, int ofPcid) {
        if (tlbs != null) {
            tlbs.dropPage(linear, ofPcid);
        } else if (ofPcid == SoftTlb.pcidOf(state)) {
            dropPageOf(guest, linear);
        }
    }

    /** Drops every translation that is not global under one PCID: INVPCID of type 1. */
    public void flushPcid(int ofPcid) {
        if (tlbs != null) {
            tlbs.dropPcid(ofPcid);
        } else if (ofPcid == SoftTlb.pcidOf(state)) {
            dropNonGlobalOf(guest);
        }
    }

    /** Drops every translation that is not global, of every PCID: INVPCID of type 3. */
    public void flushNonGlobal() {
        dropNonGlobalOf(guest);
    }

    private void forgetAll(SoftTlb which) {
        which.forgetAll(state);
        codeListener.translationsFlushed(which.index);
    }

    private void forgetNonGlobal(SoftTlb which) {
        which.forgetNonGlobal();
        codeListener.translationsFlushed(which.index);
    }

    private void forgetPage(SoftTlb which, long linear) {
        if (which.forgetPage(linear)) {
            codeListener.translationsFlushed(which.index);
        } else {
            codeListener.pageFlushed(which.index, linear);
        }
    }

    /** A frame now holds decoded code: no write to it may take the fast path. */
    public void protectCode(Frame frame) {
        if (tlbs != null) {
            tlbs.protectCode(frame);
        }
        for (SoftTlb each : spaces) {
            if (each != null) {
                each.protectCode(frame);
            }
        }
    }

    // ---- address spaces: see AddressSpaces ----

    void enter(int identifier, long root, SecondStage stage) {
        guest = identifier;
        walker.secondStage(stage);
        if (tlbs != null) {
            tlbs.choose(identifier, root);
        } else if (stage != SecondStage.NONE) {
            walker.guestPhysicalContext(contextOf(identifier, root));
        }
        if (identifier == 0) {
            dropAllOf(0);
        }
        choose(identifier == 0 || tlbs != null ? host : spaceOf(identifier, root));
    }

    /** What guest-physical mappings are tagged by: an EPTRTA, which is aligned, or an ASID. */
    private static long contextOf(int identifier, long root) {
        return root != AddressSpaces.NO_ROOT ? root : ASID | identifier;
    }

    void leave() {
        walker.secondStage(SecondStage.NONE);
        if (guest == 0) {
            dropAllOf(0);
        }
        guest = 0;
        if (tlbs != null) {
            tlbs.choose(0, AddressSpaces.NO_ROOT);
        }
        choose(host);
    }

    private void choose(SoftTlb chosen) {
        space = chosen;
        chosen.chosen = ++choices;
        if (tlbs != null) {
            // What is here was translated without paging and without a second stage: it is of no use to the other side.
            rightsChanged();
        } else if (chosen.otherRights(state)) {
            forgetAll(chosen);
        } else if (chosen.pcid != SoftTlb.pcidOf(state)) {
            forgetNonGlobal(chosen);
            chosen.pcid = SoftTlb.pcidOf(state);
        }
        codeListener.spaceChosen(chosen.index);
        privilegeChanged();
    }

    private SoftTlb spaceOf(int identifier, long root) {
        int least = 1;
        for (int i = 1; i < SPACES; i++) {
            SoftTlb each = spaces[i];
            if (each == null) {
                each = new SoftTlb(i);
                spaces[i] = each;
                return taken(each, identifier, root);
            }
            if (each.identifier == identifier && each.root == root) {
                return each;
            }
            if (each.chosen < spaces[least].chosen) {
                least = i;
            }
        }
        return taken(spaces[least], identifier, root);
    }

    private SoftTlb taken(SoftTlb fresh, int identifier, long root) {
        forgetAll(fresh);
        fresh.identifier = identifier;
        fresh.root = root;
        return fresh;
    }

    void dropEverything() {
        if (tlbs != null) {
            tlbs.dropEverything();
        }
        walker.dropGuestPhysical();
        for (SoftTlb each : spaces) {
            if (each != null) {
                forgetAll(each);
            }
        }
    }

    /** Drops what guests have, of any VPID or ASID but the host's. */
    void dropGuests() {
        if (tlbs != null) {
            tlbs.dropGuests();
        }
        for (SoftTlb each : spaces) {
            if (each != null && each.identifier != 0) {
                forgetAll(each);
            }
        }
    }

    void dropAllOf(int identifier) {
        if (tlbs != null) {
            tlbs.dropAllOf(identifier);
        }
        for (SoftTlb each : spaces) {
            if (each != null && (each.identifier == identifier || tlbs != null)) {
                forgetAll(each);
            }
        }
    }

    void dropNonGlobalOf(int identifier) {
        if (tlbs != null) {
            tlbs.dropNonGlobalOf(identifier);
            return;
        }
        for (SoftTlb each : spaces) {
            if (each != null && each.identifier == identifier) {
                forgetNonGlobal(each);
            }
        }
    }

    void dropPageOf(int identifier, long linear) {
        if (tlbs != null) {
            tlbs.dropPageOf(identifier, linear);
            return;
        }
        for (SoftTlb each : spaces) {
            if (each != null && each.identifier == identifier) {
                forgetPage(each, linear);
            }
        }
    }

    void dropRoot(long root) {
        if (tlbs != null) {
            tlbs.dropRoot(root);
        }
        walker.dropGuestPhysical(root);
        for (SoftTlb each : spaces) {
            if (each != null && each.root == root) {
                forgetAll(each);
            }
        }
    }

    void dropAllRoots() {
        if (tlbs != null) {
            tlbs.dropAllRoots();
        }
        walker.dropGuestPhysical();
        for (SoftTlb each : spaces) {
            if (each != null && each.root != AddressSpaces.NO_ROOT) {
                forgetAll(each);
            }
        }
    }

    void dropNestedOf(int asid) {
        if (tlbs != null) {
            tlbs.dropNestedOf(asid);
        }
        walker.dropGuestPhysical(ASID | asid);
    }

    // ---- the fast forms of the run loop ----

    /**
     * Reads {@code size} bytes (1, 2, 4 or 8), zero-extended.
     *
     * @param update they will be written next: faults as the write would
     */
    public long load(long linear, int size, boolean update) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.readTag != ((linear + size - 1) & PAGE_MASK)) {
            return loadMiss(linear, size, update);
        }
        int offset = (int) linear & OFFSET_MASK;
        if (size == 8) {
            return (long) Frame.LONG.get(e.bytes, offset);
        }
        if (size == 4) {
            return (int) Frame.INT.get(e.bytes, offset) & 0xffff_ffffL;
        }
        return size == 1 ? e.bytes[offset] & 0xffL : (short) Frame.SHORT.get(e.bytes, offset) & 0xffffL;
    }

    public int read32(long linear) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        return e.readTag == ((linear + 3) & PAGE_MASK)
                ? (int) Frame.INT.get(e.bytes, (int) linear & OFFSET_MASK)
                : (int) readMiss(linear, 4);
    }

    public long read64(long linear) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        return e.readTag == ((linear + 7) & PAGE_MASK)
                ? (long) Frame.LONG.get(e.bytes, (int) linear & OFFSET_MASK)
                : readMiss(linear, 8);
    }

    public void write8(long linear, int value) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.writeTag == (linear & PAGE_MASK)) {
            e.bytes[(int) linear & OFFSET_MASK] = (byte) value;
        } else {
            writeMiss(linear, 1, value);
        }
    }

    public void write16(long linear, int value) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.writeTag == ((linear + 1) & PAGE_MASK)) {
            Frame.SHORT.set(e.bytes, (int) linear & OFFSET_MASK, (short) value);
        } else {
            writeMiss(linear, 2, value);
        }
    }

    public void write32(long linear, int value) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.writeTag == ((linear + 3) & PAGE_MASK)) {
            Frame.INT.set(e.bytes, (int) linear & OFFSET_MASK, value);
        } else {
            writeMiss(linear, 4, value);
        }
    }

    public void write64(long linear, long value) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.writeTag == ((linear + 7) & PAGE_MASK)) {
            Frame.LONG.set(e.bytes, (int) linear & OFFSET_MASK, value);
        } else {
            writeMiss(linear, 8, value);
        }
    }

    /** The software TLB in force, for {@link TlbHit}; all of {@code detailed} fidelity is a miss in it. */
    public TlbEntry[] view() {
        return tlb;
    }

    /** Whether the processor's own TLBs are modelled: {@code detailed} fidelity. */
    public boolean modelsTlbs() {
        return tlbs != null;
    }

    /** What sends the instruction in execution to the second level. */
    public Reenter reenter() {
        return reenter;
    }

    /** The entry by which the modelled first-level TLB allows reading; stamped. Else null. */
    private TlbEntry stampedRead(long linear, int size) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.stampedReadTag != ((linear + size - 1) & PAGE_MASK)) {
            return null;
        }
        e.stamps[e.slot] = ++tlbs.now;
        if (recorder != null) {
            recorder.accessed(e.physical | (linear & OFFSET_MASK), size, false);
        }
        return e;
    }

    /** The entry by which the modelled first-level TLB allows writing; stamped. Else null. */
    private TlbEntry stampedWrite(long linear, int size) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.stampedWriteTag != ((linear + size - 1) & PAGE_MASK)) {
            return null;
        }
        e.stamps[e.slot] = ++tlbs.now;
        if (recorder != null) {
            recorder.accessed(e.physical | (linear & OFFSET_MASK), size, true);
        }
        return e;
    }

    private long readMiss(long linear, int size) {
        return loadMiss(linear, size, false);
    }

    private long loadMiss(long linear, int size, boolean update) {
        if (tlbs != null) {
            TlbEntry e = stampedRead(linear, size);
            if (e != null) {
                return load(e.bytes, (int) linear & OFFSET_MASK, size);
            }
        }
        requirePlain(linear, size);
        int access = (update ? Access.WRITE : Access.READ) | privilege();
        long first = translate(linear, access);
        TlbEntry filled = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (filled.mayRead((linear + size - 1) & PAGE_MASK)) {
            record(first, size, false);
            return load(filled.bytes, (int) linear & OFFSET_MASK, size);
        }
        requireMemory(first);
        int head = Frame.SIZE - ((int) linear & OFFSET_MASK);
        return size <= head
                ? plain(first, size)
                : readParts(first, head, translateToMemory((linear + head) & state.linearMask, access), size);
    }

    private void writeMiss(long linear, int size, long value) {
        if (tlbs != null) {
            TlbEntry e = stampedWrite(linear, size);
            if (e != null) {
                save(e.bytes, (int) linear & OFFSET_MASK, size, value);
                return;
            }
        }
        requirePlain(linear, size);
        int access = Access.WRITE | privilege();
        long first = translate(linear, access);
        TlbEntry filled = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (filled.mayWrite((linear + size - 1) & PAGE_MASK)) {
            record(first, size, true);
            save(filled.bytes, (int) linear & OFFSET_MASK, size, value);
            return;
        }
        requireMemory(first);
        int head = Frame.SIZE - ((int) linear & OFFSET_MASK);
        if (size <= head) {
            record(first, size, true);
            memory.write(first, size, value);
        } else {
            writeParts(first, head, translateToMemory((linear + head) & state.linearMask, access), size, value);
        }
    }

    /** Sends the instruction to the second level where more than a translation has to be looked at. */
    private void requirePlain(long linear, int size) {
        if (alignmentChecked || watch != null || !canonical(linear) || !canonical(linear + size - 1)) {
            throw reenter;
        }
    }

    /** Translates; sends the instruction to the second level where a device or nothing answers. */
    private long translateToMemory(long linear, int access) {
        long physical = translate(linear, access);
        requireMemory(physical);
        return physical;
    }

    private void requireMemory(long physical) {
        if (memory.frame(physical) == null) {
            throw reenter;
        }
    }

    /**
     * The bytes of the page of {@code linear} where reading it now needs nothing but them (a block of a string
     * instruction); else null. They are good until the next access.
     */
    public byte[] plainRead(long linear) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        return e.readTag == (linear & PAGE_MASK) ? e.bytes : null;
    }

    /** The bytes of the page of {@code linear} where writing it now needs nothing but them; else null. */
    public byte[] plainWritten(long linear) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        return e.writeTag == (linear & PAGE_MASK) ? e.bytes : null;
    }

    // ---- any access, for the second level ----

    private int privilege() {
        return state.cpl == 3 ? Access.USER : 0;
    }

    /** Reads {@code size} bytes (1, 2, 4 or 8) at a linear address with the privilege of CPL; zero-extended. */
    public long read(long linear, int size) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.readTag == ((linear + size - 1) & PAGE_MASK)) {
            return load(e.bytes, (int) linear & OFFSET_MASK, size);
        }
        if (tlbs != null) {
            e = stampedRead(linear, size);
            if (e != null) {
                return load(e.bytes, (int) linear & OFFSET_MASK, size);
            }
        }
        checkAlignment(linear, size);
        return access(linear, size, privilege());
    }

    /** Writes {@code size} bytes (1, 2, 4 or 8) at a linear address with the privilege of CPL. */
    public void write(long linear, int size, long value) {
        TlbEntry e = tlb[(int) (linear >>> PAGE_SHIFT) & INDEX_MASK];
        if (e.writeTag == ((linear + size - 1) & PAGE_MASK)) {
            save(e.bytes, (int) linear & OFFSET_MASK, size, value);
            return;
        }
        if (tlbs != null) {
            e = stampedWrite(linear, size);
            if (e != null) {
                save(e.bytes, (int) linear & OFFSET_MASK, size, value);
                return;
            }
        }
        checkAlignment(linear, size);
        store(linear, size, value, privilege());
    }

    /** Faults if {@code size} bytes (1..4096) at a linear address cannot be written with the privilege of CPL. */
    public void checkWrite(long linear, int size) {
        check(linear, size, Access.WRITE | privilege());
    }

    /** Faults if {@code size} bytes (1..4096) at a linear address cannot be read with the privilege of CPL. */
    public void checkRead(long linear, int size) {
        check(linear, size, privilege());
    }

    /** Reads a descriptor table or TSS: an implicit supervisor-mode access whatever the CPL. */
    public long readSystem(long linear, int size) {
        return access(linear, size, Access.IMPLICIT);
    }

    /** Writes a descriptor table or TSS: an implicit supervisor-mode access whatever the CPL. */
    public void writeSystem(long linear, int size, long value) {
        store(linear, size, value, Access.IMPLICIT);
    }

    /** Faults if {@code size} bytes (1..4096) cannot be written by an implicit supervisor-mode access. */
    public void checkWriteSystem(long linear, int size) {
        check(linear, size, Access.WRITE | Access.IMPLICIT);
    }

    /** Reads with a privilege of the caller's choice: {@code access} is 0 or {@link Access#USER} (a push on a new stack). */
    public long readAs(long linear, int size, int access) {
        return access(linear, size, access);
    }

    /** Writes with a privilege of the caller's choice: {@code access} is 0 or {@link Access#USER}. */
    public void writeAs(long linear, int size, long value, int access) {
        store(linear, size, value, access);
    }

    /** Faults if {@code size} bytes (1..4096) cannot be written with a privilege of the caller's choice. */
    public void checkWriteAs(long linear, int size, int access) {
        check(linear, size, Access.WRITE | access);
    }

    private void checkAlignment(long linear, int size) {
        if (alignmentChecked && (linear & (size - 1)) != 0) {
            throw fault.as(Vector.AC, true, 0);
        }
    }

    private void check(long linear, int size, int access) {
        translate(linear, access);
        long last = (linear + size - 1) & state.linearMask;
        if (((last ^ linear) & PAGE_MASK) != 0) {
            // A fault is at the first byte of the second page.
            translate(last & PAGE_MASK, access);
        }
    }

    private long access(long linear, int size, int access) {
        if (watch != null && access != Access.IMPLICIT) {
            watch.accessed(linear, size, false);
        }
        int head = Frame.SIZE - ((int) linear & OFFSET_MASK);
        long first = translate(linear, access);
        return size <= head
                ? plain(first, size)
                : readParts(first, head, translate((linear + head) & state.linearMask, access), size);
    }

    /** Reads what lies in one page. */
    private long plain(long physical, int size) {
        record(physical, size, false);
        return memory.read(physical, size);
    }

    private void record(long physical, int size, boolean write) {
        if (recorder != null) {
            recorder.accessed(physical, size, write);
        }
    }

    /** Reads across a page's end: {@code head} bytes at {@code first}, the rest at {@code second}. */
    private long readParts(long first, int head, long second, int size) {
        record(first, head, false);
        record(second, size - head, false);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= memory.read(i < head ? first + i : second + i - head, 1) << (i * 8);
        }
        return value;
    }

    private void store(long linear, int size, long value, int access) {
        int write = Access.WRITE | access;
        int head = Frame.SIZE - ((int) linear & OFFSET_MASK);
        long first = translate(linear, write);
        long second = size <= head ? 0 : translate((linear + head) & state.linearMask, write);
        if (watch != null && access != Access.IMPLICIT) {
            watch.accessed(linear, size, true);
        }
        if (size <= head) {
            record(first, size, true);
            memory.write(first, size, value);
        } else {
            writeParts(first, head, second, size, value);
        }
    }

    private void writeParts(long first, int head, long second, int size, long value) {
        record(first, head, true);
        record(second, size - head, true);
        for (int i = 0; i < size; i++) {
            memory.write(i < head ? first + i : second + i - head, 1, value >>> (i * 8));
        }
    }

    private static long load(byte[] bytes, int offset, int size) {
        return switch (size) {
            case 1 -> bytes[offset] & 0xffL;
            case 2 -> (short) Frame.SHORT.get(bytes, offset) & 0xffffL;
            case 4 -> (int) Frame.INT.get(bytes, offset) & 0xffff_ffffL;
            default -> (long) Frame.LONG.get(bytes, offset);
        };
    }

    private static void save(byte[] bytes, int offset, int size, long value) {
        switch (size) {
            case 1 -> bytes[offset] = (byte) value;
            case 2 -> Frame.SHORT.set(bytes, offset, (short) value);
            case 4 -> Frame.INT.set(bytes, offset, (int) value);
            default -> Frame.LONG.set(bytes, offset, value);
        }
    }

    /**
     * Translates one linear address for an access of the kinds in {@code access}; a data access fills the software TLB.
     *
     * @return the physical address of the byte
     * @throws GuestFault #PF, or nothing but that
     */
    public long translate(long linear, int access) {
        boolean modelled = modelled();
        if ((access & Access.FETCH) != 0) {
            // Fetch and data rights differ (execute-disable, SMAP, protection keys): neither may stand in for the
            // other.
            // Who fetches keeps the translation.
            return (modelled ? lookUp(linear, access) : walk(linear, access)) & a20Mask;
        }
        int v = viewFor(access);
        int slot = SoftTlb.slot(linear);
        TlbEntry entry = space.views[v][slot];
        long page = linear & PAGE_MASK;
        boolean write = (access & Access.WRITE) != 0;
        if (entry.readTag == page && (!write || entry.writeTag == page)) {
            return entry.physical | (linear & OFFSET_MASK);
        }
        if (modelled && entry.stampedReadTag == page && (!write || entry.stampedWriteTag == page)) {
            entry.stamps[entry.slot] = ++tlbs.now;
            return entry.physical | (linear & OFFSET_MASK);
        }
        long physical = (modelled ? lookUp(linear, access) : walk(linear, access)) & a20Mask;
        Frame frame = memory.frame(physical);
        if (frame != null && !translation.uncached && (watch == null || !watch.watchesPage(linear))) {
            describe(entry, physical & PAGE_MASK, frame);
            long writeTag = writable(v, write, frame) ? page : 1;
            if (modelled) {
                entry.stampedReadTag = page;
                entry.stampedWriteTag = writeTag;
                tlbs.attach(entry);
            } else {
                space.filling(v, slot, entry);
                entry.readTag = page;
                entry.writeTag = writeTag;
            }
        }
        return physical;
    }

    /** Whether the translation of the last fetch may be kept by who fetches. */
    public boolean mayKeepFetch() {
        return !translation.uncached;
    }

    /**
     * Walks into {@link #translation}. A page fault drops what is cached for the page, and so does an exit of the second
     * stage. SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches", SDM 3C "Operations that Invalidate Cached
     * Mappings".
     */
    private long walk(long linear, int access) {
        try {
            walker.walk(linear, access, translation);
        } catch (GuestFault | GuestExit refused) {
            forgetPage(space, linear);
            throw refused;
        }
        if (translation.linearPageShift != PAGE_SHIFT) {
            space.addLarge(linear, translation.linearPageShift);
        }
        return translation.physical;
    }

    /** Asks the modelled TLBs, which walk where they must, into {@link #translation}. */
    private long lookUp(long linear, int access) {
        try {
            if ((access & Access.FETCH) != 0) {
                tlbs.instruction(linear, access, translation);
            } else {
                tlbs.data(linear, access, translation);
            }
        } catch (GuestFault | GuestExit refused) {
            tlbs.pageFault(linear);
            throw refused;
        }
        return translation.physical;
    }

    /** Whether translations are now looked up in modelled TLBs: where something is translated at all. */
    private boolean modelled() {
        return tlbs != null && (state.paging() || walker.secondStage() != SecondStage.NONE);
    }

    /** The fetcher uses a translation that it has kept. */
    public void fetchedAgain(long linear) {
        if (modelled()) {
            tlbs.instructionAgain(linear);
        }
    }

    private int viewFor(int access) {
        if ((access & Access.USER) != 0) {
            return SoftTlb.VIEW_USER;
        }
        boolean overridden =
                (access & Access.IMPLICIT) == 0 && (state.systemFlags & Rflags.AC) != 0 && (state.cr4 & Cr4.SMAP) != 0;
        return overridden ? SoftTlb.VIEW_SUPERVISOR_AC : SoftTlb.VIEW_SUPERVISOR;
    }

    /** Whether {@link #translation} lets the view write to the page from now on without any further check. */
    private boolean writable(int v, boolean write, Frame frame) {
        // With protection keys only a write itself proves that writing is allowed.
        return translation.dirty
                && frame.code == null
                && !frame.readOnly
                && (write
                        || ((state.cr4 & Cr4.PKE) == 0
                                && (translation.writable || (v != SoftTlb.VIEW_USER && (state.cr0 & Cr0.WP) == 0))));
    }

    private void describe(TlbEntry entry, long physical, Frame frame) {
        entry.bytes = frame.bytes;
        entry.frame = frame;
        entry.physical = physical;
        entry.global = translation.global;
        entry.pageShift = translation.linearPageShift;
    }

    /** Whether {@code linear} is canonical under the paging mode in force. SDM 1 "Canonical Addressing". */
    public boolean canonical(long linear) {
        int unused = (state.cr4 & Cr4.LA57) != 0 ? 64 - 57 : 64 - 48;
        return (linear << unused) >> unused == linear;
    }

    /** The vector of a segment's limit or canonical fault: #SS for the stack segment, #GP for all others. */
    public static int segmentVector(int segment) {
        return segment == Segment.SS ? Vector.SS : Vector.GP;
    }
}

package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

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
    private static final int ENTRIES = 1 << 12;
    private static final int INDEX_MASK = ENTRIES - 1;
    private static final int PAGE_SHIFT = 12;
    private static final long PAGE_MASK = -1L << PAGE_SHIFT;
    private static final int OFFSET_MASK = Frame.SIZE - 1;

    private static final int VIEW_USER = 0;
    private static final int VIEW_SUPERVISOR = 1;
    private static final int VIEW_SUPERVISOR_AC = 2;
    private static final int VIEWS = 3;

    private final CpuState state;
    private final PhysicalMemory memory;
    private final PageWalker walker;
    private final GuestFault fault;
    private final Reenter reenter = new Reenter();
    private final Translation translation = new Translation();

    private final TlbEntry[][] views = new TlbEntry[VIEWS][ENTRIES];
    private final TlbEntry[] looking = new TlbEntry[ENTRIES];

    /** Slots filled since the last flush, per view: a flush costs what was filled, not the size of the TLB. */
    private final int[][] filled = new int[VIEWS][ENTRIES];

    private final int[] filledCount = new int[VIEWS];

    /** Where pages larger than 4 KBytes have been translated since the last full flush. */
    private final LargeRegions largeRegions = new LargeRegions();

    /** The view in force. */
    private TlbEntry[] tlb;

    private boolean alignmentChecked;
    private long a20Mask = -1L;
    private DataWatch watch;
    private CodeListener codeListener = new CodeListener() {};

    /** Who keeps translations of instruction fetches must hear of flushes too. */
    public interface CodeListener {
        /** All translations may be stale. */
        default void translationsFlushed() {}

        /** Translations of the page of {@code linear} may be stale. */
        default void pageFlushed(long linear) {}
    }

    /** Data breakpoints: asked about every access while armed. SDM 3B "Debug Registers". */
    public interface DataWatch {
        /** Whether any enabled data breakpoint lies in the page of {@code linear}. */
        boolean watchesPage(long linear);

        /** An access that is about to be done; matches are remembered and trap after the instruction. */
        void accessed(long linear, int size, boolean write);
    }

    public Mmu(CpuState state, PhysicalMemory memory, PageWalker walker, GuestFault fault) {
        this.state = state;
        this.memory = memory;
        this.walker = walker;
        this.fault = fault;
        TlbEntry never = new TlbEntry();
        java.util.Arrays.fill(looking, never);
        for (TlbEntry[] entries : views) {
            for (int i = 0; i < ENTRIES; i++) {
                entries[i] = new TlbEntry();
            }
        }
        tlb = views[VIEW_SUPERVISOR];
        memory.onMapChanged(this::flushAll);
    }

    public void codeListener(CodeListener listener) {
        codeListener = listener;
    }

    /** Arms (or, with null, disarms) data breakpoints. */
    public void watch(DataWatch dataWatch) {
        watch = dataWatch;
        flushAll();
    }

    /** Gate A20. */
    public void a20(boolean enabled) {
        long mask = enabled ? -1L : ~(1L << 20);
        if (mask != a20Mask) {
            a20Mask = mask;
            walker.a20Mask(mask);
            flushAll();
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
        tlb = alignmentChecked ? looking : views[viewFor(privilege())];
    }

    /**
     * Drops every translation, global or not, of every PCID: CR0.PG, CR4.PAE, CR4.PSE, CR4.PGE, CR4.LA57 changed,
     * CR4.PCIDE was cleared, CR4.SMEP was set, or INVPCID of type 2. SDM 3A "Operations that Invalidate TLBs and
     * Paging-Structure Caches".
     */
    public void flushAll() {
        largeRegions.clear();
        for (int v = 0; v < VIEWS; v++) {
            for (int n = 0; n < filledCount[v]; n++) {
                views[v][filled[v][n]].clear();
            }
            filledCount[v] = 0;
        }
        codeListener.translationsFlushed();
    }

    /**
     * What a translation allows depends on more than the tables: call this after CR0.WP, CR4.SMAP, CR4.PKE, EFER.NXE or
     * PKRU changed. No translation becomes stale by it.
     */
    public void rightsChanged() {
        flushAll();
    }

    /**
     * After a load of CR3: by MOV or by a task switch. Drops what is not global under the PCID that is now current.
     *
     * @param keep bit 63 of MOV's operand with CR4.PCIDE set: what was cached under that PCID stays
     */
    public void loadedCr3(boolean keep) {
        // What is kept here knows no PCID: that of another one must go in any case.
        flushNonGlobal();
    }

    /** Drops the translation of one page, unless it is global, under one PCID: INVPCID of type 0. */
    public void flushPage(long linear, int pcid) {
        if (pcid == currentPcid()) {
            flushPage(linear);
        }
    }

    /** Drops every translation that is not global under one PCID: INVPCID of type 1. */
    public void flushPcid(int pcid) {
        if (pcid == currentPcid()) {
            flushNonGlobal();
        }
    }

    private int currentPcid() {
        return (state.cr4 & Cr4.PCIDE) != 0 ? (int) state.cr3 & 0xfff : 0;
    }

    /** Drops every translation that is not global, of every PCID: INVPCID of type 3. */
    public void flushNonGlobal() {
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
        codeListener.translationsFlushed();
    }

    /**
     * Drops the translations of the page of {@code linear}, global or not: INVLPG. Of a large page all of it goes, as
     * SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches" demands.
     */
    public void flushPage(long linear) {
        int slot = (int) (linear >>> PAGE_SHIFT) & INDEX_MASK;
        for (int v = 0; v < VIEWS; v++) {
            TlbEntry entry = views[v][slot];
            if (entry.readTag == (linear & PAGE_MASK)) {
                entry.drop();
            }
        }
        if (largeRegions.mayContain(linear)) {
            flushLargePage(linear);
        } else {
            codeListener.pageFlushed(linear);
        }
    }

    private void flushLargePage(long linear) {
        for (int v = 0; v < VIEWS; v++) {
            for (int n = 0; n < filledCount[v]; n++) {
                TlbEntry entry = views[v][filled[v][n]];
                if ((entry.readTag & OFFSET_MASK) == 0 && (entry.readTag ^ linear) >>> entry.pageShift == 0) {
                    entry.drop();
                }
            }
        }
        codeListener.translationsFlushed();
    }

    /** A frame now holds decoded code: no write to it may take the fast path. */
    public void protectCode(Frame frame) {
        for (int v = 0; v < VIEWS; v++) {
            for (int n = 0; n < filledCount[v]; n++) {
                TlbEntry entry = views[v][filled[v][n]];
                if (entry.frame == frame) {
                    entry.writeTag = TlbEntry.NONE;
                }
            }
        }
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

    /** What sends the instruction in execution to the second level. */
    public Reenter reenter() {
        return reenter;
    }

    private long readMiss(long linear, int size) {
        requireMemory(linear, size, Access.READ);
        return access(linear, size, privilege());
    }

    private long loadMiss(long linear, int size, boolean update) {
        requireMemory(linear, size, update ? Access.WRITE : Access.READ);
        return access(linear, size, privilege());
    }

    private void writeMiss(long linear, int size, long value) {
        requireMemory(linear, size, Access.WRITE);
        store(linear, size, value, privilege());
    }

    /** Sends the instruction to the second level where the access is not one of plain memory. */
    private void requireMemory(long linear, int size, int kind) {
        if (alignmentChecked || watch != null || !canonical(linear) || !canonical(linear + size - 1)) {
            throw reenter;
        }
        long first = translate(linear, kind | privilege());
        if (memory.frame(first) == null) {
            throw reenter;
        }
        long last = linear + size - 1;
        if (((last ^ linear) & PAGE_MASK) != 0
                && memory.frame(translate(last & state.linearMask, kind | privilege())) == null) {
            throw reenter;
        }
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
            translate(last, access);
        }
    }

    private long access(long linear, int size, int access) {
        if (watch != null && access != Access.IMPLICIT) {
            watch.accessed(linear, size, false);
        }
        int offset = (int) linear & OFFSET_MASK;
        if (offset + size <= Frame.SIZE) {
            return memory.read(translate(linear, access), size);
        }
        int head = Frame.SIZE - offset;
        long first = translate(linear, access);
        long second = translate((linear + head) & state.linearMask, access);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= memory.read(i < head ? first + i : second + i - head, 1) << (i * 8);
        }
        return value;
    }

    private void store(long linear, int size, long value, int access) {
        int offset = (int) linear & OFFSET_MASK;
        int write = Access.WRITE | access;
        if (offset + size <= Frame.SIZE) {
            long physical = translate(linear, write);
            if (watch != null && access != Access.IMPLICIT) {
                watch.accessed(linear, size, true);
            }
            memory.write(physical, size, value);
            return;
        }
        int head = Frame.SIZE - offset;
        long first = translate(linear, write);
        long second = translate((linear + head) & state.linearMask, write);
        if (watch != null && access != Access.IMPLICIT) {
            watch.accessed(linear, size, true);
        }
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
        if ((access & Access.FETCH) != 0) {
            // Fetch and data rights differ (execute-disable, SMAP, protection keys): neither may stand in for the
            // other.
            // Who fetches keeps the translation.
            walk(linear, access);
            return translation.physical & a20Mask;
        }
        int v = viewFor(access);
        int slot = (int) (linear >>> PAGE_SHIFT) & INDEX_MASK;
        TlbEntry entry = views[v][slot];
        long page = linear & PAGE_MASK;
        boolean write = (access & Access.WRITE) != 0;
        if (entry.readTag == page && (!write || entry.writeTag == page)) {
            return entry.physical | (linear & OFFSET_MASK);
        }
        walk(linear, access);
        long physical = translation.physical & a20Mask;
        Frame frame = memory.frame(physical);
        if (frame != null && (watch == null || !watch.watchesPage(linear))) {
            fill(v, slot, page, physical & PAGE_MASK, frame, write);
        }
        return physical;
    }

    /**
     * Walks into {@link #translation}. A page fault drops what is cached for the page. SDM 3A "Operations that Invalidate
     * TLBs and Paging-Structure Caches".
     */
    private void walk(long linear, int access) {
        try {
            walker.walk(linear, access, translation);
        } catch (GuestFault pageFault) {
            flushPage(linear);
            throw pageFault;
        }
        if (translation.pageShift != PAGE_SHIFT) {
            largeRegions.add(linear, translation.pageShift);
        }
    }

    private int viewFor(int access) {
        if ((access & Access.USER) != 0) {
            return VIEW_USER;
        }
        boolean overridden =
                (access & Access.IMPLICIT) == 0 && (state.systemFlags & Rflags.AC) != 0 && (state.cr4 & Cr4.SMAP) != 0;
        return overridden ? VIEW_SUPERVISOR_AC : VIEW_SUPERVISOR;
    }

    private void fill(int v, int slot, long page, long physical, Frame frame, boolean write) {
        TlbEntry entry = views[v][slot];
        if (entry.readTag == TlbEntry.NONE && filledCount[v] < ENTRIES) {
            filled[v][filledCount[v]++] = slot;
        }
        // With protection keys only a write itself proves that writing is allowed.
        boolean writeAllowed = translation.dirty
                && (write
                        || ((state.cr4 & Cr4.PKE) == 0
                                && (translation.writable || (v != VIEW_USER && (state.cr0 & Cr0.WP) == 0))));
        entry.readTag = page;
        entry.writeTag = writeAllowed && frame.code == null && !frame.readOnly ? page : 1;
        entry.bytes = frame.bytes;
        entry.frame = frame;
        entry.physical = physical;
        entry.global = translation.global;
        entry.pageShift = translation.pageShift;
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

package org.thirdmode.shadow;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.thirdmode.shadow.cached.CachedMmu;
import org.thirdmode.shadow.naive.NaiveMmu;
import org.thirdmode.shadow.spec.Invariants;
import org.thirdmode.shadow.unsync.UnsyncMmu;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.paging.spec.ReferenceWalker;
import org.thirdmode.x86.paging.spec.WalkResult;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * A guest twice: as a virtual CPU whose accesses go through a real processor's {@link Mmu} and the shadow tables, and as a
 * bare machine ({@link #bare}) that the specification walks. The guest's tables are well formed where it needs them and
 * random elsewhere; all of it follows from one seed.
 *
 * <p>The guest's memory, by guest frame:
 *
 * <pre>
 *   0 .. 63     a slot of scattered host frames: tables in 1 to 31, data from 32 on
 *   64 .. 67    a slot that can only be read
 *   512 .. 1535 a slot of large host pages, where the host has them
 * </pre>
 *
 * Linear addresses 0 to 0x3ffff are the window: they map frames 0 to 63 in every address space, and nothing may change that.
 */
final class GuestWorld {
    enum Mode {
        NONE,
        BITS_32,
        PAE,
        LEVEL_4,
        LEVEL_5
    }

    enum Strategy {
        NAIVE,
        CACHED,
        UNSYNC
    }

    static final int RAM = 64;
    static final int READ_ONLY = 64;
    static final int LARGE = 512;
    static final int LARGE_PAGES = 1024;
    static final int DATA = 32;
    private static final int WIDTH = 40;
    private static final int FAULTS_PER_ACCESS = 6;

    /** A slot as a test keeps it. */
    static final class Slot implements MemorySlot {
        final long base;
        final long[] host;
        final boolean readOnly;
        final int hostShift;
        boolean logging;
        final boolean[] dirty;

        Slot(long base, long[] host, boolean readOnly, int hostShift) {
            this.base = base;
            this.host = host;
            this.readOnly = readOnly;
            this.hostShift = hostShift;
            dirty = new boolean[host.length];
        }

        @Override
        public long baseGfn() {
            return base;
        }

        @Override
        public long pages() {
            return host.length;
        }

        @Override
        public boolean readOnly() {
            return readOnly;
        }

        @Override
        public boolean logsDirty() {
            return logging;
        }

        @Override
        public long hostAddress(long gfn) {
            return host[(int) (gfn - base)];
        }

        @Override
        public int hostPageShift(long gfn) {
            return hostShift;
        }

        @Override
        public void markDirty(long gfn) {
            dirty[(int) (gfn - base)] = true;
        }

        @Override
        public boolean isDirty(long gfn) {
            return dirty[(int) (gfn - base)];
        }
    }

    /** The guest's registers, and its view of memory. */
    final class Registers implements PagingRegisters {
        final CpuState state = new CpuState();

        @Override
        public long cr0() {
            return state.cr0;
        }

        @Override
        public long cr3() {
            return state.cr3;
        }

        @Override
        public long cr4() {
            return state.cr4;
        }

        @Override
        public long efer() {
            return state.efer;
        }

        @Override
        public long pdpte(int i) {
            return state.pdpte[i];
        }

        @Override
        public int pkru() {
            return state.pkru;
        }

        @Override
        public boolean alignmentCheck() {
            return (state.systemFlags & Rflags.AC) != 0;
        }

        @Override
        public int cpl() {
            return state.cpl;
        }
    }

    final Random random;
    final Strategy strategy;
    final HostFormat host;
    Mode mode;
    final ProcessorLimits limits;
    final PhysicalMemory memory = new PhysicalMemory(WIDTH);
    final PhysicalMemory bare = new PhysicalMemory(WIDTH);
    final ReferenceWalker reference;
    final List<Slot> slots = new ArrayList<>();

    /** Slots that were removed. */
    final List<Slot> gone = new ArrayList<>();

    final Map<Long, Long> gfnOfHost = new HashMap<>();
    final Registers guest = new Registers();
    final GuestMmu mmu;
    final Surroundings around;

    /** Host pages that are out. */
    int hostPagesOut;

    private final List<Long> freeHostPages = new ArrayList<>();
    private long nextHostPage = 0x400_0000;

    // The hardware.
    private final CpuState state = new CpuState();
    private final PageWalker walker;
    final Mmu hardware;
    private boolean flush = true;
    private long loadedCr3 = -1;

    /** The tables of each level that random entries refer to; [level]. */
    final long[][] tables = new long[6][];

    GuestWorld(Strategy strategy, Mode mode, HostFormat host, long seed) {
        this.strategy = strategy;
        this.host = host;
        this.mode = mode;
        random = new Random(seed);
        limits = new ProcessorLimits(WIDTH, true, true);
        reference = new ReferenceWalker(limits, bare);
        makeMemory();
        TlbGeometry geometry = random.nextInt(3) == 0 ? TlbGeometry.of("nehalem") : null;
        GuestFault fault = new GuestFault();
        walker = new PageWalker(state, memory, fault, EnumSet.allOf(Feature.class));
        hardware = new Mmu(state, memory, walker, fault, geometry);
        around = new Surroundings(
                memory,
                guest,
                new GuestLimits(WIDTH, true, true),
                this::slot,
                new HostPages() {
                    @Override
                    public long allocate(boolean below4G) {
                        hostPagesOut++;
                        if (!freeHostPages.isEmpty()) {
                            return freeHostPages.removeLast();
                        }
                        nextHostPage += Frame.SIZE;
                        return nextHostPage;
                    }

                    @Override
                    public void free(long hostPhysical) {
                        hostPagesOut--;
                        freeHostPages.add(hostPhysical);
                    }
                },
                new TlbControl() {
                    @Override
                    public void flush() {
                        flush = true;
                    }

                    @Override
                    public void flushPage(long linear) {
                        hardware.flushPage(linear);
                    }
                },
                host);
        mmu = switch (strategy) {
            case NAIVE -> new NaiveMmu(around);
            case CACHED -> new CachedMmu(around);
            case UNSYNC -> new UnsyncMmu(around);
        };
        makeTables();
        setMode(mode);
    }

    // ---- memory ----

    private void makeMemory() {
        memory.mapRam(0, 512 << 20);
        long[] scattered = new long[RAM + 4];
        List<Long> frames = new ArrayList<>();
        for (long f = 0x100; f < 0x200; f++) {
            frames.add(f << 12);
        }
        java.util.Collections.shuffle(frames, random);
        for (int i = 0; i < scattered.length; i++) {
            scattered[i] = frames.get(i);
        }
        addSlot(new Slot(0, java.util.Arrays.copyOf(scattered, RAM), false, 12));
        addSlot(new Slot(READ_ONLY, java.util.Arrays.copyOfRange(scattered, RAM, RAM + 4), true, 12));
        long[] large = new long[LARGE_PAGES];
        boolean small = random.nextInt(4) == 0;
        for (int i = 0; i < LARGE_PAGES; i++) {
            large[i] = 0x80_0000L + ((long) i << 12);
        }
        addSlot(new Slot(LARGE, large, false, small ? 12 : 21));
    }

    private void addSlot(Slot slot) {
        slots.add(slot);
        for (int i = 0; i < slot.host.length; i++) {
            gfnOfHost.put(slot.host[i], slot.base + i);
        }
        if (slot.readOnly) {
            bare.mapRom(slot.base << 12, new byte[slot.host.length << 12]);
        } else {
            bare.mapRam(slot.base << 12, (long) slot.host.length << 12);
        }
    }

    /** A slot at the same place as one that is gone, of other host pages; its memory is clear. */
    void addSlotLike(Slot gone) {
        long[] fresh = new long[gone.host.length];
        for (int i = 0; i < fresh.length; i++) {
            nextSlotFrame += Frame.SIZE;
            fresh[i] = nextSlotFrame;
        }
        addSlot(new Slot(gone.base, fresh, gone.readOnly, 12));
        mmu.slotsChanged();
    }

    private long nextSlotFrame = 0x1000_0000;

    private final Map<Slot, int[]> whenLogRead = new HashMap<>();

    /** A slot's log begins, or is read and begins anew. */
    void readLog(Slot slot) {
        mmu.harvestDirty();
        java.util.Arrays.fill(slot.dirty, false);
        slot.logging = true;
        whenLogRead.put(slot, contents(slot));
        mmu.slotRemoveWriteAccess(slot);
    }

    void stopLog(Slot slot) {
        slot.logging = false;
        whenLogRead.remove(slot);
    }

    private int[] contents(Slot slot) {
        int[] hashes = new int[slot.host.length];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = java.util.Arrays.hashCode(memory.frame(slot.host[i]).bytes);
        }
        return hashes;
    }

    /** A guest frame that was written since its log was read, and is not in the log; -1 where there is none. */
    long writtenUnseen() {
        for (Map.Entry<Slot, int[]> log : whenLogRead.entrySet()) {
            int[] now = contents(log.getKey());
            for (int i = 0; i < now.length; i++) {
                if (now[i] != log.getValue()[i] && !log.getKey().dirty[i]) {
                    return log.getKey().base + i;
                }
            }
        }
        return -1;
    }

    /** A device (or user space) writes guest memory, across the end of a page too. */
    void deviceWrites(long guestPhysical, int size, long value) {
        boolean whole = (guestPhysical & 0xfff) + size <= Frame.SIZE;
        for (int i = 0; i < (whole ? 1 : size); i++) {
            Slot slot = slot((guestPhysical + i) >>> 12);
            if (slot != null && !slot.readOnly) {
                writeBoth(guestPhysical + i, whole ? size : 1, value >>> (8 * i));
                slot.markDirty((guestPhysical + i) >>> 12);
            }
        }
        mmu.pteWrite(guestPhysical, size);
    }

    /** The slot is gone: nobody answers there any more. */
    void removeSlot(Slot slot) {
        mmu.zapSlot(slot);
        stopLog(slot);
        slots.remove(slot);
        for (long frame : slot.host) {
            gfnOfHost.remove(frame);
        }
        bare.unmap(slot.base << 12, (long) slot.host.length << 12);
        mmu.slotsChanged();
    }

    Slot slot(long gfn) {
        for (Slot slot : slots) {
            if (slot.contains(gfn)) {
                return slot;
            }
        }
        return null;
    }

    long guestRead(long guestPhysical, int size) {
        return bare.read(guestPhysical, size);
    }

    /** The guest's (or its hypervisor's) bytes change, in both worlds. */
    private void writeBoth(long guestPhysical, int size, long value) {
        Slot slot = slot(guestPhysical >>> 12);
        if (slot != null && !slot.readOnly) {
            memory.write(slot.hostAddress(guestPhysical >>> 12) | (guestPhysical & 0xfff), size, value);
            bare.write(guestPhysical, size, value);
        }
    }

    /** Whether both worlds hold the same bytes; the first difference, or null. */
    String difference() {
        for (Slot slot : slots) {
            for (int i = 0; i < Math.min(slot.host.length, RAM); i++) {
                Frame bareFrame = bare.frame((slot.base + i) << 12);
                Frame frame = memory.frame(slot.host[i]);
                int at = java.util.Arrays.mismatch(frame.bytes, bareFrame.bytes);
                if (at >= 0) {
                    int aligned = at & ~7;
                    return String.format(
                            "guest frame %x, offset %x: %x, but %x bare",
                            slot.base + i, aligned, frame.get(aligned, 8), bareFrame.get(aligned, 8));
                }
            }
        }
        return null;
    }

    /** What does not hold of the MMU's state. */
    List<Invariants.Violation> violations() {
        return Invariants.check(mmu, around, slots);
    }

    // ---- the guest's tables ----

    int entrySize() {
        return mode == Mode.BITS_32 ? 4 : 8;
    }

    int levels() {
        return mode.ordinal() == 0 ? 0 : mode.ordinal() + 1;
    }

    private void makeTables() {
        // By level: page tables 8 to 15, then fewer of each.
        tables[1] = new long[] {8, 9, 10, 11, 12, 13};
        tables[2] = new long[] {16, 17, 18, 19};
        tables[3] = new long[] {20, 21};
        tables[4] = new long[] {22, 23};
        tables[5] = new long[] {24, 25};
    }

    /** Written as by a device. Entries that lead to the window: index 0 of every table above level 1, and the window's page table, frame 1. */
    private void buildTables() {
        for (int gfn = 1; gfn < DATA; gfn++) {
            for (int offset = 0; offset < Frame.SIZE; offset += 8) {
                deviceWrites(((long) gfn << 12) + offset, 8, 0);
            }
        }
        int size = entrySize();
        for (int i = 0; i < RAM; i++) {
            deviceWrites((1L << 12) + ((long) i * size), size, ((long) i << 12) | 0x67);
        }
        for (int level = 2; level <= levels(); level++) {
            for (long table : tables[level]) {
                long below = level == 2 ? 1 : tables[level - 1][random.nextInt(tables[level - 1].length)];
                boolean pdpte = mode == Mode.PAE && level == 3;
                deviceWrites(table << 12, size, (below << 12) | (pdpte ? 1 : 0x67));
            }
        }
        for (int i = 0; i < 60 && levels() > 0; i++) {
            int level = 1 + random.nextInt(levels());
            long address = randomEntryAddress(level);
            deviceWrites(address, size, randomEntry(level));
        }
    }

    /** The guest changes its paging mode (its tables with it), as if it had always been in it. */
    void setMode(Mode newMode) {
        mode = newMode;
        CpuState s = guest.state;
        s.cr0 = Cr0.PE | (s.cr0 & Cr0.WP);
        s.cr4 &= ~(Cr4.PAE | Cr4.LA57 | Cr4.PKE);
        s.efer &= ~(Efer.LME | Efer.LMA);
        buildTables();
        if (mode != Mode.NONE) {
            s.cr0 |= Cr0.PG;
            s.cr4 |= mode == Mode.BITS_32 ? 0 : Cr4.PAE;
            if (levels() > 3) {
                s.efer |= Efer.LME | Efer.LMA;
            }
            s.cr4 |= mode == Mode.LEVEL_5 ? Cr4.LA57 : 0;
            setCr3();
        }
        mmu.resetContext();
    }

    private void setCr3() {
        long[] tops = tables[levels()];
        guest.state.cr3 = tops[random.nextInt(tops.length)] << 12;
        loadPdptes();
    }

    private void loadPdptes() {
        if (mode == Mode.PAE) {
            for (int i = 0; i < 4; i++) {
                guest.state.pdpte[i] = guestRead(guest.state.cr3 + (8L * i), 8);
            }
        }
    }

    /** MOV to CR3. False where the guest would get #GP instead. */
    boolean loadCr3() {
        if (mode == Mode.NONE) {
            return false;
        }
        long before = guest.state.cr3;
        long[] pdptes = guest.state.pdpte.clone();
        setCr3();
        for (int i = 0; mode == Mode.PAE && i < 4; i++) {
            long pdpte = guest.state.pdpte[i];
            if ((pdpte & 1) != 0 && (pdpte & ((-1L << WIDTH) | 0x1e6)) != 0) {
                guest.state.cr3 = before;
                System.arraycopy(pdptes, 0, guest.state.pdpte, 0, 4);
                return false;
            }
        }
        mmu.newCr3(false);
        return true;
    }

    /** Where a random entry of a level stands: the first few and the last, never one that leads to the window. */
    long randomEntryAddress(int level) {
        long table = tables[level][random.nextInt(tables[level].length)];
        int perTable = mode == Mode.PAE && level == 3 ? 4 : 4096 / entrySize();
        return (table << 12) + ((long) entrySize() * indexes(level, perTable, level > 1));
    }

    private int indexes(int level, int perTable, boolean notZero) {
        int[] some = {0, 1, 2, 3, perTable / 2, perTable - 1};
        int index = some[random.nextInt(some.length)];
        return notZero && index == 0 ? 1 : index;
    }

    /** A random entry for a table of a level. */
    long randomEntry(int level) {
        int what = random.nextInt(16);
        if (what == 0) {
            return 0;
        }
        if (mode == Mode.PAE && level == 3) {
            return (tables[2][random.nextInt(tables[2].length)] << 12) | 1;
        }
        long flags = 1;
        flags |= random.nextInt(4) == 0 ? 0 : 2;
        flags |= random.nextInt(4) == 0 ? 0 : 4;
        flags |= random.nextInt(2) << 5;
        flags |= random.nextInt(2) << 6;
        flags |= random.nextInt(4) == 0 ? 1 << 8 : 0;
        if (entrySize() == 8) {
            flags |= random.nextInt(6) == 0 ? 1L << 63 : 0;
            flags |= levels() > 3 ? (long) random.nextInt(3) << 59 : 0;
        }
        if (random.nextInt(24) == 0) {
            // Something odd: any bit turned.
            flags ^= 1L << random.nextInt(entrySize() * 8);
        }
        boolean large = level > 1 && random.nextInt(3) == 0;
        if (large) {
            long region = random.nextInt(3) == 0 ? 0 : LARGE + (random.nextBoolean() ? 512 : 0);
            int align = mode == Mode.BITS_32 ? 10 : 9 * (level - 1);
            return ((region & (-1L << align)) << 12) | flags | 0x80;
        }
        if (level > 1) {
            long below = what == 1 ? random.nextInt(RAM) : tables[level - 1][random.nextInt(tables[level - 1].length)];
            return (below << 12) | (flags & ~0x80L);
        }
        long page = switch (what) {
            case 1 -> 0x100 + random.nextInt(4);
            case 2, 3 -> READ_ONLY + random.nextInt(4);
            case 4, 5, 6 -> 1 + random.nextInt(DATA);
            case 7 -> LARGE + random.nextInt(LARGE_PAGES);
            default -> DATA + random.nextInt(RAM - DATA);
        };
        return (page << 12) | flags;
    }

    /** A linear address that the tables may say something about. */
    long randomLinear() {
        if (mode == Mode.NONE) {
            long[] pages = {random.nextInt(RAM + 8), LARGE + random.nextInt(LARGE_PAGES + 16)};
            return (pages[random.nextInt(2)] << 12) | (random.nextInt(0x1000 / 8) * 8L);
        }
        long linear = random.nextInt(0x1000 / 8) * 8L;
        int bits = mode == Mode.BITS_32 ? 10 : 9;
        for (int level = 1; level <= levels(); level++) {
            int perTable = mode == Mode.PAE && level == 3 ? 4 : 1 << bits;
            linear |= (long) indexes(level, perTable, false) << (12 + (bits * (level - 1)));
        }
        int unused = mode == Mode.LEVEL_5 ? 7 : 16;
        return levels() > 3 ? (linear << unused) >> unused : linear;
    }

    // ---- the hardware ----

    /** VM entry. */
    private void enter() {
        HardwarePaging paging = mmu.load();
        CpuState g = guest.state;
        state.cr0 = paging.cr0;
        state.cr4 = paging.cr4;
        state.efer = paging.efer;
        state.cr3 = paging.cr3;
        state.pkru = g.pkru;
        state.systemFlags = g.systemFlags;
        state.cpl = g.cpl;
        state.linearMask = (paging.efer & Efer.LMA) != 0 ? -1L : 0xffff_ffffL;
        if (flush || loadedCr3 != paging.cr3) {
            flush = false;
            loadedCr3 = paging.cr3;
            if ((paging.cr4 & Cr4.PAE) != 0 && (paging.efer & Efer.LMA) == 0 && !walker.loadPdptes(paging.cr3)) {
                throw new AssertionError("the shadow PDPTEs have reserved bits set");
            }
            hardware.flushAll();
        }
        hardware.privilegeChanged();
        hardware.rightsChanged();
    }

    /** What came of an access of the guest. */
    sealed interface Outcome {
        /** It reached guest-physical memory, or what is not memory. */
        record Reached(long guestPhysical) implements Outcome {}

        /** #PF. */
        record PageFault(int errorCode) implements Outcome {}
    }

    int faultsOfThisAccess;
    FaultResult lastResult;

    /** Guest-physical address of what the last access wrote, and what was there; -1 where it wrote nothing. */
    long overwritten;

    long overwrittenValue;

    /** The guest accesses; for a write of {@code size} bytes the value is stored, in both worlds. */
    Outcome access(long linear, int access, int size, long value) {
        boolean write = (access & Access.WRITE) != 0;
        lastResult = null;
        overwritten = -1;
        for (faultsOfThisAccess = 0; faultsOfThisAccess < FAULTS_PER_ACCESS; faultsOfThisAccess++) {
            enter();
            long physical;
            try {
                physical = hardware.translate(linear, access);
            } catch (GuestFault fault) {
                lastResult = mmu.pageFault(fault.linearAddress, fault.errorCode);
                switch (lastResult) {
                    case FaultResult.Retry ignored -> {
                        continue;
                    }
                    case FaultResult.Inject(long address, int errorCode) -> {
                        if (address != linear) {
                            throw new AssertionError("CR2");
                        }
                        return new Outcome.PageFault(errorCode);
                    }
                    case FaultResult.Mmio(long guestPhysical) -> {
                        Slot slot = slot(guestPhysical >>> 12);
                        if (slot != null && !(slot.readOnly && write)) {
                            throw new AssertionError("no MMIO: " + Long.toHexString(guestPhysical));
                        }
                        return new Outcome.Reached(guestPhysical);
                    }
                    case FaultResult.Emulate(long guestPhysical, FaultResult.Reason reason) -> {
                        return emulate(linear, access, size, value, guestPhysical, reason);
                    }
                }
            }
            Long gfn = gfnOfHost.get(physical & -4096L);
            if (gfn == null) {
                throw new AssertionError(
                        "the guest reaches host memory that is not its own: " + Long.toHexString(physical));
            }
            long guestPhysical = (gfn << 12) | (physical & 0xfff);
            if (write) {
                overwrite(guestPhysical, size);
                memory.write(physical, size, value);
                Slot slot = slot(gfn);
                if (slot == null || slot.readOnly) {
                    throw new AssertionError("a write reaches " + Long.toHexString(guestPhysical));
                }
                if (slot.logging && !slot.isDirty(gfn)) {
                    throw new AssertionError("a write is not in the dirty log");
                }
                bare.write(guestPhysical, size, value);
            }
            return new Outcome.Reached(guestPhysical);
        }
        throw new AssertionError("no progress after " + faultsOfThisAccess + " faults: " + lastResult);
    }

    private void overwrite(long guestPhysical, int size) {
        overwritten = guestPhysical;
        overwrittenValue = memory.read(
                slot(guestPhysical >>> 12).hostAddress(guestPhysical >>> 12) | (guestPhysical & 0xfff), size);
    }

    /** The guest executes INVLPG. */
    void invlpg(long linear) {
        if (mmu.interceptsInvlpg()) {
            mmu.invlpg(linear);
        } else {
            hardware.flushPage(linear);
        }
    }

    /** Makes the bare machine's small frames what the guest's are: its flags too. */
    void copyToBare() {
        Slot slot = slots.getFirst();
        for (int i = 0; i < DATA; i++) {
            byte[] from = memory.frame(slot.host[i]).bytes;
            System.arraycopy(from, 0, bare.frame((slot.base + i) << 12).bytes, 0, Frame.SIZE);
        }
    }

    private Outcome emulate(
            long linear, int access, int size, long value, long guestPhysical, FaultResult.Reason reason) {
        if ((access & Access.WRITE) == 0) {
            throw new AssertionError("emulation of what is no write, " + reason);
        }
        GuestWalk walk = mmu.gvaToGpa(linear, access);
        if (walk.faulted && (access & Access.IMPLICIT) != 0) {
            // The emulator knows that the access is to a system structure, the fault did not tell.
            return new Outcome.PageFault(walk.errorCode);
        }
        if (walk.faulted || walk.guestPhysical != guestPhysical) {
            throw new AssertionError("the emulator does not find what the fault found");
        }
        overwrite(guestPhysical, size);
        writeBoth(guestPhysical, size, value);
        Slot slot = slot(guestPhysical >>> 12);
        if (slot.logging) {
            slot.markDirty(guestPhysical >>> 12);
        }
        mmu.pteWrite(guestPhysical, size);
        return new Outcome.Reached(guestPhysical);
    }

    // ---- the specification ----

    PagingControls controls() {
        return PagingControls.of(guest.state);
    }

    /** What the specification says of an access, and does to the bare machine's memory. */
    Outcome specified(long linear, int access) {
        return outcome(reference.walk(controls(), specifiedAccess(linear, access)));
    }

    static Outcome outcome(WalkResult result) {
        return switch (result) {
            case WalkResult.Translated t -> new Outcome.Reached(t.physical());
            case WalkResult.PageFault f -> new Outcome.PageFault(f.errorCode());
        };
    }

    static LinearAccess specifiedAccess(long linear, int access) {
        LinearAccess.Kind kind = switch (access & (Access.WRITE | Access.FETCH)) {
            case Access.WRITE -> LinearAccess.Kind.WRITE;
            case Access.FETCH -> LinearAccess.Kind.FETCH;
            default -> LinearAccess.Kind.READ;
        };
        LinearAccess.Mode mode = switch (access & (Access.USER | Access.IMPLICIT)) {
            case Access.USER -> LinearAccess.Mode.USER;
            case Access.IMPLICIT -> LinearAccess.Mode.IMPLICIT_SUPERVISOR;
            default -> LinearAccess.Mode.SUPERVISOR;
        };
        return new LinearAccess(linear, kind, mode);
    }

    /** A kind of access, with the CPL that goes with it. */
    int randomAccess() {
        int[] kinds = {
            Access.READ,
            Access.WRITE,
            Access.WRITE,
            Access.FETCH,
            Access.USER,
            Access.USER | Access.WRITE,
            Access.USER | Access.FETCH,
            Access.IMPLICIT,
            Access.IMPLICIT | Access.WRITE
        };
        int access = kinds[random.nextInt(kinds.length)];
        guest.state.cpl = (access & (Access.USER | Access.IMPLICIT)) != 0 ? 3 : 0;
        return access;
    }

    /** Turns bits of control registers, which flushes, or of those that need no flush. Returns whether it flushed. */
    boolean changeRegisters() {
        CpuState s = guest.state;
        switch (random.nextInt(8)) {
            case 0, 1 -> s.cr0 ^= Cr0.WP;
            case 2 -> s.cr4 ^= Cr4.SMEP;
            case 3 -> s.cr4 ^= Cr4.SMAP;
            case 4 -> s.cr4 ^= Cr4.PGE;
            case 5 -> s.cr4 ^= levels() > 3 ? Cr4.PKE : Cr4.PSE;
            case 6 -> s.efer ^= entrySize() == 8 ? Efer.NXE : 0;
            default -> {
                s.systemFlags ^= Rflags.AC;
                s.pkru = random.nextInt() & random.nextInt() & 0x3f;
                return false;
            }
        }
        mmu.resetContext();
        return true;
    }

    @Override
    public String toString() {
        CpuState s = guest.state;
        return String.format(
                "%s, %s guest on %s host, cr0=%x cr3=%x cr4=%x efer=%x ac=%b pkru=%x cpl=%d",
                strategy, mode, host, s.cr0, s.cr3, s.cr4, s.efer, (s.systemFlags & Rflags.AC) != 0, s.pkru, s.cpl);
    }
}

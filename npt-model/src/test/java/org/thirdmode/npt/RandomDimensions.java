package org.thirdmode.npt;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.thirdmode.npt.ept.EptCapability;
import org.thirdmode.npt.ept.ExtendedPageTables;
import org.thirdmode.npt.nested.NestedPageTables;
import org.thirdmode.npt.spec.EptControls;
import org.thirdmode.npt.spec.EptWalk;
import org.thirdmode.npt.spec.NestedWalk;
import org.thirdmode.npt.spec.SecondDimension;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.PageWalker;
import org.thirdmode.x86.paging.SecondStage;
import org.thirdmode.x86.paging.spec.PagingControls;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;

/**
 * A random guest in a random second dimension: each level of either has two frames of random entries, most of which lead
 * to the level below; a few are not present, lack a right, set a reserved bit, map a large page, or lead anywhere. All of
 * it follows from one seed; building it twice gives two equal machines.
 */
final class RandomDimensions {
    private static final int[] WIDTHS = {36, 40, 46, 52};

    /** Frames of the guest by level; its data; frames of the second dimension by level. */
    private static final int GUEST = 2;

    private static final int DATA = 14;
    private static final int NESTED = 18;
    private static final int FRAMES = 32;

    /** The second dimension's kind. */
    enum Kind {
        EPT_4,
        EPT_5,
        NPT_32,
        NPT_PAE,
        NPT_4,
        NPT_5
    }

    final Kind kind;
    final PhysicalMemory memory;
    final CpuState state = new CpuState();
    final GuestExit exit = new GuestExit();
    final PageWalker walker;
    final ExtendedPageTables ept;
    final NestedPageTables npt;
    final ProcessorLimits limits;
    final EptControls eptControls;

    private final int width;
    private final CpuState host = new CpuState();
    private final Set<EptCapability> capabilities = EnumSet.allOf(EptCapability.class);

    /** One in this many entries has a given oddity. */
    private final int rarity;

    /** One in this many entries maps a large page, in each dimension. */
    private final int guestLarge;

    private final int nestedLarge;

    /** No frame is used as a table of two kinds: then it does not matter which walks set flags first. */
    private final boolean tidy;

    RandomDimensions(long seed) {
        this(seed, false);
    }

    RandomDimensions(long seed, boolean tidy) {
        this.tidy = tidy;
        Random random = new Random(seed);
        kind = Kind.values()[random.nextInt(Kind.values().length)];
        width = WIDTHS[random.nextInt(WIDTHS.length)];
        rarity = 12 << random.nextInt(5);
        boolean large = random.nextInt(3) == 0;
        guestLarge = large ? 2 : rarity;
        nestedLarge = large ? 2 : rarity;
        memory = new PhysicalMemory(width);
        memory.mapRam(0, (long) FRAMES * Frame.SIZE);
        limits = new ProcessorLimits(width, random.nextBoolean(), random.nextBoolean());
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        if (limits.pse36()) {
            features.add(Feature.PSE36);
        }
        if (limits.page1Gb()) {
            features.add(Feature.PAGE1GB);
        }
        capabilities.remove(EptCapability.ADVANCED_EXIT_INFORMATION);
        for (EptCapability optional :
                List.of(EptCapability.EXECUTE_ONLY, EptCapability.PAGE_2_MBYTE, EptCapability.PAGE_1_GBYTE)) {
            if (random.nextInt(4) == 0) {
                capabilities.remove(optional);
            }
        }
        walker = new PageWalker(state, memory, new GuestFault(), features);
        ept = new ExtendedPageTables(walker, memory, exit, capabilities);
        npt = new NestedPageTables(walker, memory, exit, features);
        guestRegisters(random);
        eptControls = secondDimension(random);
        fill(random);
    }

    private static long maybe(Random random, long bit) {
        return random.nextBoolean() ? bit : 0;
    }

    private void guestRegisters(Random random) {
        state.cr0 = Cr0.PE | (random.nextInt(16) == 0 ? 0 : Cr0.PG) | maybe(random, Cr0.WP);
        state.cr4 = maybe(random, Cr4.PSE)
                | maybe(random, Cr4.PGE)
                | maybe(random, Cr4.SMEP)
                | maybe(random, Cr4.SMAP)
                | maybe(random, Cr4.PKE);
        state.efer = maybe(random, Efer.NXE);
        int levels = 2 + random.nextInt(4);
        state.cr4 |= levels > 2 ? Cr4.PAE : 0;
        state.cr4 |= levels > 4 ? Cr4.LA57 : 0;
        state.efer |= levels > 3 ? Efer.LME | Efer.LMA : 0;
        state.systemFlags |= random.nextBoolean() ? Rflags.AC : 0;
        state.pkru = random.nextInt() & random.nextInt() & random.nextInt();
        state.cr3 = guestFrame(levels, random) | random.nextInt(0x1000);
        for (int i = 0; i < 4; i++) {
            state.pdpte[i] = guestFrame(2, random) | (random.nextInt(16) == 0 ? 0 : 1);
        }
    }

    private static long guestFrame(int level, Random random) {
        return (long) (level == 0 ? DATA + random.nextInt(4) : GUEST + (2 * (level - 1)) + random.nextInt(2))
                * Frame.SIZE;
    }

    private static long nestedFrame(int level, Random random) {
        return (long) (NESTED + (2 * (level - 1)) + random.nextInt(2)) * Frame.SIZE;
    }

    private EptControls secondDimension(Random random) {
        int levels = kind == Kind.EPT_5 ? 5 : 4;
        EptControls controls = new EptControls(
                nestedFrame(levels, random),
                levels,
                random.nextBoolean(),
                random.nextInt(3) == 0,
                capabilities.contains(EptCapability.EXECUTE_ONLY),
                capabilities.contains(EptCapability.PAGE_2_MBYTE),
                capabilities.contains(EptCapability.PAGE_1_GBYTE),
                width);
        host.cr0 = Cr0.PE | Cr0.PG | Cr0.WP;
        host.cr4 = maybe(random, Cr4.PSE) | maybe(random, Cr4.SMEP);
        host.efer = maybe(random, Efer.NXE);
        int hostLevels = nptLevels();
        host.cr4 |= hostLevels > 2 ? Cr4.PAE : 0;
        host.cr4 |= hostLevels > 4 ? Cr4.LA57 : 0;
        host.efer |= hostLevels > 3 ? Efer.LME | Efer.LMA : 0;
        host.cr3 = nestedFrame(hostLevels, random);
        SecondStage stage;
        if (isEpt()) {
            ept.configure(
                    controls.root() | ((levels - 1L) << 3) | 6 | (controls.accessedDirty() ? 1 << 6 : 0),
                    controls.modeBasedExecute());
            stage = ept;
        } else {
            npt.configure(host.cr3, host.cr4, host.efer);
            stage = npt;
        }
        walker.secondStage(stage);
        return controls;
    }

    boolean isEpt() {
        return kind.compareTo(Kind.EPT_5) <= 0;
    }

    private int nptLevels() {
        return switch (kind) {
            case NPT_32 -> 2;
            case NPT_PAE -> 3;
            case NPT_5 -> 5;
            default -> 4;
        };
    }

    /** The same second dimension as the specification writes it. */
    SecondDimension specified() {
        return isEpt() ? new EptWalk(eptControls, memory) : new NestedWalk(PagingControls.of(host), limits, memory);
    }

    private boolean guestLongMode() {
        return (state.efer & Efer.LMA) != 0;
    }

    private int guestEntrySize() {
        return (state.cr4 & Cr4.PAE) == 0 ? 4 : 8;
    }

    private void fill(Random random) {
        int size = guestEntrySize();
        for (int level = 1; level <= 5; level++) {
            for (int n = 0; n < 2; n++) {
                long frame = (long) (GUEST + (2 * (level - 1)) + n) * Frame.SIZE;
                for (int at = 0; at < Frame.SIZE; at += size) {
                    memory.write(frame + at, size, guestEntry(random, level));
                }
                frame = (long) (NESTED + (2 * (level - 1)) + n) * Frame.SIZE;
                fillNested(random, level, frame);
            }
        }
    }

    private int nestedEntrySize() {
        return kind == Kind.NPT_32 ? 4 : 8;
    }

    private void fillNested(Random random, int level, long frame) {
        int size = nestedEntrySize();
        for (int at = 0; at < Frame.SIZE; at += size) {
            memory.write(frame + at, size, nestedEntry(random, level, at / size));
        }
    }

    private long nestedEntry(Random random, int level, int index) {
        long target;
        if (level > 1) {
            target = nestedFrame(level - 1, random);
        } else {
            // Mostly the page of the same number: the guest then finds its tables.
            long same = index % FRAMES;
            target = (!odd(random) ? same : tidy ? same ^ 1 : random.nextInt(FRAMES)) * Frame.SIZE;
        }
        return isEpt()
                ? eptEntry(random, level, target)
                : legacyEntry(
                        random,
                        level,
                        target,
                        nestedEntrySize(),
                        nptLevels() > 3,
                        kind == Kind.NPT_PAE && level == 3,
                        nestedLarge);
    }

    private long guestEntry(Random random, int level) {
        int size = guestEntrySize();
        boolean pdptes = level == 3 && size == 8 && !guestLongMode();
        return legacyEntry(random, level, guestFrame(level - 1, random), size, guestLongMode(), pdptes, guestLarge);
    }

    /** Puts another random entry somewhere, in either dimension. */
    void rewrite(Random random) {
        int level = 1 + random.nextInt(5);
        boolean guest = random.nextBoolean();
        int size = guest ? guestEntrySize() : nestedEntrySize();
        int index = random.nextInt(Frame.SIZE / size);
        long frame = guest ? guestFrame(level, random) : nestedFrame(level, random);
        memory.write(
                frame + ((long) index * size),
                size,
                guest ? guestEntry(random, level) : nestedEntry(random, level, index));
    }

    private boolean odd(Random random) {
        return random.nextInt(rarity) == 0;
    }

    private long legacyEntry(
            Random random, int level, long target, int size, boolean longMode, boolean pdpteOfPae, int largeRarity) {
        if (pdpteOfPae) {
            return (target | (odd(random) ? 0 : 1)) ^ (!tidy && odd(random) ? 1L << random.nextInt(64) : 0);
        }
        long entry = target | (random.nextInt(0x1000) & ~0x187L);
        entry |= odd(random) ? 0 : 1;
        entry |= odd(random) ? 0 : 2;
        entry |= odd(random) ? 0 : 4;
        entry |= level == 1 && random.nextBoolean() ? 0x80 : 0;
        entry |= level == 1 && random.nextBoolean() ? 0x100 : 0;
        if (level > 1 && level <= 3 && random.nextInt(largeRarity) == 0) {
            // A large page at 0: it holds all frames.
            entry = (entry & 0xfff) | 0x80 | (!tidy && random.nextInt(8) == 0 ? target : 0);
        }
        if (size == 8) {
            entry |= odd(random) ? 1L << 63 : 0;
            entry |= longMode ? (long) random.nextInt(0x800) << 52 : 0;
        }
        if (!tidy && odd(random)) {
            entry ^= 1L << random.nextInt(64);
        }
        return entry;
    }

    private long eptEntry(Random random, int level, long target) {
        long entry = target | (random.nextBoolean() ? 1L << 8 : 0) | ((long) random.nextInt(0x1000) << 52);
        entry |= odd(random) ? 0 : 1;
        entry |= odd(random) ? 0 : 2;
        entry |= odd(random) ? 0 : 4;
        entry |= odd(random) ? 0 : 1 << 10;
        boolean large = level > 1 && level <= 3 && random.nextInt(nestedLarge) == 0;
        if (large) {
            entry = (entry & ~0x000f_ffff_ffff_f000L) | 0x80 | (!tidy && random.nextInt(8) == 0 ? target : 0);
        }
        if (large || level == 1) {
            entry |= (odd(random) ? random.nextInt(8) : 6L) << 3;
            entry |= random.nextBoolean() ? 1 << 9 : 0;
        }
        if (!tidy && odd(random)) {
            entry ^= 1L << random.nextInt(64);
        }
        return entry;
    }

    /** An access as {@link Access} writes it. */
    static int access(Random random) {
        int[] kinds = {
            Access.READ,
            Access.WRITE,
            Access.FETCH,
            Access.USER,
            Access.USER | Access.WRITE,
            Access.USER | Access.FETCH,
            Access.IMPLICIT,
            Access.IMPLICIT | Access.WRITE
        };
        return kinds[random.nextInt(kinds.length)];
    }

    /** A linear address that the mode can have. */
    long linear(Random random) {
        if ((state.cr0 & Cr0.PG) == 0 && random.nextInt(4) != 0) {
            return random.nextInt(FRAMES * Frame.SIZE);
        }
        long any = random.nextLong();
        if (!guestLongMode()) {
            return any & 0xffff_ffffL;
        }
        int unused = (state.cr4 & Cr4.LA57) != 0 ? 7 : 16;
        return (any << unused) >> unused;
    }

    /** The content of memory as one value. */
    long fingerprint() {
        long sum = 0;
        for (int i = 0; i < FRAMES; i++) {
            sum = (sum * 31) + java.util.Arrays.hashCode(memory.frame((long) i * Frame.SIZE).bytes);
        }
        return sum;
    }

    @Override
    public String toString() {
        return String.format(
                "%s %s cr0=%x cr3=%x cr4=%x efer=%x pkru=%x",
                kind, isEpt() ? eptControls : "", state.cr0, state.cr3, state.cr4, state.efer, state.pkru);
    }
}

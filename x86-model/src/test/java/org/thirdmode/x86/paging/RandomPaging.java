package org.thirdmode.x86.paging;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.MmioDevice;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.spec.ProcessorLimits;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;

/**
 * A random machine for page walks: every frame holds random entries that point at few frames, so that tables are shared,
 * refer to themselves, or stand in ROM, in a device or nowhere. All of it follows from one seed; building it twice gives
 * two equal machines.
 */
final class RandomPaging {
    private static final int[] WIDTHS = {32, 36, 39, 40, 41, 46, 52};
    private static final int RAM_FRAMES = 12;

    final PhysicalMemory memory;
    final CpuState state = new CpuState();
    final ProcessorLimits limits;
    final Set<Feature> features = EnumSet.noneOf(Feature.class);
    private final long[] frames;
    private final Device device = new Device();

    /** Answers by offset, and remembers what was written. */
    private static final class Device implements MmioDevice {
        long written;

        @Override
        public long read(long offset, int size) {
            return (offset * 0x9e37_79b9_7f4a_7c15L) | 1;
        }

        @Override
        public void write(long offset, int size, long value) {
            written = (written * 31) + (offset ^ value);
        }
    }

    RandomPaging(long seed) {
        Random random = new Random(seed);
        int width = WIDTHS[random.nextInt(WIDTHS.length)];
        limits = new ProcessorLimits(width, random.nextBoolean(), random.nextBoolean());
        if (limits.pse36()) {
            features.add(Feature.PSE36);
        }
        if (limits.page1Gb()) {
            features.add(Feature.PAGE1GB);
        }
        memory = new PhysicalMemory(width);
        memory.mapRam(0, (long) RAM_FRAMES * Frame.SIZE);
        // Not at the very top of 52 bits: the directory of frames would be larger than what the test is about.
        long top = (1L << Math.min(width, 37)) - Frame.SIZE;
        memory.mapRam(top, Frame.SIZE);
        long device = (long) RAM_FRAMES * Frame.SIZE;
        memory.mapMmio(device, Frame.SIZE, this.device);
        long rom = device + Frame.SIZE;
        long nowhere = rom + Frame.SIZE;
        byte[] image = new byte[Frame.SIZE];
        random.nextBytes(image);
        memory.mapRom(rom, image);

        frames = new long[RAM_FRAMES + 4];
        for (int i = 0; i < RAM_FRAMES; i++) {
            frames[i] = (long) i * Frame.SIZE;
        }
        frames[RAM_FRAMES] = device;
        frames[RAM_FRAMES + 1] = rom;
        frames[RAM_FRAMES + 2] = nowhere;
        frames[RAM_FRAMES + 3] = top;
        randomRegisters(random);
        fill(random);
    }

    private void randomRegisters(Random random) {
        state.cr0 = Cr0.PE | (random.nextInt(16) == 0 ? 0 : Cr0.PG) | maybe(random, Cr0.WP);
        state.cr4 = maybe(random, Cr4.PSE)
                | maybe(random, Cr4.PGE)
                | maybe(random, Cr4.SMEP)
                | maybe(random, Cr4.SMAP)
                | maybe(random, Cr4.PKE);
        state.efer = maybe(random, Efer.NXE);
        switch (random.nextInt(4)) {
            case 0 -> {}
            case 1 -> state.cr4 |= Cr4.PAE;
            case 2 -> {
                state.cr4 |= Cr4.PAE;
                state.efer |= Efer.LME | Efer.LMA;
            }
            default -> {
                state.cr4 |= Cr4.PAE | Cr4.LA57;
                state.efer |= Efer.LME | Efer.LMA;
            }
        }
        state.systemFlags |= random.nextBoolean() ? Rflags.AC : 0;
        state.pkru = random.nextInt() & random.nextInt();
        state.cr3 = frames[random.nextInt(frames.length)] | random.nextInt(0x1000);
        for (int i = 0; i < 4; i++) {
            state.pdpte[i] = frames[random.nextInt(frames.length)] | (random.nextInt(8) == 0 ? 0 : 1);
        }
    }

    private static long maybe(Random random, long bit) {
        return random.nextBoolean() ? bit : 0;
    }

    private boolean longMode() {
        return (state.efer & Efer.LMA) != 0;
    }

    private boolean bits32() {
        return (state.cr4 & Cr4.PAE) == 0;
    }

    private void fill(Random random) {
        int size = bits32() ? 4 : 8;
        for (long frame : frames) {
            for (int offset = 0; offset < Frame.SIZE && memory.frame(frame) != null; offset += size) {
                memory.write(frame + offset, size, randomEntry(random));
            }
        }
    }

    private long randomEntry(Random random) {
        long entry = frames[random.nextInt(frames.length)] | (random.nextInt(0x1000) & ~0x87L);
        entry |= random.nextInt(16) == 0 ? 0 : 1;
        entry |= random.nextInt(4) == 0 ? 0 : 2;
        entry |= random.nextInt(4) == 0 ? 0 : 4;
        if (random.nextInt(6) == 0) {
            entry |= 0x80;
            if (random.nextInt(8) != 0) {
                entry &= ~0x3fff_e000L;
            }
        }
        if (!bits32()) {
            entry |= random.nextInt(16) == 0 ? 1L << 63 : 0;
            entry |= longMode() ? (long) random.nextInt(0x800) << 52 : 0;
        }
        if (random.nextInt(16) == 0) {
            entry ^= 1L << random.nextInt(64);
        }
        return entry;
    }

    /** Where a random entry of a random table stands. */
    long entryAddress(Random random) {
        int size = bits32() ? 4 : 8;
        return frames[random.nextInt(RAM_FRAMES)] + ((long) size * random.nextInt(Frame.SIZE / size));
    }

    /** Puts another random entry somewhere. */
    void rewrite(long address, Random random) {
        memory.write(address, bits32() ? 4 : 8, randomEntry(random));
    }

    boolean present(long address) {
        return (memory.read(address, 4) & 1) != 0;
    }

    /**
     * Makes a PCID current. Its tables are its own, unless global pages are in use: those must be the same everywhere.
     */
    void loadCr3(int pcid) {
        state.cr3 = frames[(state.cr4 & Cr4.PGE) != 0 ? 0 : pcid % RAM_FRAMES] | pcid;
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
        long any = random.nextLong();
        if (!longMode()) {
            return any & 0xffff_ffffL;
        }
        int unused = (state.cr4 & Cr4.LA57) != 0 ? 7 : 16;
        return (any << unused) >> unused;
    }

    /** Everything that a walk may have changed, as one value. */
    long fingerprint() {
        return (memoryFingerprint() * 31) + device.written;
    }

    /** The content of memory as one value. */
    long memoryFingerprint() {
        long sum = 0;
        for (long address : frames) {
            Frame frame = memory.frame(address);
            sum = (sum * 31) + (frame == null ? 0 : java.util.Arrays.hashCode(frame.bytes));
        }
        return sum;
    }

    @Override
    public String toString() {
        return String.format(
                "%s cr0=%x cr3=%x cr4=%x efer=%x pkru=%x",
                limits, state.cr0, state.cr3, state.cr4, state.efer, state.pkru);
    }
}

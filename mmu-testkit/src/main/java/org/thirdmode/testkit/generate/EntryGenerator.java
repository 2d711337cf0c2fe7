package org.thirdmode.testkit.generate;

import java.util.List;
import java.util.Random;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;

/**
 * Entries of guest tables: mostly what a kernel writes, and now and then everything else that the format lets one write:
 * reserved and ignored bits, tables shared between levels, tables that contain themselves, pages of tables, pages where no
 * memory is or none can be written.
 */
public final class EntryGenerator {
    private static final long P = 1;
    private static final long RW = 2;
    private static final long US = 4;
    private static final long A = 0x20;
    private static final long D = 0x40;
    private static final long PS = 0x80;
    private static final long G = 0x100;
    private static final int KEY_SHIFT = 59;
    private static final int XD = 63;

    private final Random random;

    public EntryGenerator(Random random) {
        this.random = random;
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** An entry of a table of a level. */
    public long entry(GuestMode mode, int level) {
        if (oneIn(16)) {
            return 0;
        }
        if (mode == GuestMode.PAE && level == 3) {
            return ((long) any(Frames.tables(2)) << 12) | P;
        }
        long flags = flags(mode, level);
        if (oneIn(30)) {
            // Something odd: any bit turned.
            flags ^= 1L << random.nextInt(mode.entrySize * 8);
        }
        if (level > 1 && oneIn(3)) {
            return largePage(mode, level) | flags | PS;
        }
        return ((level > 1 ? table(level) : page()) << 12) | flags;
    }

    private long flags(GuestMode mode, int level) {
        long flags = P;
        flags |= oneIn(4) ? 0 : RW;
        flags |= oneIn(4) ? 0 : US;
        flags |= oneIn(3) ? 0 : A;
        flags |= oneIn(2) ? 0 : D;
        flags |= level == 1 && oneIn(4) ? G : 0;
        if (mode.entrySize == 8) {
            flags |= oneIn(6) ? 1L << XD : 0;
        }
        if (mode.levels > 3) {
            flags |= (long) random.nextInt(3) << KEY_SHIFT;
        }
        return level > 1 && !oneIn(8) ? flags & ~D : flags;
    }

    private long largePage(GuestMode mode, int level) {
        long region = switch (random.nextInt(8)) {
            case 0, 1 -> 0;
            case 2 -> Frames.HIGH;
            case 3, 4 -> Frames.LARGE + 512;
            default -> Frames.LARGE;
        };
        if (mode == GuestMode.BITS_32) {
            // Of 4 MBytes; beyond 4 GBytes it would take PSE-36's bits.
            return region == Frames.HIGH ? 0 : (region & -1024) << 12;
        }
        return (region & (-1L << (9 * (level - 1)))) << 12;
    }

    /** A frame for a table of the level below: of the custom, of a read-only slot, or any at all. */
    private long table(int level) {
        return switch (random.nextInt(16)) {
            case 0 -> random.nextInt(Frames.RAM);
            case 1 -> Frames.READ_ONLY + random.nextInt(Frames.READ_ONLY_PAGES);
            // The same level, and so itself.
            case 2 -> any(Frames.tables(level));
            default -> any(Frames.tables(level - 1));
        };
    }

    private long page() {
        return switch (random.nextInt(16)) {
            case 0, 1 -> Frames.DEVICE + random.nextInt(4);
            case 2, 3 -> Frames.READ_ONLY + random.nextInt(Frames.READ_ONLY_PAGES);
            case 4, 5, 6 -> 1 + random.nextInt(Frames.DATA);
            case 7 -> Frames.LARGE + random.nextInt(Frames.LARGE_PAGES);
            default -> Frames.DATA + random.nextInt(4);
        };
    }
}

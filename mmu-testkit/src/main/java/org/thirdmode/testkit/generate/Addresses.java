package org.thirdmode.testkit.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.thirdmode.testkit.world.Frames;
import org.thirdmode.testkit.world.GuestMode;

/** Linear addresses that the tables may say something about: a few that come again and again, and any other. */
final class Addresses {
    private static final int HOT = 4;

    private final Random random;
    private final List<Long> hot = new ArrayList<>();
    private GuestMode mode;

    Addresses(Random random, GuestMode mode) {
        this.random = random;
        mode(mode);
    }

    void mode(GuestMode next) {
        mode = next;
        hot.clear();
        for (int n = 1 + random.nextInt(HOT); n > 0; n--) {
            hot.add(hot.isEmpty() || random.nextInt(3) > 0 ? any() : neighbour(hot.getLast()));
        }
    }

    /** An address whose way parts from another's at one level alone: of the same large page, or of the same tables. */
    private long neighbour(long linear) {
        if (mode == GuestMode.NONE) {
            return linear ^ (1L << (12 + random.nextInt(9)));
        }
        int level = 1 + random.nextInt(Math.min(2, mode.levels));
        long others = (long) (mode.entries(level) - 1) << mode.shift(level);
        return mode.linear((linear & ~others) | ((long) index(mode.entries(level), false) << mode.shift(level)));
    }

    List<Long> hot() {
        return hot;
    }

    /** An address, with an offset in its page. */
    long next() {
        long page = random.nextInt(4) > 0 ? hot.get(random.nextInt(hot.size())) : any();
        return page
                | switch (random.nextInt(8)) {
                    case 0 -> 0xffc;
                    case 1 -> random.nextInt(0x1000);
                    default -> 8L * random.nextInt(0x200);
                };
    }

    /** The entries that lie at the ends of a table and of its quarters, and a few beside. */
    int index(int entries, boolean notFirst) {
        int[] some = {0, 1, 2, 3, entries / 2, entries - 1};
        int index = some[random.nextInt(some.length)];
        return notFirst && index == 0 ? 1 : index;
    }

    private long any() {
        if (mode == GuestMode.NONE) {
            long[] pages = {
                random.nextInt(Frames.RAM + 8), Frames.LARGE + random.nextInt(Frames.LARGE_PAGES + 16), Frames.LARGE
            };
            return pages[random.nextInt(pages.length)] << 12;
        }
        if (random.nextInt(6) == 0) {
            return (long) random.nextInt(Frames.RAM) << 12;
        }
        long linear = 0;
        for (int level = 1; level <= mode.levels; level++) {
            linear |= (long) index(mode.entries(level), false) << mode.shift(level);
        }
        return mode.linear(linear);
    }
}

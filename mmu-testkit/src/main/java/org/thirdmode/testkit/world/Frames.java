package org.thirdmode.testkit.world;

import java.util.List;

/**
 * The guest-physical address space of every test, by guest frame.
 *
 * <pre>
 *   0 .. 63            scattered host frames: tables in 1 to 31, data from 32 on
 *   64 .. 67           a slot that can only be read; tables may stand there too
 *   512 .. 1535        host pages of 2 MBytes, where the setup has them
 *   100000200 (hex) .. the same beyond 32 bits of frame number
 * </pre>
 *
 * Everything else is nobody's: a device's. Linear addresses 0 to 0x3ffff are the <em>window</em>: in every address space they
 * map frames 0 to 63 through entry 0 of every table above and the window's page table, so that a guest can always reach its
 * own tables.
 */
public final class Frames {
    private Frames() {}

    public static final int RAM = 64;

    /** The first frame of data; tables are below. */
    public static final int DATA = 32;

    public static final int READ_ONLY = 64;
    public static final int READ_ONLY_PAGES = 4;
    public static final int LARGE = 512;
    public static final int LARGE_PAGES = 1024;
    public static final long HIGH = (1L << 32) + LARGE;
    public static final int HIGH_PAGES = 512;

    /** A frame in no slot. */
    public static final int DEVICE = 0x100;

    /** The window's page table. */
    public static final int WINDOW_TABLE = 1;

    /** Bits of guest-physical and host-physical addresses. */
    public static final int WIDTH = 46;

    private static final List<List<Integer>> TABLES = List.of(
            List.of(),
            List.of(8, 9, 10, 11, 12, 13),
            List.of(16, 17, 18, 19),
            List.of(20, 21),
            List.of(22, 23),
            List.of(24, 25));

    /** The frames that serve as tables of a level, by custom; any frame may be made one. */
    public static List<Integer> tables(int level) {
        return TABLES.get(level);
    }
}

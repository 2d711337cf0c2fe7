package org.thirdmode.pc.loader;

/**
 * The global descriptor table that a loader leaves in guest memory, so that a guest which reloads a segment register before
 * it has a table of its own does not fault. Its selectors are those that most loaders use.
 *
 * <p>Source: SDM 3A "Segment Descriptors".
 */
final class BootGdt {
    /** Flat 32-bit code. */
    static final int CODE_32 = 0x08;

    /** Flat data. */
    static final int DATA = 0x10;

    /** 64-bit code. */
    static final int CODE_64 = 0x18;

    private static final long[] DESCRIPTORS = {
        0, 0x00cf_9b00_0000_ffffL, 0x00cf_9300_0000_ffffL, 0x00af_9b00_0000_ffffL,
    };

    /** Bytes in the table. */
    static final int SIZE = DESCRIPTORS.length * 8;

    private BootGdt() {}

    /** Puts the table at {@code base} of the plan. */
    static void put(LoadPlan plan, long base) {
        for (int i = 0; i < DESCRIPTORS.length; i++) {
            plan.putU64(base + i * 8L, DESCRIPTORS[i]);
        }
    }
}

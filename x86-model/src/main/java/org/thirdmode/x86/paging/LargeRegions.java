package org.thirdmode.x86.paging;

import java.util.Arrays;

/**
 * A rough memory of where pages larger than 4 KBytes have been translated: it may say yes where there is none, never no
 * where there is one. It spares INVLPG of a 4-KByte page the search for parts of a large one.
 */
final class LargeRegions {
    private static final int SMALL_SHIFT = 21;
    private static final int HUGE_SHIFT = 30;
    private static final int MASK = 1023;

    private final boolean[] small = new boolean[MASK + 1];
    private final boolean[] huge = new boolean[MASK + 1];
    private boolean any;

    void add(long linear, int pageShift) {
        any = true;
        if (pageShift == HUGE_SHIFT) {
            huge[(int) (linear >>> HUGE_SHIFT) & MASK] = true;
        } else {
            // A 4-MByte page has two halves.
            int region = (int) (linear >>> SMALL_SHIFT) & MASK;
            small[region] = true;
            small[pageShift == SMALL_SHIFT ? region : region ^ 1] = true;
        }
    }

    boolean mayContain(long linear) {
        return any && (small[(int) (linear >>> SMALL_SHIFT) & MASK] || huge[(int) (linear >>> HUGE_SHIFT) & MASK]);
    }

    void clear() {
        if (any) {
            any = false;
            Arrays.fill(small, false);
            Arrays.fill(huge, false);
        }
    }
}

package org.thirdmode.x86.paging;

import org.thirdmode.x86.tlb.TlbBuffer;

/**
 * Small numbers for address spaces, as tags of modelled caches hold them: for each VPID or ASID with each EPTRTA one. There
 * are {@link TlbBuffer#SPACES}; the one chosen least recently is given away where another is needed, and what was kept
 * under it must go.
 */
final class SpaceNumbers {
    private final boolean[] given = new boolean[TlbBuffer.SPACES];
    private final int[] identifiers = new int[TlbBuffer.SPACES];
    private final long[] roots = new long[TlbBuffer.SPACES];
    private final long[] chosen = new long[TlbBuffer.SPACES];
    private long choices;

    /** After {@link #number}: whether it was another's before. */
    boolean recycled;

    /** The number of a space. */
    int number(int identifier, long root) {
        int least = 0;
        for (int n = 0; n < TlbBuffer.SPACES; n++) {
            if (given[n] && identifiers[n] == identifier && roots[n] == root) {
                recycled = false;
                chosen[n] = ++choices;
                return n;
            }
            if (chosen[n] < chosen[least]) {
                least = n;
            }
        }
        recycled = given[least];
        given[least] = true;
        identifiers[least] = identifier;
        roots[least] = root;
        chosen[least] = ++choices;
        return least;
    }

    /** Whether a number is given to a space of that VPID or ASID. */
    boolean isOf(int number, int identifier) {
        return given[number] && identifiers[number] == identifier;
    }

    /** Whether a number is given to a guest's space. */
    boolean isGuest(int number) {
        return given[number] && identifiers[number] != 0;
    }

    /** Whether a number is given to a space of that EPTRTA. */
    boolean hasRoot(int number, long root) {
        return given[number] && roots[number] == root;
    }
}

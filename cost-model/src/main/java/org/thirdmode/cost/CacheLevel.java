package org.thirdmode.cost;

/**
 * A cache of data.
 *
 * @param kilobytes its size in KiB
 * @param ways associativity
 * @param line bytes of a line
 */
public record CacheLevel(int kilobytes, int ways, int line, String source, Certainty certainty) {
    public CacheLevel {
        int lines = kilobytes * 1024 / line;
        if (lines % ways != 0) {
            throw new IllegalArgumentException(kilobytes + " KiB in " + ways + " ways of lines of " + line
                    + " bytes: expected a whole number of sets");
        }
    }

    /** How many lines may have the same index. */
    public int sets() {
        return kilobytes * 1024 / line / ways;
    }
}

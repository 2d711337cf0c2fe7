package org.thirdmode.x86.tlb;

/**
 * What one structure has counted.
 *
 * @param structure its name in the geometry
 * @param lookups times it was asked
 * @param hits times it knew
 * @param fills entries put in
 */
public record TlbCount(String structure, long lookups, long hits, long fills) {
    public long misses() {
        return lookups - hits;
    }
}

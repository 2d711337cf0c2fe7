package org.thirdmode.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where references hit. */
class CachesOfAProfile {
    /** Lines of 256 bytes: two sets of two ways, then two sets of eight. */
    private static final List<CacheLevel> SMALL = List.of(level(1, 2), level(4, 8));

    private final ModelledCaches caches = new ModelledCaches(SMALL);

    private static CacheLevel level(int kilobytes, int ways) {
        return new CacheLevel(kilobytes, ways, 256, "test", Certainty.ASSUMED);
    }

    private Map<Quantity, Long> counts() {
        Map<Quantity, Long> counts = new EnumMap<>(Quantity.class);
        caches.addTo(counts);
        return counts;
    }

    @Test
    void aLineIsInMemoryFirstAndInTheFirstLevelThen() {
        caches.accessed(0x100, 8, false);
        caches.accessed(0x108, 8, true);
        assertEquals(1, counts().get(Quantity.DATA_MEMORY));
        assertEquals(1, counts().get(Quantity.DATA_L1));
    }

    @Test
    void theLineUsedLongestAgoLeavesItsSet() {
        long line = SMALL.getFirst().line();
        // Lines 0, 2 and 4 share the first set of two ways; 0 is used again before 4 comes, so 2 leaves.
        for (long each : new long[] {0, 2, 0, 4, 0, 2}) {
            caches.accessed(each * line, 1, false);
        }
        assertEquals(3, counts().get(Quantity.DATA_MEMORY));
        assertEquals(2, counts().get(Quantity.DATA_L1));
        // Line 2 is still in the second level.
        assertEquals(1, counts().get(Quantity.DATA_L2));
        assertEquals(0, counts().get(Quantity.DATA_L3));
    }

    @Test
    void anAccessAcrossLinesIsTwoReferences() {
        long line = SMALL.getFirst().line();
        caches.accessed(line - 1, 2, false);
        assertEquals(2, counts().get(Quantity.DATA_MEMORY));
    }

    @Test
    void tablesOfBothDimensionsAndDataShareTheLines() {
        caches.accessed(0, 8, false);
        caches.tableReference(1, 0x5000, 8, 0);
        caches.nestedReference(1, 1, 16, 0);
        assertEquals(1, counts().get(Quantity.TABLE_L1));
        assertEquals(1, counts().get(Quantity.NESTED_L1));
    }

    @Test
    void linesOfOneSizeAreExpected() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new ModelledCaches(List.of(
                        new CacheLevel(32, 8, 64, "test", Certainty.ASSUMED),
                        new CacheLevel(256, 8, 128, "test", Certainty.ASSUMED))));
        assertThrows(IllegalArgumentException.class, () -> new ModelledCaches(List.of()));
    }

    @Test
    void everyProfileDescribesItsCaches() {
        for (Profile profile : Profiles.all().values()) {
            assertFalse(profile.caches().isEmpty(), profile.name());
            new ModelledCaches(profile.caches());
        }
    }

    /** A reference costs what the level takes where it hit; the average then counts for nothing. */
    @Test
    void aReferenceIsPricedWhereItHit() throws Exception {
        Profile haswell = Profiles.find("haswell");
        Counts without = new Counts(
                "w",
                "bare",
                new Counts.Conditions(Counts.Extension.NONE, false, "haswell", ""),
                Map.of(Quantity.TABLE_REFERENCES, 3L),
                List.of());
        ModelledCaches of = new ModelledCaches(haswell.caches());
        of.tableReference(1, 0, 0, 0);
        of.tableReference(1, 0, 8, 0);
        of.tableReference(1, 0, 16, 0);
        Cost cost = Cost.of(ModelledCaches.added(without, "haswell", List.of(of)), haswell);
        assertEquals(
                haswell.quote(Figure.MEMORY_LATENCY).value().longValueExact()
                        + 2 * haswell.quote(Figure.L1_LATENCY).value().longValueExact(),
                cost.of(Part.PAGE_WALKS));
        assertEquals(
                List.of("References to tables and data where each one hit in the profile's caches."), cost.notes());
    }
}

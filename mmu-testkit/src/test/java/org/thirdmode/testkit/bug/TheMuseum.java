package org.thirdmode.testkit.bug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.thirdmode.testkit.bug.Museum.Exhibit;

/** The table of bugs and the switches agree, and every bug that can be switched on is caught. */
class TheMuseum {
    private static final long SOON = 300;

    @Test
    void hasASwitchOrAReasonForEachBug() {
        for (Exhibit exhibit : Museum.exhibits()) {
            assertEquals(exhibit.bug().isEmpty(), !exhibit.reason().isEmpty(), exhibit.id());
            assertEquals(exhibit.bug().isPresent(), exhibit.tries().matches("[0-9]+"), exhibit.id());
            assertTrue(exhibit.invariants().matches("(I([1-9]|1[0-5]) ?)+"), exhibit.id());
        }
    }

    @Test
    void listsEachBugOnce() {
        List<String> ids = Museum.exhibits().stream().map(Exhibit::id).toList();
        assertEquals(55, ids.size());
        assertEquals(new TreeSet<>(ids).size(), ids.size());
        Set<String> switches = Arrays.stream(Bug.values()).map(bug -> bug.id).collect(Collectors.toSet());
        assertTrue(ids.containsAll(switches));
    }

    /** Those that take longer are for {@code thirdmode bugs hunt}. */
    private static Stream<Bug> soonCaught() {
        return Arrays.stream(Bug.values()).filter(bug -> tries(bug) <= SOON);
    }

    private static long tries(Bug bug) {
        return Long.parseLong(Museum.find(bug.id).orElseThrow().tries());
    }

    @ParameterizedTest
    @MethodSource("soonCaught")
    void catchesEach(Bug bug) {
        assertNotNull(Hunt.run(bug, 0, 10 * SOON), bug.id);
    }

    @Test
    void hasNoneThatTakesMoreThanTenThousandGuests() {
        assertTrue(Arrays.stream(Bug.values()).allMatch(bug -> tries(bug) <= 10_000));
    }
}

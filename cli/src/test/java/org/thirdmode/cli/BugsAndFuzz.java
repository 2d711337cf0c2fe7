package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code thirdmode bugs} and {@code thirdmode fuzz}. */
class BugsAndFuzz {
    private static CommandLineCase of(String... arguments) {
        return CommandLineCase.of(new BareMachine(), arguments);
    }

    @Test
    void theMuseumIsATable() throws IOException {
        assertEquals(56, of("bugs").out().lines().count());
        assertEquals(55, new ObjectMapper().readTree(of("bugs", "--json").out()).size());
    }

    @Test
    void aBugIsAStoryWithTheSmallestGuestThatShowsIt() {
        CommandLineCase story = of("bugs", "show", "XSA-408");
        assertEquals(0, story.status(), story::err);
        assertTrue(story.out().startsWith("Xen (CVE-2022-33745), XSA-408:"), story::out);
        assertTrue(story.out().contains("I10: What the hardware may still have cached"), story::out);
        assertTrue(story.out().contains("the dirty log of "), story::out);
        assertTrue(story.out().contains("the guest's tables, linear "), story::out);
    }

    @Test
    void aBugThatCannotBeSwitchedOnTellsWhy() {
        assertTrue(
                of("bugs", "show", "CVE-2021-47230").out().contains("It cannot be switched on: there is no system-"));
        assertEquals(2, of("bugs", "hunt", "CVE-2021-47230").status());
    }

    @Test
    void aHuntIsTheSameForTheSameSeed() {
        CommandLineCase hunt = of("bugs", "hunt", "CVE-2022-26362", "--seed", "7");
        assertEquals(0, hunt.status(), hunt::err);
        assertEquals(hunt, of("bugs", "hunt", "CVE-2022-26362", "--seed", "7"));
        assertEquals(1, of("bugs", "hunt", "898761158be7", "--tries", "1").status());
        assertTrue(of("bugs", "hunt", "XSA-408", "--repeat", "2").out().contains("caught 2 times of 2"));
    }

    @Test
    void aBugOfAProcessorIsAStoryToo() {
        CommandLineCase story = of("bugs", "show", "bochs-4d0a5c1b0");
        assertEquals(0, story.status(), story::err);
        assertTrue(story.out().contains("I15: Exit information equals"), story::out);
        assertTrue(story.out().contains("where the processor says a violation"), story::out);
    }

    @Test
    void nestedPagingIsFuzzedToo() {
        CommandLineCase fuzz = of("fuzz", "--mmu", "nested", "--seed", "3", "--guests", "20");
        assertEquals(0, fuzz.status(), fuzz::out);
        assertTrue(fuzz.out().startsWith("20 guests of 50 actions each on nested"), fuzz::out);
    }

    @Test
    void fuzzingASoundMmuFindsNothing() {
        CommandLineCase fuzz = of("fuzz", "--mmu", "unsync", "--seed", "3", "--guests", "20");
        assertEquals(0, fuzz.status(), fuzz::out);
        assertEquals("20 guests of 50 actions each on unsync, from seed 3: every invariant held.\n", fuzz.out());
        assertEquals("fuzzing unsync\n", fuzz.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fuzz",
                "fuzz --mmu bare",
                "fuzz --mmu naive --time soon",
                "fuzz --mmu naive --guests 0",
                "bugs show nothing",
                "bugs hunt XSA-408 --tries 0",
                "bugs hunt XSA-408 --repeat -1",
                "bugs hunt XSA-408 --seed first"
            })
    void aMistakeIsOneLine(String line) {
        CommandLineCase mistake = of(line.split(" "));
        assertEquals(2, mistake.status());
        assertTrue(mistake.err().lines().count() <= 2, mistake::err);
    }
}

package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --price}, {@code --record}, {@code thirdmode price} and {@code thirdmode profiles}. */
class PricingRuns {
    @TempDir
    private Path folder;

    private static CommandLineCase run(String... arguments) {
        return CommandLineCase.of(new BareMachine(), arguments);
    }

    private static CommandLineCase fork(String... more) {
        String[] arguments = {"run", "mini64", "--workload", "fork processes=2 rounds=1", "--mmu", "cached"};
        String[] all = new String[arguments.length + more.length];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return run(all);
    }

    @Test
    void aRunIsPricedOnStandardErrorAndItsAssumptionsAreTold() {
        CommandLineCase done = fork("--price", "prescott");
        assertEquals(0, done.status());
        assertTrue(done.err().contains("exits, hypervisor"), done.err());
        assertTrue(done.err().contains("Assumed, not published, of prescott: instruction 1.5"), done.err());
        assertFalse(done.err().contains("round-trip"), "the round trip of a Pentium 4 is published");
        assertFalse(done.out().contains("prescott"));
    }

    @Test
    void withCachesReferencesArePricedWhereTheyHitAndTheReportSaysSo() {
        CommandLineCase average = fork("--price", "haswell");
        assertTrue(average.err().contains("References to tables at the profile's average."), average.err());
        CommandLineCase modelled = fork("--price", "haswell", "--caches", "haswell");
        assertEquals(0, modelled.status());
        assertTrue(
                modelled.err().contains("References to tables and data where each one hit in the profile's caches."),
                modelled.err());
        assertFalse(modelled.err().contains("table-reference"), "an average that nothing is priced by");
        CommandLineCase useless = fork("--caches", "haswell");
        assertEquals(2, useless.status());
        assertEquals(1, useless.errorLines());
        assertTrue(
                fork("--price", "haswell", "--caches", "hasswell").err().contains("--caches hasswell: is no profile"));
    }

    @Test
    void aRecordedRunIsPricedUnderEveryProfileWithoutRunningAgain() throws IOException {
        Path file = folder.resolve("run.json");
        assertEquals(0, fork("--record", file.toString()).status());
        CommandLineCase priced = run("price", file.toString(), "--json");
        assertEquals(0, priced.status());
        JsonNode costs = new ObjectMapper().readTree(priced.out());
        assertEquals(10, costs.size());
        for (JsonNode cost : costs) {
            long sum = 0;
            for (JsonNode part : cost.get("parts")) {
                sum += part.asLong();
            }
            assertEquals(cost.get("cycles").asLong(), sum);
            assertTrue(cost.get("parts").get("exits, hardware").asLong() > 0);
        }
        CommandLineCase csv = run("price", file.toString(), "--csv", "--profile", "haswell,zen2");
        assertEquals(3, csv.out().lines().count());
        assertTrue(run("price", file.toString(), "--reasons").out().contains("Control-register accesses"));
    }

    @Test
    void theRecordedRunPricesAsTheRunDid() throws IOException {
        Path file = folder.resolve("run.json");
        CommandLineCase done = fork("--record", file.toString(), "--price", "westmere");
        String table = run("price", file.toString(), "--profile", "westmere").out();
        assertTrue(done.err().endsWith(table), done.err());
    }

    @Test
    void aFileOfAnotherVersionIsRefusedInOneLine() throws IOException {
        Path file = folder.resolve("run.json");
        Files.writeString(file, "{\"format\": \"thirdmode counts\", \"version\": 99, \"runs\": []}");
        CommandLineCase refused = run("price", file.toString());
        assertEquals(2, refused.status());
        assertEquals(1, refused.errorLines());
        assertTrue(refused.err().contains("is of version 99, this program reads version"), refused.err());
    }

    @Test
    void anUnknownProfileListsTheKnown() {
        CommandLineCase refused = fork("--price", "zen9");
        assertEquals(2, refused.status());
        assertEquals(1, refused.errorLines());
        assertTrue(refused.err().contains("--price zen9: is no profile; valid are prescott, merom,"), refused.err());
    }

    @Test
    void aProfileWithAMistakeIsToldByLineAndColumn() throws IOException {
        Path file = folder.resolve("mine.yaml");
        Files.writeString(file, "name: mine\ntitel: Mine\n");
        CommandLineCase refused = fork("--price", file.toString());
        assertEquals(2, refused.status());
        assertTrue(refused.err().contains("mine.yaml:2:1: unknown key 'titel'; valid are name, title,"), refused.err());
    }

    @Test
    void aProfileIsShownFigureByFigure() {
        CommandLineCase shown = run("profiles", "show", "prescott");
        assertEquals(0, shown.status());
        assertTrue(
                shown.out()
                        .lines()
                        .anyMatch(line -> line.matches("round-trip +3963 cycles +published +Agesen et al.*")),
                shown.out());
        assertEquals(11, run("profiles").out().lines().count());
    }

    @Test
    void aRestoredMachineHasNoCountsOfBefore() throws IOException {
        Path file = folder.resolve("m.save");
        Files.createFile(file);
        CommandLineCase refused = run("run", "--restore", file.toString(), "--price", "haswell");
        assertEquals(2, refused.status());
        assertTrue(refused.err().contains("leave out --price and --record"), refused.err());
    }
}

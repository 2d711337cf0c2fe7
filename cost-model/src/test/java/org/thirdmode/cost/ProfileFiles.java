package org.thirdmode.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;
import org.thirdmode.x86.profile.CpuProfile;

/** Profiles as data files: the bundled ones, and mistakes in those that people write. */
class ProfileFiles {
    private static String haswell() throws IOException {
        try (InputStream in = Profiles.class.getResourceAsStream("profiles/haswell.yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String mistake(String text) {
        return assertThrows(DataException.class, () -> ProfileReader.read(DataFile.parse("my.yaml", text)))
                .getMessage();
    }

    private static int lineOf(String text, String part) {
        return (int) text.substring(0, text.indexOf(part)).lines().count();
    }

    @Test
    void everyBundledOneCanBeRead() {
        Map<String, Profile> all = Profiles.all();
        assertEquals(10, all.size());
        all.forEach((name, profile) -> assertEquals(name, profile.name()));
    }

    /** Agesen et al., USENIX ATC 2012, Table 1. */
    @ParameterizedTest
    @CsvSource({"prescott, 3963", "merom, 1579", "penryn, 1266", "nehalem, 1009", "westmere, 761", "sandybridge, 784"})
    void theRoundTripIsThePublishedOne(String name, BigDecimal cycles) {
        Quote quote = Profiles.all().get(name).quote(Figure.ROUND_TRIP);
        assertEquals(cycles, quote.value());
        assertEquals(Certainty.PRIMARY, quote.certainty());
    }

    /** Adams and Agesen, ASPLOS 2006, Table 1. */
    @ParameterizedTest
    @CsvSource({"prescott, 178, 171, 2409, 1931", "merom, 52, 44, 937, 1186"})
    void accessesOfTheVmcsAreThePublishedOnes(
            String name, BigDecimal read, BigDecimal write, BigDecimal entry, BigDecimal exit) {
        Profile profile = Profiles.all().get(name);
        assertEquals(read, profile.quote(Figure.CONTROL_READ).value());
        assertEquals(write, profile.quote(Figure.CONTROL_WRITE).value());
        assertEquals(entry, profile.remarks().get("vm-entry").value());
        assertEquals(exit, profile.remarks().get("vm-exit-page-fault").value());
    }

    @Test
    void aProfileOfAModelledProcessorHasItsExtensionAndItsTlbs() {
        Profiles.all().values().stream().filter(p -> !p.processor().isEmpty()).forEach(profile -> {
            CpuProfile processor = CpuProfile.named().get(profile.processor());
            assertTrue(
                    processor.has(org.thirdmode.x86.profile.Feature.valueOf(
                            profile.extension().name())),
                    profile.name());
            assertEquals(processor.tlbs(), profile.tlbs());
        });
    }

    @Test
    void anUnknownNameListsTheKnown() {
        assertEquals(
                "zen9: is no profile; valid are prescott, merom, penryn, barcelona, nehalem, westmere, sandybridge,"
                        + " haswell, skylake, zen2, or a file FILE.yaml",
                assertThrows(DataException.class, () -> Profiles.find("zen9")).getMessage());
    }

    @Test
    void aFileOfOnesOwnIsRead(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("mine.yaml");
        Files.writeString(
                file,
                haswell()
                        .replace("name: haswell", "name: mine")
                        .replace("value: 700, unit: cycles", "value: 400, unit: cycles"));
        Profile mine = Profiles.find(file.toString());
        assertEquals("mine", mine.name());
        assertEquals(new BigDecimal(400), mine.quote(Figure.ROUND_TRIP).value());
    }

    @Test
    void aFileThatDoesNotExistIsToldInOneLine() {
        assertEquals(
                "none.yaml: does not exist",
                assertThrows(DataException.class, () -> Profiles.find("none.yaml"))
                        .getMessage());
    }

    @Test
    void anUnknownKeyListsTheValidOnes() throws IOException {
        String text = haswell().replace("  round-trip:", "  roundtrip:");
        String message = mistake(text);
        assertTrue(
                message.startsWith("my.yaml:" + (lineOf(text, "  roundtrip:") + 1)
                        + ":3: unknown key 'roundtrip'; valid are instruction, fault-delivery, walk,"),
                message);
    }

    @Test
    void aFigureThatIsMissingIsNamed() throws IOException {
        String text = haswell();
        int from = text.indexOf("  walk:");
        String message = mistake(text.substring(0, from) + text.substring(text.indexOf("  table-reference:")));
        assertTrue(message.endsWith(": 'walk' is missing"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{value: 1, unit: cycles, certainty: primary} | 'source' is missing",
                "{value: 1, certainty: primary, source: x} | 'unit' is missing",
                "{value: 1, unit: cycles, source: x} | 'certainty' is missing",
                "{unit: cycles, certainty: primary, source: x} | 'value' is missing",
                "{value: 1, unit: ns, certainty: primary, source: x} | 'ns' is unknown; valid are cycles",
                "{value: 1, unit: cycles, certainty: sure, source: x} | 'sure' is unknown; valid are primary, figure,"
                        + " secondary, measured, assumed",
                "{value: 1e9, unit: cycles, certainty: primary, source: x} | '1e9' is no number; write it as 1234 or 12.5",
                "{value: -1, unit: cycles, certainty: primary, source: x} | -1 is out of range; valid are 0 to 100000000",
                "{value: 1.5, unit: cycles, certainty: primary, source: x} | 1.5 has more than 0 places after the point",
                "{value: 1, unit: cycles, certainty: primary, source: ''} | is empty, expected words",
                "{value: 1, unit: cycles, certainty: primary, source: x, note: y} | unknown key 'note'; valid are value,"
                        + " unit, source, certainty",
                "[1, 2] | is a list, expected keys with values",
                "700 | is '700', expected keys with values",
                "&a {value: 1, unit: cycles, certainty: primary, source: x} | anchors, aliases and tags are not used in data"
                        + " files"
            })
    void aFigureMustBeWhole(String figure, String complaint) throws IOException {
        String text = haswell();
        int from = text.indexOf("  round-trip:");
        String message = mistake(text.substring(0, from) + "  round-trip: " + figure + "\n"
                + text.substring(text.indexOf("  control-read:")));
        assertTrue(message.startsWith("my.yaml:" + (lineOf(text, "  round-trip:") + 1) + ":"), message);
        assertTrue(message.endsWith(": " + complaint), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | my.yaml:1:1: is empty",
                "'[1' | my.yaml:1:",
                "'a: 1' | my.yaml:1:1: unknown key 'a'",
                "'name: a\nname: b' | my.yaml:2:1: 'name' is given twice",
                "'name: a\n---\nb: 1' | my.yaml:",
                "'*x' | my.yaml:1:"
            })
    void whatIsNoProfileIsToldWithLineAndColumn(String text, String beginning) {
        String message = mistake(text);
        assertTrue(message.startsWith(beginning), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void nestingHasAnEnd() {
        assertTrue(mistake("[".repeat(10_000)).startsWith("my.yaml:1:"));
    }
}

package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.guests.GuestCatalogue;

/** {@code thirdmode svm}, {@code thirdmode vmcb check}, and a hypervisor of SVM as a guest. */
class SvmCommands {
    private static CommandLineCase of(String... arguments) {
        return CommandLineCase.of(new BareMachine(), arguments);
    }

    @ParameterizedTest
    @CsvSource({"intercepts, 165", "fields, 105", "checks, 22", "exits, 171", "features, 16"})
    void aTableIsPrintedAsTextAndAsJson(String table, int rows) throws IOException {
        CommandLineCase text = of("svm", table);
        assertEquals(0, text.status());
        assertEquals(rows + 1, text.out().lines().count());
        JsonNode json = new ObjectMapper().readTree(of("svm", table, "--json").out());
        assertEquals(rows, json.size());
    }

    @Test
    void aVmcbWithNothingWrongExitsWith0(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("vmcb");
        Files.writeString(file, valid());
        CommandLineCase check = of("vmcb", "check", file.toString(), "--cpu", "zen2", "--address-width", "48");
        assertEquals(0, check.status(), check::out);
        assertTrue(check.out().contains("\nno check fails\n"));
    }

    private static String valid() {
        return """
                EFER = 0x1d01
                CR0 = 0x80010033
                CR3 = 0x1000
                CR4 = 0x6f0
                DR6 = 0xffff0ff0
                DR7 = 0x400
                CS_ATTRIBUTES = 0xa9b
                INTERCEPT_MISC2 = 1
                MSRPM_BASE_PA = 0x2000
                IOPM_BASE_PA = 0x4000
                ASID = 1
                EVENTINJ = 0
                TLB_CONTROL = 0
                NESTED_CONTROL = 0
                N_CR3 = 0
                G_PAT = 0
                """;
    }

    @Test
    void everyFailingCheckIsToldWithItsSmallestChange(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("vmcb");
        Files.writeString(file, valid().replace("0x1d01", "0xd01").replace("ASID = 1", "ASID = 0"));
        CommandLineCase check = of("vmcb", "check", file.toString());
        assertEquals(1, check.status());
        assertTrue(check.out().contains("""
                                FAILS efer.svme: EFER.SVME is zero
                                  section   APM 2 "Canonicalization and Consistency Checks"
                                  found     EFER = 0x0000000000000d01
                                  required  EFER.SVME (bit 12) = 1
                                  change    EFER: set bit 12 (0x0000000000000d01 -> 0x0000000000001d01)
                                """), check::out);
        assertTrue(check.out().contains("FAILS asid.zero"));
        assertTrue(check.out().contains("2 fail, 20 hold, 0 cannot be decided"), check::out);
    }

    @Test
    void aMalformedVmcbIsAMistakeOfOneLine(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("vmcb");
        Files.writeString(file, "EFER = 0x1d01\nCR0 = a lot\n");
        CommandLineCase check = of("vmcb", "check", file.toString());
        assertEquals(2, check.status());
        assertEquals(1, check.errorLines());
        assertTrue(check.err().contains("line 2:"), check::err);
    }

    @Test
    void helloSvmPrintsWhatItPrintsUnderQemu() {
        String transcript = GuestCatalogue.find("hello-svm").orElseThrow().transcript();
        for (String processor : List.of("zen2", "barcelona", "generic-amd")) {
            CommandLineCase run = of("run", "hello-svm", "--cpu", processor);
            assertEquals(0, run.status(), run::err);
            assertEquals(transcript, run.out().replace("\r", ""));
        }
    }

    @Test
    void theTraceTellsEachEntryAndExit(@TempDir Path folder) throws IOException {
        Path trace = folder.resolve("trace");
        of("run", "hello-svm", "--cpu", "zen2", "--trace", trace.toString());
        List<String> lines = Files.readAllLines(trace);
        assertEquals(
                41,
                lines.stream().filter(line -> line.contains("\tVMRUN VMCB=")).count());
        assertEquals(
                35,
                lines.stream().filter(line -> line.contains("\t#VMEXIT IOIO ")).count());
        assertEquals(
                1,
                lines.stream().filter(line -> line.contains("\t#VMEXIT HLT ")).count());
        // 2-MByte pages in both dimensions: 4 x 4 - 1 references.
        List<String> walks = lines.stream()
                .filter(line -> line.contains("\tnested page walk gva "))
                .toList();
        assertFalse(walks.isEmpty());
        walks.forEach(line -> assertTrue(line.contains(": 15 references: nL4["), line));
        assertFalse(lines.stream().anyMatch(line -> line.contains("cannot be read")));
    }

    @Test
    void aProcessorWithoutSvmSaysSo() {
        CommandLineCase run = of("run", "hello-svm", "--cpu", "skylake");
        assertEquals(1, run.status());
        assertTrue(run.out().startsWith("This processor has no SVM"), run::out);
    }
}

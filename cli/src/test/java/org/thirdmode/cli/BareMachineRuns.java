package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.guests.GuestCatalogue;

/** The command line with the machine behind it: bundled kernels, and programs of a few bytes in real mode. */
class BareMachineRuns {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"hello16", "hello32", "hellopae", "hello64"})
    void aBundledKernelPrintsItsTranscriptAndEndsWith0(String name) {
        CommandLineCase run = CommandLineCase.of(new BareMachine(), "run", "--on", "bare", name);
        assertEquals(GuestCatalogue.find(name).orElseThrow().transcript(), run.out());
        assertEquals(0, run.status(), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello16", "hello32", "hellopae", "hello64"})
    void theDetailedProcessorComputesTheSame(String name) {
        CommandLineCase fast = CommandLineCase.of(new BareMachine(), "run", name);
        CommandLineCase detailed = CommandLineCase.of(new BareMachine(), "run", name, "--fidelity", "detailed");
        assertEquals(fast.out(), detailed.out());
        assertEquals(instructions(fast), instructions(detailed));
    }

    @Test
    void theDetailedProcessorCountsItsTlbs() {
        CommandLineCase detailed = CommandLineCase.of(new BareMachine(), "run", "hello64", "--fidelity", "detailed");
        assertTrue(detailed.err().contains("L1D hits"), detailed.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "kvm"})
    void aBudgetCountsInstructionsWhateverTheyTake(String platform) {
        CommandLineCase run = CommandLineCase.of(
                new BareMachine(),
                "run",
                "hello64",
                "--on",
                platform,
                "--max-instructions",
                "1000",
                "--instruction-time",
                "7");
        assertEquals(124, run.status());
        assertTrue(run.err().contains("1,000") && run.err().contains("7,000"), run.err());
    }

    @Test
    void theCommandLineReachesTheKernel() {
        CommandLineCase run = CommandLineCase.of(new BareMachine(), "run", "bench-alu", "--append", "n=1000");
        assertEquals(GuestCatalogue.find("bench-alu").orElseThrow().shortTranscript(), run.out());
    }

    @Test
    void theValueWrittenToPortF4IsTheStatus() throws IOException {
        assertEquals(7, program("b0 07 e6 f4").status()); // mov al, 7; out 0xf4, al
        assertEquals(0, program("b0 00 e6 f4").status());
    }

    @Test
    void aTripleFaultIs125() throws IOException {
        assertEquals(125, program("0f 01 1e 00 20 cd 03").status()); // lidt of zeros; int 3
    }

    @Test
    void haltingWithInterruptsDisabledEndsTheRun() throws IOException {
        CommandLineCase run = program("fa f4"); // cli; hlt
        assertEquals(0, run.status());
        assertTrue(run.err().contains("the guest halted for good"), run.err());
    }

    @Test
    void theBudgetEndsAnEndlessLoopAtTheExactInstruction() throws IOException {
        JsonNode stats = stats("eb fe", "--max-instructions", "123457"); // jmp $
        assertEquals(123_457, stats.at("/counts/instructions").asLong());
        assertEquals(124, stats.at("/outcome/status").asInt());
    }

    @Test
    void theBudgetCountsNoTimeAsleep() throws IOException {
        JsonNode stats = stats("fb f4 eb fd", "--max-instructions", "1000"); // sti; again: hlt; jmp again
        assertEquals(1000, stats.at("/counts/instructions").asLong());
        assertTrue(stats.at("/counts/ticks").asLong() > 1_000_000, stats.toString());
    }

    @Test
    void aGuestThatSleepsForEverDoesNotOutliveItsBudget() throws IOException {
        // Masks every interrupt, then sti; hlt.
        JsonNode stats = stats("b0 ff e6 21 e6 a1 fb f4", "--max-instructions", "1000");
        assertTrue(stats.at("/counts/instructions").asLong() < 1000, stats.toString());
    }

    @Test
    void aTraceHasALineForEachInstructionAndChangesNothing() throws IOException {
        Path trace = folder.resolve("trace.txt");
        CommandLineCase plain = CommandLineCase.of(new BareMachine(), "run", "hello16");
        CommandLineCase traced = CommandLineCase.of(new BareMachine(), "run", "hello16", "--trace", trace.toString());
        assertEquals(plain, traced);
        List<String> lines = Files.readAllLines(trace);
        assertEquals("1\t0000:7c00\tfa\tcli", lines.getFirst());
        assertEquals(instructions(plain), lines.size());
    }

    @Test
    void theDebugConsoleGoesToItsFile() throws IOException {
        Path file = folder.resolve("debug.txt");
        program("b0 41 e6 e9 b0 00 e6 f4", "--debug-console", file.toString()); // 'A' to port 0xe9
        assertEquals("A", Files.readString(file));
    }

    @Test
    void theScreenIsPrintedAtTheEnd() throws IOException {
        // mov ax, 0xb800; mov es, ax; mov byte [es:0], 'S'; mov al, 0; out 0xf4, al
        CommandLineCase run = program("b8 00 b8 8e c0 26 c6 06 00 00 53 b0 00 e6 f4", "--screen");
        assertTrue(run.err().startsWith("S"), run.err());
    }

    @Test
    void anImageOfAnUnknownKindIsToldInOneLine() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "no kernel\n");
        refused(text + ": offset 0x0: found no multiboot header", text.toString());
    }

    @Test
    void memoryThatNoBoardHasIsToldInOneLine() {
        refused("--memory 640K: expected a multiple of 1M", "hello32", "--memory", "640K");
        refused("--memory 0: expected a multiple of 1M", "hello32", "--memory", "0");
    }

    @Test
    void anUnknownProcessorListsTheKnownOnes() {
        refused("--cpu 486: is unknown; valid are generic, ", "hello32", "--cpu", "486");
    }

    @Test
    void aFileThatIsNoRomIsToldInOneLine() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "no rom\n");
        refused(text + ": ", "--bios", text.toString());
    }

    @Test
    void aMissingModuleIsToldInOneLine() {
        refused("/none: there is no such file", "hello32", "--module", "/none with words");
    }

    private static long instructions(CommandLineCase run) {
        String count = run.err()
                .lines()
                .filter(line -> line.startsWith("instructions"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(count.replaceAll("[^0-9]", ""));
    }

    private static void refused(String words, String... arguments) {
        CommandLineCase run = run(List.of(arguments));
        assertEquals(2, run.status(), run.err());
        assertTrue(run.err().contains(words), run.err());
        assertEquals(1, run.errorLines(), run.err());
    }

    private JsonNode stats(String code, String... options) throws IOException {
        Path file = folder.resolve("stats.json");
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(List.of("--stats", file.toString()));
        program(code, all.toArray(String[]::new));
        return new ObjectMapper().readTree(Files.readString(file));
    }

    /** Runs a program of a few bytes in real mode at 0000:1000. */
    private CommandLineCase program(String code, String... options) throws IOException {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(code);
        Path file = Files.write(folder.resolve("program.bin"), bytes);
        List<String> all = new ArrayList<>(List.of("--raw", "0x1000", file.toString()));
        all.addAll(List.of(options));
        return run(all);
    }

    private static CommandLineCase run(List<String> arguments) {
        List<String> all = new ArrayList<>(arguments);
        all.addFirst("run");
        return CommandLineCase.of(new BareMachine(), all.toArray(String[]::new));
    }
}

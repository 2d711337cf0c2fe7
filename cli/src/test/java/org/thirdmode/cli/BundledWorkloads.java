package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.guests.Workload;

/** The mini-kernel prints on the bare machine what it prints under QEMU: every workload, every way of paging. */
class BundledWorkloads {
    @TempDir
    private Path folder;

    static Stream<Arguments> workloads() {
        return GuestCatalogue.images().stream()
                .filter(GuestImage::takesWorkloads)
                .flatMap(image -> Workload.all().stream().map(workload -> arguments(image.name(), workload)));
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void aWorkloadPrintsItsTranscript(String name, Workload workload) {
        CommandLineCase run = run(name, workload.commandLine());
        assertEquals(transcript(name, workload), run.out());
        assertEquals(workload.status(), run.status(), run.err());
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void theDetailedProcessorComputesTheSame(String name, Workload workload) {
        CommandLineCase run = run(name, workload.commandLine(), "--fidelity", "detailed");
        assertEquals(transcript(name, workload), run.out());
        assertEquals(workload.status(), run.status(), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mini32", "minipae", "mini64"})
    void withoutAWorkloadTheKernelListsThem(String name) {
        CommandLineCase run = run(name, "");
        assertEquals(GuestCatalogue.find(name).orElseThrow().transcript(), run.out());
        assertEquals(0, run.status(), run.err());
    }

    @ParameterizedTest
    @CsvSource({
        "workload=nope, nope: no such workload; without workload=... the kernel lists them, 2",
        "workload=fork round=3, round=3: this workload has no such parameter, 2",
        "workload=fork rounds=0, rounds=0: out of range, 2",
        "workload=switch processes=65, processes=65: out of range, 2",
        "workload=gups pages=3000, pages: this workload wants a power of two, 2",
        "workload=cow pages=16384, 'out of memory: give the machine more, or the workload less', 4"
    })
    void whatCannotBeDoneIsToldInOneLine(String commandLine, String line, int status) {
        CommandLineCase run = run("mini64", commandLine);
        assertTrue(run.out().endsWith(line + "\n"), run.out());
        assertEquals(status, run.status());
    }

    /** The kernel runs as many processes as it says, however short their quantum, and leaks no frame. */
    @ParameterizedTest
    @ValueSource(strings = {"mini32", "minipae", "mini64"})
    void sixtyFourProcessesGetTheirTurns(String name) {
        CommandLineCase run = run(name, "workload=switch processes=64 rounds=20 hz=20000");
        assertTrue(run.out().endsWith("switch: ok\nframes: all returned\n"), run.out());
    }

    /** Memory beyond 4 GiB is used once that below is: by the kernel with 64-bit addresses alone. */
    @Test
    void the64BitKernelUsesMemoryAbove4GiB() {
        CommandLineCase run = run("mini64", "workload=fault rounds=1 pages=2000", "--memory", "16G");
        assertTrue(run.out().endsWith("fault: ok\nframes: all returned\n"), run.out());
    }

    @Test
    void theCountsOfTheRegionOfInterestAreThoseOfTheWorkload() throws IOException {
        long small = instructionsOfRegion("workload=syscall rounds=1000 hz=19");
        long large = instructionsOfRegion("workload=syscall rounds=3000 hz=19");
        assertEquals(0, (large - small) % 2000, "each round takes the same number of instructions");
        assertTrue(small > 1000L * 2 * 30 && small < 1000L * 2 * 200, small + " instructions in the region");
    }

    private long instructionsOfRegion(String commandLine) throws IOException {
        Path file = folder.resolve("stats.json");
        assertEquals(0, run("mini64", commandLine, "--stats", file.toString()).status());
        JsonNode counts = new ObjectMapper().readTree(Files.readString(file)).get("counts");
        assertEquals(1, counts.get("region 1: entered").asLong());
        return counts.get("region 1: instructions").asLong();
    }

    private static String transcript(String name, Workload workload) {
        return GuestCatalogue.find(name).orElseThrow().transcript(workload);
    }

    private static CommandLineCase run(String name, String commandLine, String... options) {
        String[] fixed = {"run", name, "--append", commandLine};
        String[] all = Stream.concat(Stream.of(fixed), Stream.of(options)).toArray(String[]::new);
        return CommandLineCase.of(new BareMachine(), all);
    }
}

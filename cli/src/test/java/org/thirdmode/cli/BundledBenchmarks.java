package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;

/** Every bundled benchmark computes on the bare machine what it computes under QEMU, at either fidelity. */
class BundledBenchmarks {
    static Stream<String> benchmarks() {
        return GuestCatalogue.images().stream().filter(GuestImage::isBenchmark).map(GuestImage::name);
    }

    @ParameterizedTest
    @MethodSource("benchmarks")
    void aShortRunPrintsItsTranscript(String name) {
        assertEquals(transcript(name), out(name, "fast"));
    }

    @ParameterizedTest
    @MethodSource("benchmarks")
    void theDetailedProcessorComputesTheSame(String name) {
        assertEquals(transcript(name), out(name, "detailed"));
    }

    private static String transcript(String name) {
        return GuestCatalogue.find(name).orElseThrow().shortTranscript();
    }

    private static String out(String name, String fidelity) {
        CommandLineCase run = CommandLineCase.of(
                new BareMachine(), "run", name, "--append", GuestImage.SHORT_RUN, "--fidelity", fidelity);
        assertEquals(0, run.status(), run.err());
        return run.out();
    }
}

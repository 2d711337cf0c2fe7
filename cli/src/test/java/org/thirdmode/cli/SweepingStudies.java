package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.lab.sweep.Plan;
import org.thirdmode.lab.sweep.Study;

/** {@code thirdmode sweep}. */
class SweepingStudies {
    private static final String STUDY = """
            title: A <small> study
            parameters:
              workload: fork processes=2 rounds=1
              mmu: [unsync, nested]
              nested-reference: {from: 0, to: 4000, step: 100}
              round-trip: [400, 700]
            """;

    @TempDir
    private Path folder;

    private CommandLineCase sweep(String text, String... more) throws IOException {
        return sweep(out(), text, more);
    }

    private CommandLineCase sweep(Path result, String text, String... more) throws IOException {
        Path study = Files.writeString(folder.resolve("s.yaml"), text);
        List<String> command = Stream.concat(
                        Stream.of("sweep", study.toString(), "--out", result.toString()), Stream.of(more))
                .toList();
        return CommandLineCase.of(new BareMachine(), command.toArray(String[]::new));
    }

    private Path out() {
        return folder.resolve("r.csv");
    }

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("thirdmode.root"), "docs", "studies"))) {
            return files.toList();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyStudyOfTheDocumentationCanBePlanned(Path study) throws DataException {
        assertTrue(Plan.of(Study.read(study)).points() > 1);
    }

    @Test
    void aStudyIsAnsweredAndAnsweredAgainFromWhatIsKept() throws IOException {
        CommandLineCase first = sweep(STUDY);
        assertEquals(0, first.status(), first.err());
        assertEquals("s.yaml: 164 points, 2 runs\n", first.err());
        assertTrue(first.out().startsWith("A <small> study\n"), first.out());
        assertTrue(first.out().contains("unsync costs less than nested."), first.out());
        assertTrue(first.out().contains("The prices lean on figures that nobody published: instruction,"), first.out());
        assertTrue(first.out().endsWith("164 points in " + out() + "\n"), first.out());
        String result = Files.readString(out());
        assertEquals(166, result.lines().count());

        CommandLineCase again = sweep(STUDY);
        assertEquals("s.yaml: 164 points, 2 runs, 2 of them kept from before\n", again.err());
        assertEquals(result, Files.readString(out()));
    }

    @Test
    void aMistakeIsOneLineWithItsPlaceAndStatus2() throws IOException {
        CommandLineCase done = sweep(STUDY.replace("mmu:", "nmu:"));
        assertEquals(2, done.status());
        assertEquals(1, done.errorLines());
        assertTrue(
                done.err().startsWith("thirdmode: " + folder.resolve("s.yaml") + ":4:3: unknown key 'nmu'"),
                done.err());
        assertFalse(Files.exists(out()));
    }

    @Test
    void aFileThatIsNoResultOfThisVersionIsNotOverwritten() throws IOException {
        Files.writeString(out(), "my precious data\n");
        CommandLineCase done = sweep(STUDY);
        assertEquals(2, done.status());
        assertTrue(done.err().contains("r.csv:1:1: is no result of a sweep"), done.err());
        assertEquals("my precious data\n", Files.readString(out()));
    }

    @Test
    void aRunThatDoesNotEndWellIsNamed() throws IOException {
        CommandLineCase done = sweep("title: t\nparameters: {workload: ram megabytes=64, memory: 16, mmu: nested}");
        assertEquals(1, done.status());
        assertTrue(
                done.err()
                        .contains("sweep: the run with memory 16, workload ram megabytes=64 ended with 4, not with 0"),
                done.err());
    }

    /** What a browser opens without a network: the library is in it, and nothing is fetched. */
    @Test
    void aReportHoldsItsChartsAndTheirLibrary() throws IOException {
        Path report = folder.resolve("r.html");
        CommandLineCase done = sweep(STUDY, "--html", report.toString());
        assertEquals(0, done.status(), done.err());
        String html = Files.readString(report);
        assertTrue(html.contains("<title>A &lt;small&gt; study</title>"));
        assertTrue(html.length() > 1_000_000);
        assertFalse(html.contains("<script src"));
        assertFalse(html.contains("<link"));
        for (String kind :
                List.of("\"type\":\"bar\",\"stack\"", "\"type\":\"line\"", "\"type\":\"heatmap\"", "\"markLine\":{")) {
            assertTrue(html.contains(kind), kind);
        }
        assertTrue(html.contains("<p>Break-even: beyond "));
    }

    @Test
    void sqlAndParquetAreDuckDbs() throws IOException {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        try {
            Extra.DUCKDB.jars(new PrintStream(told));
        } catch (UserError e) {
            System.out.println("SweepingStudies: " + e.getMessage());
            Assumptions.abort(e.getMessage());
        }
        String question =
                "SELECT mmu, count(*) AS points, min(round_trip) AS least FROM points GROUP BY mmu ORDER BY mmu";
        String answer = "mmu     points  least\nnested  82      400\nunsync  82      400\n";
        assertEquals(answer, sweep(STUDY, "--sql", question).out());
        Path parquet = folder.resolve("r.parquet");
        assertEquals(0, sweep(parquet, STUDY).status());
        for (Path result : List.of(out(), parquet)) {
            CommandLineCase asked =
                    CommandLineCase.of(new BareMachine(), "sweep", result.toString(), "--sql", question);
            assertEquals(answer, asked.out(), asked.err());
        }
        CommandLineCase wrong =
                CommandLineCase.of(new BareMachine(), "sweep", parquet.toString(), "--sql", "SELECT cost FROM points");
        assertEquals(2, wrong.status());
        assertTrue(wrong.err().contains("--sql: Binder Error: Referenced column \"cost\" not found"), wrong.err());
        assertEquals(1, wrong.errorLines());
    }
}

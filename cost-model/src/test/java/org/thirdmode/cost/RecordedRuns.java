package org.thirdmode.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.thirdmode.cost.data.DataException;

/** Recorded runs. */
class RecordedRuns {
    @TempDir
    private Path folder;

    private String mistake(String text) throws Exception {
        Path file = folder.resolve("r.json");
        Files.writeString(file, text);
        return assertThrows(DataException.class, () -> CountsFile.read(file))
                .getMessage()
                .substring(folder.toString().length() + 1);
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        Path file = folder.resolve("runs.json");
        List<Counts> runs =
                LongStream.range(0, 200).mapToObj(CountsTimesProfile::random).toList();
        CountsFile.write(file, runs);
        assertEquals(runs, CountsFile.read(file));
        try (var files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void aFileOfAnotherVersionIsRefusedInOneLine() throws Exception {
        for (int other : List.of(1, 3)) {
            assertEquals(
                    "r.json:1:43: is of version " + other + ", this program reads version 2; record the run again",
                    mistake("{\"format\": \"thirdmode counts\", \"version\": " + other + ", \"runs\": []}"));
        }
    }

    @Test
    void anotherFileIsRefused() throws Exception {
        assertEquals(
                "r.json:1:1: is no file of recorded counts (\"format\": \"thirdmode counts\")", mistake("{\"a\": 1}"));
        assertTrue(mistake("").endsWith("is empty"));
        assertTrue(mistake("{").startsWith("r.json:"));
    }

    @Test
    void anUnknownCountListsTheKnown() throws Exception {
        String message = mistake("{\"format\": \"thirdmode counts\", \"version\": 2, \"runs\": [{\"workload\": \"w\","
                + " \"on\": \"bare\", \"extension\": \"none\", \"nested\": \"no\", \"tlbs\": \"\", \"caches\": \"\","
                + " \"counts\": {\"steps\": 1}, \"exits\": []}]}");
        assertTrue(message.contains(": unknown key 'steps'; valid are instructions, faults delivered,"), message);
    }

    @Test
    void aNegativeCountIsRefused() throws Exception {
        String message = mistake("{\"format\": \"thirdmode counts\", \"version\": 2, \"runs\": [{\"workload\": \"w\","
                + " \"on\": \"bare\", \"extension\": \"none\", \"nested\": \"no\", \"tlbs\": \"\", \"caches\": \"\","
                + " \"counts\": {\"walks\": -1}, \"exits\": []}]}");
        assertTrue(message.contains("-1 is out of range"), message);
    }
}

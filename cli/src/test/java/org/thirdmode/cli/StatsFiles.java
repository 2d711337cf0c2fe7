package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatsFiles {
    @Test
    void holdWhatWasRunHowItEndedAndEveryCount(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("stats.json");
        BareStub machine = new BareStub(new Outcome.BudgetReached());
        CommandLineCase run = CommandLineCase.of(
                machine,
                "run",
                "--stats",
                file.toString(),
                "--max-instructions",
                "5",
                "--instruction-time",
                "7",
                "--append",
                "a \"b\"",
                "kernel");
        assertEquals(124, run.status());
        JsonNode stats = new ObjectMapper().readTree(Files.readString(file));
        assertEquals("kernel", stats.at("/run/image").asText());
        assertEquals("bare", stats.at("/run/on").asText());
        assertEquals("a \"b\"", stats.at("/run/append").asText());
        assertEquals(5, stats.at("/run/maxInstructions").asLong());
        assertEquals(7, stats.at("/run/instructionTime").asLong());
        assertEquals(64L << 20, stats.at("/run/memory").asLong());
        assertEquals(124, stats.at("/outcome/status").asInt());
        assertEquals(1_234_567, stats.at("/counts/instructions").asLong());
        assertEquals(0, stats.at("/counts/interrupts").asLong(-1));
    }
}

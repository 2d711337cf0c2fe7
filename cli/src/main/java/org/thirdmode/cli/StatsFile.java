package org.thirdmode.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The counts, the outcome and what was run, as JSON: enough to repeat the run. */
final class StatsFile {
    private StatsFile() {}

    static void write(Path file, Platform platform, BareRun what, Report report) {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("image", what.image().orElse(null));
        run.put("raw", what.raw().isPresent() ? what.raw().getAsLong() : null);
        run.put("on", Words.word(platform));
        run.put("memory", what.memory());
        run.put("append", what.append());
        run.put("bios", what.bios().map(Path::toString).orElse(null));
        run.put("modules", what.modules());
        run.put(
                "disks",
                what.disks().stream().map(disk -> disk.path().toString()).toList());
        run.put("cpu", what.cpu().orElse(null));
        run.put("fidelity", Words.word(what.fidelity()));
        run.put(
                "maxInstructions",
                what.maxInstructions().isPresent() ? what.maxInstructions().getAsLong() : null);
        run.put("seed", what.seed());
        run.put("instructionTime", what.instructionTime());

        Map<String, Object> outcome = new LinkedHashMap<>();
        outcome.put("status", report.outcome().status());
        outcome.put("words", report.outcome().words());

        Map<String, Object> all = new LinkedHashMap<>();
        all.put("run", run);
        all.put("outcome", outcome);
        all.put("counts", report.counts());
        try {
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), all);
        } catch (IOException e) {
            throw new UserError("--stats " + file + ": cannot be written: " + e.getMessage());
        }
    }
}

package org.thirdmode.cost;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.cost.Counts.Conditions;
import org.thirdmode.cost.Counts.Extension;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;
import org.thirdmode.cost.data.FreshFile;
import org.thirdmode.cost.data.Mapping;
import org.thirdmode.cost.data.Node;
import org.thirdmode.cost.data.Scalar;

/** Recorded runs as JSON: what was counted, to be priced later. */
public final class CountsFile {
    /** Changes with {@link Quantity} and {@link ExitCounts}: a count that is missing would be priced as 0. 1 knew no caches. */
    public static final int VERSION = 2;

    private static final String FORMAT = "thirdmode counts";
    private static final BigDecimal MOST = BigDecimal.valueOf(999_999_999_999_999L);
    private static final List<String> QUANTITIES =
            Arrays.stream(Quantity.values()).map(quantity -> quantity.title).toList();

    private CountsFile() {}

    /** Writes runs; the file is whole or, where this throws, as it was. */
    public static void write(Path file, List<Counts> runs) throws IOException {
        Map<String, Object> top = new LinkedHashMap<>();
        top.put("format", FORMAT);
        top.put("version", VERSION);
        top.put("runs", runs.stream().map(CountsFile::object).toList());
        try (FreshFile fresh = FreshFile.beside(file)) {
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(fresh.path.toFile(), top);
            fresh.complete();
        }
    }

    private static Map<String, Object> object(Counts run) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("workload", run.workload());
        object.put("on", run.on());
        object.put("extension", Scalar.word(run.conditions().extension()));
        object.put("nested", run.conditions().nested() ? "yes" : "no");
        object.put("tlbs", run.conditions().tlbs());
        object.put("caches", run.conditions().caches());
        Map<String, Object> counts = new LinkedHashMap<>();
        run.quantities().forEach((quantity, count) -> counts.put(quantity.title, count));
        object.put("counts", counts);
        object.put("exits", run.exits().stream().map(CountsFile::object).toList());
        return object;
    }

    private static Map<String, Object> object(ExitCounts exit) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("reason", exit.reason());
        object.put("exits", exit.exits());
        object.put("controlReads", exit.controlReads());
        object.put("controlWrites", exit.controlWrites());
        object.put("emulated", exit.emulated());
        object.put("injected", exit.injected());
        return object;
    }

    /**
     * Reads runs.
     *
     * @throws DataException where the file cannot be read, is none, or is of another version; in one line
     */
    public static List<Counts> read(Path file) throws DataException {
        return read(DataFile.read(file));
    }

    static List<Counts> read(Node file) throws DataException {
        Mapping top = file.mapping();
        if (top.find("format").isEmpty() || !FORMAT.equals(top.scalar("format").text())) {
            throw top.place().wrong("is no file of recorded counts (\"format\": \"" + FORMAT + "\")");
        }
        Scalar version = top.scalar("version");
        if (!version.text().equals(String.valueOf(VERSION))) {
            throw version.place()
                    .wrong("is of version " + version.text() + ", this program reads version " + VERSION
                            + "; record the run again");
        }
        top.only("format", "version", "runs");
        List<Counts> runs = new ArrayList<>();
        for (Node run : top.get("runs").sequence().nodes()) {
            runs.add(counts(run.mapping()));
        }
        if (runs.isEmpty()) {
            throw top.get("runs").place().wrong("no run");
        }
        return runs;
    }

    private static Counts counts(Mapping run) throws DataException {
        run.only("workload", "on", "extension", "nested", "tlbs", "caches", "counts", "exits");
        Mapping counts = run.get("counts").mapping().only(QUANTITIES);
        Map<Quantity, Long> quantities = new EnumMap<>(Quantity.class);
        for (Quantity quantity : Quantity.values()) {
            if (counts.find(quantity.title).isPresent()) {
                quantities.put(quantity, count(counts, quantity.title));
            }
        }
        List<ExitCounts> exits = new ArrayList<>();
        for (Node exit : run.get("exits").sequence().nodes()) {
            exits.add(exit(exit.mapping()));
        }
        return new Counts(
                run.scalar("workload").text(),
                run.scalar("on").words(),
                new Conditions(
                        run.scalar("extension").choice(Extension.class),
                        run.scalar("nested").flag(),
                        run.scalar("tlbs").text(),
                        run.scalar("caches").text()),
                quantities,
                exits);
    }

    private static ExitCounts exit(Mapping exit) throws DataException {
        exit.only("reason", "exits", "controlReads", "controlWrites", "emulated", "injected");
        return new ExitCounts(
                exit.scalar("reason").words(),
                count(exit, "exits"),
                count(exit, "controlReads"),
                count(exit, "controlWrites"),
                count(exit, "emulated"),
                count(exit, "injected"));
    }

    private static long count(Mapping mapping, String key) throws DataException {
        return mapping.scalar(key).number(BigDecimal.ZERO, MOST, 0).longValueExact();
    }
}

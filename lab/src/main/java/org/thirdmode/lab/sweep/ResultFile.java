package org.thirdmode.lab.sweep;

import com.fasterxml.jackson.databind.SequenceWriter;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.thirdmode.cost.Part;
import org.thirdmode.cost.Quantity;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.FreshFile;

/**
 * The points of a study as comma-separated values (RFC 4180), a row each. Before the heading stands one line with a number
 * sign, which says what the file is and its version.
 */
public final class ResultFile {
    /**
     * Changes with the columns and what they mean. 1 had neither {@code guest_pages} nor {@code caches}; 2 has both, and a third word
     * in {@code by}: {@code replayed}.
     */
    public static final int VERSION = 2;

    private static final String MARK = "# thirdmode sweep results, version ";

    /** Types as SQL calls them. */
    static final String WHOLE = "BIGINT";

    static final String DECIMAL = "DECIMAL(18,3)";
    static final String TEXT = "VARCHAR";

    /** A column. */
    record Column(String name, String type) {}

    private ResultFile() {}

    /** The parameters that have a column: those that are given, and those that have a value anyway. */
    static List<Parameter> parameters(Study study) {
        return Parameters.list().stream()
                .filter(parameter ->
                        parameter.fallback() != null || study.axis(parameter).isPresent())
                .toList();
    }

    /** The columns of a study's results. */
    static List<Column> columns(Study study) {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("point", WHOLE));
        for (Parameter parameter : parameters(study)) {
            String type = !(parameter.domain() instanceof Parameter.Number number)
                    ? TEXT
                    : number.decimals() == 0 ? WHOLE : DECIMAL;
            columns.add(new Column(parameter.column(), type));
        }
        columns.add(new Column("by", TEXT));
        columns.add(new Column("ended", TEXT));
        for (String count : List.of("instructions", "exits", "walks", "walk_references", "table_pages", "cycles")) {
            columns.add(new Column(count, WHOLE));
        }
        for (Part part : Part.values()) {
            columns.add(new Column(part.name().toLowerCase(Locale.ROOT), WHOLE));
        }
        columns.add(new Column("milliseconds", DECIMAL));
        return columns;
    }

    /**
     * Writes all points whose runs have finished; the file is whole or, where this throws, as it was. A run that failed has
     * neither counts nor a price.
     */
    public static void write(Path file, Results results) throws IOException {
        try (FreshFile fresh = FreshFile.beside(file)) {
            try (Writer out = Files.newBufferedWriter(fresh.path)) {
                out.write(MARK + VERSION + ": "
                        + results.plan().study().title().lines().findFirst().orElse("") + "\n");
                write(out, results);
            }
            fresh.complete();
        }
    }

    private static void write(Writer out, Results results) throws IOException {
        Study study = results.plan().study();
        CsvSchema.Builder schema = CsvSchema.builder();
        columns(study).forEach(column -> schema.addColumn(column.name));
        List<Parameter> parameters = parameters(study);
        Part[] parts = Part.values();
        Sampling sampling = new Sampling(study);
        Results.Point point = new Results.Point();
        Object[] row = new Object[columns(study).size()];
        try (SequenceWriter rows =
                new CsvMapper().writer(schema.build().withHeader()).writeValues(out)) {
            for (long number = 0; number < results.plan().points(); number++) {
                if (!results.at(number, sampling, point).finished()) {
                    continue;
                }
                int at = 0;
                row[at++] = number;
                for (Parameter parameter : parameters) {
                    row[at++] = point.value(parameter).text();
                }
                row[at++] = !point.executed() ? "repriced" : point.run().replayed() ? "replayed" : "executed";
                row[at++] = point.run().end();
                if (!point.priced()) {
                    Arrays.fill(row, at, row.length, null);
                    rows.write(row);
                    continue;
                }
                row[at++] = point.run().counts().of(Quantity.INSTRUCTIONS);
                row[at++] = point.run().counts().allExits();
                row[at++] = point.run().counts().of(Quantity.WALKS);
                row[at++] = point.run().counts().of(Quantity.TABLE_REFERENCES)
                        + point.run().counts().of(Quantity.NESTED_REFERENCES);
                row[at++] = point.run().tablePages();
                row[at++] = point.cycles();
                for (Part part : parts) {
                    row[at++] = point.cycles(part);
                }
                row[at] = Math.round(point.seconds() * 1e6) / 1e3;
                rows.write(row);
            }
        }
    }

    /**
     * Holds a file against what this program writes.
     *
     * @throws DataException where it is no result file, or of another version; in one line
     */
    public static void check(Path file) throws DataException {
        String first;
        try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            char[] begin = new char[MARK.length() + 12];
            int length = in.read(begin);
            first = length < 0 ? "" : new String(begin, 0, length);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + e.getMessage());
        }
        if (!first.startsWith(MARK)) {
            throw new DataException(file + ":1:1: is no result of a sweep (\"" + MARK.strip() + " " + VERSION + "\")");
        }
        String version = first.substring(MARK.length()).split(":", 2)[0];
        if (!version.equals(String.valueOf(VERSION))) {
            throw new DataException(file + ":1:" + (MARK.length() + 1) + ": is of version " + version
                    + ", this program reads version " + VERSION + "; remove it and run the study again");
        }
    }
}

package org.thirdmode.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Rows as comma-separated values (RFC 4180). */
final class CsvText {
    private CsvText() {}

    /** A heading of all columns that any row has, and the rows; what a row does not have is empty. */
    static String of(List<Map<String, Object>> rows) {
        CsvSchema.Builder columns = CsvSchema.builder();
        rows.stream().flatMap(row -> row.keySet().stream()).distinct().forEach(columns::addColumn);
        try {
            return new CsvMapper().writer(columns.build().withHeader()).writeValueAsString(rows);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}

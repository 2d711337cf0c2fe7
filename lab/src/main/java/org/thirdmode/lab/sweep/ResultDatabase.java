package org.thirdmode.lab.sweep;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.FreshFile;

/** Result files as tables of DuckDB: SQL over them, and Parquet. The driver is handed in, for it is no small library. */
public final class ResultDatabase implements AutoCloseable {
    /** The driver's class. */
    public static final String DRIVER = "org.duckdb.DuckDBDriver";

    private static final String VERSION_KEY = "thirdmode_sweep_version";
    private static final String PARQUET = ".parquet";

    private final Connection connection;

    /** A table of text. */
    public record Answer(List<String> heading, List<List<String>> rows) {}

    /** @param driver a new object of the class {@link #DRIVER} */
    public ResultDatabase(Driver driver) throws SQLException {
        connection = driver.connect("jdbc:duckdb:", new Properties());
        execute("SET memory_limit = '400MB'");
        execute("SET threads = 2");
    }

    /** Whether a file is to be Parquet. */
    public static boolean isParquet(Path file) {
        return file.toString().endsWith(PARQUET);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** Writes all points as Parquet; the file is whole or, where this throws, as it was. */
    public void write(Path file, Results results) throws IOException, SQLException {
        try (FreshFile fresh = FreshFile.beside(file);
                FreshFile rows = FreshFile.beside(file)) {
            ResultFile.write(rows.path, results);
            Study study = results.plan().study();
            String columns = ResultFile.columns(study).stream()
                    .map(column -> quoted(column.name()) + ": " + quoted(column.type()))
                    .collect(Collectors.joining(", "));
            execute("COPY (SELECT * FROM read_csv(" + quoted(rows.path.toString())
                    + ", skip = 1, header = true, auto_detect = false, delim = ',', quote = '\"', columns = {" + columns
                    + "})) TO " + quoted(fresh.path.toString()) + " (FORMAT parquet, KV_METADATA {" + VERSION_KEY + ": "
                    + quoted(String.valueOf(ResultFile.VERSION)) + ", title: " + quoted(study.title()) + "})");
            fresh.complete();
        }
    }

    /**
     * Holds a file against what this program writes.
     *
     * @throws DataException where it is no result file, or of another version; in one line
     */
    public void check(Path file) throws DataException {
        if (!isParquet(file)) {
            ResultFile.check(file);
            return;
        }
        List<List<String>> version;
        try {
            version = query("SELECT value::BLOB::VARCHAR FROM parquet_kv_metadata(" + quoted(file.toString())
                            + ") WHERE key = " + quoted(VERSION_KEY))
                    .rows();
        } catch (SQLException e) {
            throw new DataException(file + ": cannot be read: " + firstLine(e));
        }
        if (version.isEmpty()) {
            throw new DataException(file + ": is no result of a sweep (metadata " + VERSION_KEY + ")");
        }
        String found = version.getFirst().getFirst();
        if (!found.equals(String.valueOf(ResultFile.VERSION))) {
            throw new DataException(file + ": is of version " + found + ", this program reads version "
                    + ResultFile.VERSION + "; remove it and run the study again");
        }
    }

    /**
     * Answers a question about a result file, which is the table {@code points}.
     *
     * @throws DataException where the file is no result, or the question has a mistake; in one line
     */
    public Answer ask(Path file, String sql) throws DataException {
        check(file);
        String source = isParquet(file)
                ? "read_parquet(" + quoted(file.toString()) + ")"
                : "read_csv(" + quoted(file.toString()) + ", skip = 1, header = true)";
        try {
            execute("CREATE OR REPLACE VIEW points AS SELECT * FROM " + source);
            return query(sql);
        } catch (SQLException e) {
            throw new DataException("--sql: " + firstLine(e));
        }
    }

    private Answer query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            int columns = found.getMetaData().getColumnCount();
            List<String> heading = new ArrayList<>();
            for (int n = 1; n <= columns; n++) {
                heading.add(found.getMetaData().getColumnLabel(n));
            }
            List<List<String>> rows = new ArrayList<>();
            while (found.next()) {
                List<String> row = new ArrayList<>();
                for (int n = 1; n <= columns; n++) {
                    String cell = found.getString(n);
                    row.add(cell == null ? "" : cell);
                }
                rows.add(row);
            }
            return new Answer(heading, rows);
        }
    }

    /** The cause, where the message has one in a line of its own. */
    private static String firstLine(SQLException e) {
        List<String> lines = String.valueOf(e.getMessage()).lines().toList();
        String cause = "Error: ";
        return lines.stream()
                .filter(line -> line.startsWith(cause))
                .map(line -> line.substring(cause.length()))
                .findFirst()
                .orElse(lines.getFirst());
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}

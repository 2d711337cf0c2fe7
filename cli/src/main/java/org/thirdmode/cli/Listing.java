package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Rows of the model, a column for each thing to tell of them: a text table or a JSON array of objects. */
final class Listing<T> {
    private final List<T> rows;
    private final List<Column<T>> columns = new ArrayList<>();

    private record Column<T>(String name, boolean inText, Function<T, String> cell) {}

    Listing(Collection<T> rows) {
        this.rows = List.copyOf(rows);
    }

    /** A column of both. */
    Listing<T> column(String name, Function<T, String> cell) {
        columns.add(new Column<>(name, true, cell));
        return this;
    }

    /** A column for which a text table has no room. */
    Listing<T> jsonColumn(String name, Function<T, String> cell) {
        columns.add(new Column<>(name, false, cell));
        return this;
    }

    void print(PrintWriter out, boolean json) {
        if (json) {
            JsonText.print(out, objects());
            return;
        }
        List<Column<T>> shown = columns.stream().filter(Column::inText).toList();
        TextTable.print(
                out,
                shown.stream().map(Column::name).toList(),
                rows.stream()
                        .map(row -> shown.stream()
                                .map(column -> column.cell.apply(row))
                                .toList())
                        .toList());
    }

    /** The rows with all columns, by name. */
    List<Map<String, String>> objects() {
        return rows.stream().map(this::object).toList();
    }

    private Map<String, String> object(T row) {
        Map<String, String> object = new LinkedHashMap<>();
        columns.forEach(column -> object.put(column.name, column.cell.apply(row)));
        return object;
    }
}

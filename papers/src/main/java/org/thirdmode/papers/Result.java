package org.thirdmode.papers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What became of a paper's claims. */
public record Result(String folder, Claims claims, List<Row> rows, MoreRows more) {
    public Result {
        rows = List.copyOf(rows);
    }

    /** How many claims have this verdict. */
    public long count(Verdict verdict) {
        return rows.stream().filter(row -> row.verdict() == verdict).count();
    }

    /** Heading and rows of the table. */
    public static List<String> heading() {
        return List.of("claim", "kind", "certainty", "theirs", "ours", "unit", "verdict");
    }

    /** The cells of a row, as {@link #heading} names them. */
    public static List<String> cells(Row row) {
        Claim claim = row.claim();
        return List.of(
                claim.what(),
                claim.kind().name().toLowerCase(Locale.ROOT),
                claim.certainty().title,
                number(claim.value()),
                row.ours().isPresent() ? number(row.ours().getAsDouble()) : "-",
                claim.unit(),
                row.verdict().title);
    }

    /** What explains the rows that do not agree. */
    public List<String> explanations() {
        List<String> lines = new ArrayList<>();
        for (Row row : rows) {
            boolean open = row.verdict() == Verdict.DIFFERS || row.verdict() == Verdict.NOT_RUN;
            if (open) {
                String why = row.claim().why().isEmpty()
                        ? "not explained"
                        : row.claim().why();
                lines.add(row.claim().what() + " (" + row.verdict().title + "): " + why);
            }
        }
        return lines;
    }

    /** The table as Markdown, for the paper's folder. */
    public String markdown() {
        StringBuilder text = new StringBuilder("# " + claims.title() + "\n\n" + claims.source() + ".\n\n" + claims.run()
                + "\n\n| " + String.join(" | ", heading()) + " |\n"
                + "|---".repeat(heading().size()) + "|\n");
        rows.forEach(
                row -> text.append("| ").append(String.join(" | ", cells(row))).append(" |\n"));
        if (!explanations().isEmpty()) {
            text.append('\n');
            explanations().forEach(line -> text.append("- ").append(line).append('\n'));
        }
        if (!more.rows().isEmpty()) {
            text.append('\n').append(more.text()).append("\n\n| ");
            text.append(String.join(" | ", more.heading())).append(" |\n");
            text.append("|---".repeat(more.heading().size())).append("|\n");
            more.rows()
                    .forEach(row ->
                            text.append("| ").append(String.join(" | ", row)).append(" |\n"));
        }
        return text.toString();
    }

    private static String number(double value) {
        if (value == Math.rint(value)) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(
                Locale.ROOT, Math.abs(value) < 1 ? "%.3f" : Math.abs(value) < 1000 ? "%.2f" : "%,.0f", value);
    }
}

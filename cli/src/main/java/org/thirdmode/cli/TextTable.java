package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.List;

/** Rows of text in aligned columns: the last is not padded. */
final class TextTable {
    private TextTable() {}

    /** Prints a heading and rows of as many cells. */
    static void print(PrintWriter out, List<String> heading, List<List<String>> rows) {
        int[] widths = new int[heading.size()];
        measure(widths, heading);
        rows.forEach(row -> measure(widths, row));
        line(out, widths, heading);
        rows.forEach(row -> line(out, widths, row));
    }

    private static void measure(int[] widths, List<String> row) {
        for (int n = 0; n < widths.length; n++) {
            widths[n] = Math.max(widths[n], row.get(n).length());
        }
    }

    private static void line(PrintWriter out, int[] widths, List<String> row) {
        StringBuilder line = new StringBuilder();
        for (int n = 0; n < widths.length; n++) {
            line.append(row.get(n));
            if (n < widths.length - 1) {
                line.repeat(' ', widths[n] - row.get(n).length() + 2);
            }
        }
        out.println(line.toString().stripTrailing());
    }
}

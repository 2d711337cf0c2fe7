package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a control structure's checks found, as text and as JSON: the same for a VMCS and a VMCB.
 *
 * @param heading the first lines of the text: what was read, and what it was held against
 * @param facts the same for JSON
 * @param held how many checks hold
 */
record DiagnosisReport(
        List<String> heading, Map<String, Object> facts, List<Failure> failing, List<Undecided> undecided, int held) {
    private static final int WIDTH = 120;

    /**
     * A check that fails.
     *
     * @param section of the manual
     * @param found the fields that it reads, with their values
     * @param change the smallest one that satisfies the check; null where there is none in one field
     * @param reports what the processor does
     */
    record Failure(
            String id,
            String title,
            String section,
            List<String> found,
            String required,
            Change change,
            String reports) {}

    /**
     * A change of one field.
     *
     * @param words what to do, as one tells it
     * @param breaks the checks that would fail after it
     */
    record Change(String field, String from, String to, String words, List<String> breaks) {}

    /** A check that cannot be decided, and what would have to be known. */
    record Undecided(String id, List<String> missing) {}

    // ---- text ----

    void print(PrintWriter out) {
        heading.forEach(out::println);
        for (Failure failure : failing) {
            out.println();
            print(out, failure);
        }
        printUndecided(out);
        out.println();
        if (failing.isEmpty()) {
            out.println("no check fails");
        }
        out.println(failing.size() + " fail, " + held + " hold, " + undecided.size() + " cannot be decided");
    }

    private static void print(PrintWriter out, Failure failure) {
        out.println("FAILS " + failure.id + ": " + failure.title);
        item(out, "section", failure.section);
        String label = "found";
        for (String found : failure.found) {
            item(out, label, found);
            label = "";
        }
        item(out, "required", failure.required);
        if (failure.change != null) {
            item(out, "change", failure.change.words);
            if (!failure.change.breaks.isEmpty()) {
                item(out, "", "after which these fail: " + String.join(", ", failure.change.breaks));
            }
        }
        item(out, "reports", failure.reports);
    }

    private void printUndecided(PrintWriter out) {
        if (undecided.isEmpty()) {
            return;
        }
        Map<String, List<String>> byMissing = undecided.stream()
                .collect(Collectors.groupingBy(
                        check -> String.join(", ", check.missing),
                        TreeMap::new,
                        Collectors.mapping(Undecided::id, Collectors.toList())));
        out.println();
        out.println("cannot be decided, for what is not known:");
        byMissing.forEach((missing, checks) -> wrap(out, "  " + missing + ": ", String.join(", ", checks)));
    }

    private static void item(PrintWriter out, String label, String text) {
        wrap(out, String.format("  %-9s ", label), text);
    }

    private static void wrap(PrintWriter out, String first, String text) {
        StringBuilder line = new StringBuilder(first);
        boolean empty = true;
        for (String word : text.split(" ")) {
            if (!empty && line.length() + 1 + word.length() > WIDTH) {
                out.println(line);
                line = new StringBuilder(" ".repeat(first.length()));
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
            empty = false;
        }
        out.println(line);
    }

    // ---- JSON ----

    Map<String, Object> asJson() {
        Map<String, Object> json = new LinkedHashMap<>(facts);
        json.put("failing", failing.stream().map(DiagnosisReport::asJson).toList());
        json.put("undecided", undecided);
        json.put("held", held);
        return json;
    }

    private static Map<String, Object> asJson(Failure failure) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", failure.id);
        json.put("title", failure.title);
        json.put("section", failure.section);
        json.put("found", failure.found);
        json.put("required", failure.required);
        if (failure.change != null) {
            json.put("change", failure.change);
        }
        json.put("reports", failure.reports);
        return json;
    }
}

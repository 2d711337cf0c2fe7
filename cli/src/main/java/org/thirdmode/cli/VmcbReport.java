package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.thirdmode.svm.check.VmcbDiagnosis;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.dump.VmcbDump;
import org.thirdmode.svm.vmcb.VmcbField;

/**
 * What {@code thirdmode vmcb check} found, as text and as JSON.
 *
 * @param cpu the profile it was held against; null for whatever the manual names
 */
record VmcbReport(String file, VmcbDump dump, String cpu, int addressWidth, VmcbDiagnosis diagnosis) {
    private static final int WIDTH = 120;

    void print(PrintWriter out) {
        out.println(file + ": " + dump.format().title + ", " + known() + " fields known"
                + (dump.count() > 1 ? "; the first of " + dump.count() + " VMCBs" : ""));
        out.println("against " + (cpu == null ? "every bit of CR4 and EFER that the manual names" : cpu)
                + "; physical addresses of " + addressWidth + " bits");
        for (VmcbDiagnosis.Finding finding : diagnosis.failing()) {
            out.println();
            print(out, finding);
        }
        printUndecided(out);
        out.println();
        if (diagnosis.failing().isEmpty()) {
            out.println("no check fails");
        }
        out.println(diagnosis.failing().size() + " fail, " + diagnosis.held() + " hold, "
                + diagnosis.undecided().size() + " cannot be decided");
    }

    private int known() {
        return dump.vmcb().known().size();
    }

    private static void print(PrintWriter out, VmcbDiagnosis.Finding finding) {
        VmrunCheck check = finding.check();
        out.println("FAILS " + check.id() + ": " + check.title());
        item(out, "section", citation(check));
        String label = "found";
        for (VmcbDiagnosis.Found found : finding.found()) {
            item(out, label, found.words());
            label = "";
        }
        item(out, "required", check.required());
        VmcbDiagnosis.Change change = finding.change();
        item(out, "change", change.words());
        if (!change.breaks().isEmpty()) {
            item(out, "", "after which these fail: " + String.join(", ", change.breaks()));
        }
        item(out, "reports", "#VMEXIT, VMEXIT_INVALID (-1)");
    }

    private static String citation(VmrunCheck check) {
        return "APM 2 \"" + check.section() + "\"";
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

    private static String names(List<VmcbField> fields) {
        return fields.stream().map(VmcbField::name).collect(Collectors.joining(", "));
    }

    private void printUndecided(PrintWriter out) {
        Map<String, List<String>> byMissing = new TreeMap<>();
        for (VmcbDiagnosis.Undecided undecided : diagnosis.undecided()) {
            byMissing
                    .computeIfAbsent(names(undecided.missing()), missing -> new ArrayList<>())
                    .add(undecided.check().id());
        }
        if (byMissing.isEmpty()) {
            return;
        }
        out.println();
        out.println("cannot be decided, for what is not known:");
        byMissing.forEach((missing, checks) -> wrap(out, "  " + missing + ": ", String.join(", ", checks)));
    }

    Map<String, Object> asJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("file", file);
        json.put("format", dump.format().name().toLowerCase(Locale.ROOT));
        json.put("fieldsKnown", known());
        json.put("processor", cpu);
        json.put("physicalAddressWidth", addressWidth);
        json.put("failing", diagnosis.failing().stream().map(VmcbReport::asJson).toList());
        json.put(
                "undecided",
                diagnosis.undecided().stream()
                        .map(undecided -> Map.of(
                                "id",
                                undecided.check().id(),
                                "missing",
                                undecided.missing().stream()
                                        .map(VmcbField::name)
                                        .toList()))
                        .toList());
        json.put("held", diagnosis.held());
        return json;
    }

    private static Map<String, Object> asJson(VmcbDiagnosis.Finding finding) {
        VmrunCheck check = finding.check();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", check.id());
        json.put("title", check.title());
        json.put("section", citation(check));
        json.put(
                "found",
                finding.found().stream().map(VmcbDiagnosis.Found::words).toList());
        json.put("required", check.required());
        VmcbDiagnosis.Change change = finding.change();
        Map<String, Object> smallest = new LinkedHashMap<>();
        smallest.put("field", change.field().name());
        smallest.put("from", VmcbDiagnosis.hex(change.field(), change.from()));
        smallest.put("to", VmcbDiagnosis.hex(change.field(), change.to()));
        smallest.put("words", change.words());
        smallest.put("breaks", change.breaks());
        json.put("change", smallest);
        json.put("reports", "VMEXIT_INVALID");
        return json;
    }
}

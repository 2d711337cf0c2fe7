package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.dump.VmcsDump;
import org.thirdmode.vmx.entry.EntryCheck;
import org.thirdmode.vmx.entry.VmcsDiagnosis;

/**
 * What {@code thirdmode vmcs check} found, as text and as JSON.
 *
 * @param processor what it was held against; null for whatever the manual names
 */
record DiagnosisReport(String file, VmcsDump dump, VmxProfile processor, int addressWidth, VmcsDiagnosis diagnosis) {
    private static final int WIDTH = 120;

    void print(PrintWriter out) {
        out.println(file + ": " + dump.format().title + ", " + dump.vmcs().size() + " fields known"
                + (dump.count() > 1 ? "; the first of " + dump.count() + " VMCSs" : ""));
        out.println("against " + against() + "; physical addresses of " + addressWidth + " bits, linear of "
                + linearWidth() + "; " + hostMode());
        for (VmcsDiagnosis.Finding finding : diagnosis.failing()) {
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

    private String against() {
        return processor == null
                ? "every control that the manual names"
                : processor.processor().name() + " ("
                        + processor.source().split("[.:(]")[0].strip() + ")";
    }

    private int linearWidth() {
        return processor != null ? processor.processor().linearAddressWidth() : dump.linearAddresses57() ? 57 : 48;
    }

    private String hostMode() {
        Boolean longMode = dump.hostInLongMode();
        return longMode == null
                ? "mode of the host unknown"
                : longMode ? "host in IA-32e mode" : "host outside IA-32e mode";
    }

    private static void print(PrintWriter out, VmcsDiagnosis.Finding finding) {
        EntryCheck check = finding.check();
        out.println("FAILS " + check.id() + ": " + check.title());
        item(out, "section", check.section().citation());
        String label = "found";
        for (VmcsDiagnosis.Found found : finding.found()) {
            item(out, label, found.words());
            label = "";
        }
        item(out, "required", check.requirement());
        VmcsDiagnosis.Change change = finding.change();
        if (change != null) {
            item(out, "change", change.words());
            if (!change.breaks().isEmpty()) {
                item(out, "", "after which these fail: " + String.join(", ", change.breaks()));
            }
        }
        item(out, "reports", check.report());
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

    private void printUndecided(PrintWriter out) {
        Map<String, List<String>> byMissing = new TreeMap<>();
        for (VmcsDiagnosis.Undecided undecided : diagnosis.undecided()) {
            byMissing
                    .computeIfAbsent(String.join(", ", undecided.missing()), missing -> new ArrayList<>())
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
        json.put("fieldsKnown", dump.vmcs().size());
        json.put("processor", processor == null ? null : processor.processor().name());
        json.put("physicalAddressWidth", addressWidth);
        json.put("linearAddressWidth", linearWidth());
        json.put("hostInIa32eMode", dump.hostInLongMode());
        json.put(
                "failing",
                diagnosis.failing().stream().map(DiagnosisReport::asJson).toList());
        json.put(
                "undecided",
                diagnosis.undecided().stream()
                        .map(undecided -> Map.of("id", undecided.check().id(), "missing", undecided.missing()))
                        .toList());
        json.put("held", diagnosis.held());
        return json;
    }

    private static Map<String, Object> asJson(VmcsDiagnosis.Finding finding) {
        EntryCheck check = finding.check();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", check.id());
        json.put("title", check.title());
        json.put("section", check.section().citation());
        json.put(
                "found",
                finding.found().stream().map(VmcsDiagnosis.Found::words).toList());
        json.put("required", check.requirement());
        VmcsDiagnosis.Change change = finding.change();
        if (change != null) {
            Map<String, Object> smallest = new LinkedHashMap<>();
            smallest.put("field", change.field().name());
            smallest.put("from", change.field().hex(change.from()));
            smallest.put("to", change.field().hex(change.to()));
            smallest.put("words", change.words());
            smallest.put("breaks", change.breaks());
            json.put("change", smallest);
        }
        json.put("reports", check.report());
        return json;
    }
}

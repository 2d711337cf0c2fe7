package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.dump.VmcsDump;
import org.thirdmode.vmx.entry.EntryCheck;
import org.thirdmode.vmx.entry.VmcsDiagnosis;

/**
 * A VMCS and what {@code thirdmode vmcs check} found in it, to be told.
 *
 * @param processor what it was held against; null for whatever the manual names
 */
record VmcsReport(Path file, VmcsDump dump, VmxProfile processor, int addressWidth, VmcsDiagnosis diagnosis) {
    DiagnosisReport told() {
        return new DiagnosisReport(
                List.of(
                        file + ": " + dump.format().title + ", " + dump.vmcs().size() + " fields known"
                                + (dump.count() > 1 ? "; the first of " + dump.count() + " VMCSs" : ""),
                        "against " + against() + "; physical addresses of " + addressWidth + " bits, linear of "
                                + linearWidth() + "; " + hostMode()),
                facts(),
                diagnosis.failing().stream().map(VmcsReport::failure).toList(),
                diagnosis.undecided().stream()
                        .map(undecided ->
                                new DiagnosisReport.Undecided(undecided.check().id(), undecided.missing()))
                        .toList(),
                diagnosis.held());
    }

    private Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("file", file.toString());
        facts.put("format", dump.format().name().toLowerCase(Locale.ROOT));
        facts.put("fieldsKnown", dump.vmcs().size());
        facts.put("processor", processor == null ? null : processor.processor().name());
        facts.put("physicalAddressWidth", addressWidth);
        facts.put("linearAddressWidth", linearWidth());
        facts.put("hostInIa32eMode", dump.hostInLongMode());
        return facts;
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

    private static DiagnosisReport.Failure failure(VmcsDiagnosis.Finding finding) {
        EntryCheck check = finding.check();
        return new DiagnosisReport.Failure(
                check.id(),
                check.title(),
                check.section().citation(),
                finding.found().stream().map(VmcsDiagnosis.Found::words).toList(),
                check.requirement(),
                finding.change() == null ? null : change(finding.change()),
                check.report());
    }

    private static DiagnosisReport.Change change(VmcsDiagnosis.Change change) {
        return new DiagnosisReport.Change(
                change.field().name(),
                change.field().hex(change.from()),
                change.field().hex(change.to()),
                change.words(),
                change.breaks());
    }
}

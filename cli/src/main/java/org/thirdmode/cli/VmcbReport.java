package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.thirdmode.svm.check.VmcbDiagnosis;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.dump.VmcbDump;
import org.thirdmode.svm.vmcb.VmcbField;

/**
 * A VMCB and what {@code thirdmode vmcb check} found in it, to be told.
 *
 * @param cpu the profile it was held against; null for whatever the manual names
 */
record VmcbReport(Path file, VmcbDump dump, String cpu, int addressWidth, VmcbDiagnosis diagnosis) {
    DiagnosisReport told() {
        return new DiagnosisReport(
                List.of(
                        file + ": " + dump.format().title + ", " + known() + " fields known"
                                + (dump.count() > 1 ? "; the first of " + dump.count() + " VMCBs" : ""),
                        "against " + (cpu == null ? "every bit of CR4 and EFER that the manual names" : cpu)
                                + "; physical addresses of " + addressWidth + " bits"),
                facts(),
                diagnosis.failing().stream().map(VmcbReport::failure).toList(),
                diagnosis.undecided().stream()
                        .map(undecided -> new DiagnosisReport.Undecided(
                                undecided.check().id(),
                                undecided.missing().stream()
                                        .map(VmcbField::name)
                                        .toList()))
                        .toList(),
                diagnosis.held());
    }

    private int known() {
        return dump.vmcb().known().size();
    }

    private Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("file", file.toString());
        facts.put("format", dump.format().name().toLowerCase(Locale.ROOT));
        facts.put("fieldsKnown", known());
        facts.put("processor", cpu);
        facts.put("physicalAddressWidth", addressWidth);
        return facts;
    }

    private static DiagnosisReport.Failure failure(VmcbDiagnosis.Finding finding) {
        VmrunCheck check = finding.check();
        return new DiagnosisReport.Failure(
                check.id(),
                check.title(),
                "APM 2 \"" + check.section() + "\"",
                finding.found().stream().map(VmcbDiagnosis.Found::words).toList(),
                check.required(),
                change(finding.change()),
                "#VMEXIT, VMEXIT_INVALID (-1)");
    }

    private static DiagnosisReport.Change change(VmcbDiagnosis.Change change) {
        return new DiagnosisReport.Change(
                change.field().name(),
                VmcbDiagnosis.hex(change.field(), change.from()),
                VmcbDiagnosis.hex(change.field(), change.to()),
                change.words(),
                change.breaks());
    }
}

package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.VmcbField;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code thirdmode svm}: the tables of SVM. */
@Command(
        name = "svm",
        description = "Prints the tables of AMD SVM that the model works by.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND")
final class SvmCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "missing command; valid are checks, exits, features, fields, intercepts");
    }

    /** Prints a table: rows of named cells. */
    private void table(boolean json, List<Map<String, String>> rows) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonText.print(out, rows);
            return;
        }
        List<String> heading = List.copyOf(rows.getFirst().keySet());
        TextTable.print(
                out,
                heading,
                rows.stream().map(row -> List.copyOf(row.values())).toList());
    }

    private static Map<String, String> row(String... cells) {
        Map<String, String> row = new LinkedHashMap<>();
        for (int n = 0; n < cells.length; n += 2) {
            row.put(cells[n], cells[n + 1]);
        }
        return row;
    }

    @Command(
            name = "intercepts",
            description = "The intercepts of a VMCB, by vector and bit; the priority tells what is checked before.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void intercepts(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                InterceptTable.rows().stream()
                        .map(intercept -> row(
                                "vector",
                                String.format("0x%03x", intercept.vector().offset),
                                "bit",
                                String.valueOf(intercept.bit()),
                                "name",
                                intercept.name(),
                                "exitCode",
                                String.format("0x%02x", intercept.exitCode()),
                                "section",
                                intercept.section(),
                                "priority",
                                intercept.priority()))
                        .toList());
    }

    @Command(
            name = "fields",
            description = "The fields of a VMCB, by offset.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void fields(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                Arrays.stream(VmcbField.values())
                        .map(field -> row(
                                "offset",
                                String.format("0x%03x", field.offset),
                                "bytes",
                                String.valueOf(field.bytes),
                                "name",
                                field.name(),
                                "section",
                                field.section(),
                                "cleanBit",
                                field.clean == null ? "" : field.clean.name(),
                                "bits",
                                field.bits))
                        .toList());
    }

    @Command(
            name = "checks",
            description = "The consistency checks of VMRUN, in the manual's order. Each exits with VMEXIT_INVALID.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void checks(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                VmrunChecks.rows().stream()
                        .map(check -> row(
                                "id",
                                check.id(),
                                "section",
                                check.section(),
                                "reads",
                                check.fields().stream().map(VmcbField::name).collect(Collectors.joining(", ")),
                                "requirement",
                                check.required(),
                                "title",
                                check.title()))
                        .toList());
    }

    @Command(
            name = "exits",
            description = "The exit codes of #VMEXIT.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void exits(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                ExitTable.rows().stream()
                        .map(exit -> row(
                                "code",
                                exit.code() < 0 ? String.valueOf(exit.code()) : String.format("0x%02x", exit.code()),
                                "name",
                                exit.name(),
                                "modelled",
                                exit.modelled() ? "yes" : "no",
                                "cause",
                                exit.cause(),
                                "exitInfo1",
                                exit.information1(),
                                "exitInfo2",
                                exit.information2()))
                        .toList());
    }

    @Command(
            name = "features",
            description = "What of SVM a processor may have (CPUID Fn8000_000A_EDX), and which profiles have it.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void features(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                Arrays.stream(SvmFeature.values())
                        .map(feature -> row(
                                "bit",
                                String.valueOf(feature.bit),
                                "name",
                                feature.name(),
                                "modelled",
                                feature.modelled ? "yes" : "no",
                                "meaning",
                                feature.meaning,
                                "profiles",
                                SvmProfile.named().values().stream()
                                        .filter(profile -> profile.features().contains(feature))
                                        .map(SvmProfile::name)
                                        .collect(Collectors.joining(" "))))
                        .toList());
    }
}

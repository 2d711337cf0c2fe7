package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.thirdmode.vmx.capability.VmxFeature;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.entry.EntryCheck;
import org.thirdmode.vmx.entry.EntryChecks;
import org.thirdmode.vmx.exec.VmcsState;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.VmcsField;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code thirdmode vmx}: the tables of VMX. */
@Command(
        name = "vmx",
        description = "Prints the tables of Intel VMX that the model works by.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND")
final class VmxCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "missing command; valid are checks, exits, features, fields, lifecycle");
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
            name = "checks",
            description = "The checks of a VM entry, in the manual's order.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void checks(@Option(names = "--json", description = "Print JSON.") boolean json) {
        List<Map<String, String>> rows = new ArrayList<>();
        for (EntryCheck check : EntryChecks.ALL) {
            Map<String, String> row = row("id", check.id(), "section", check.section().number);
            if (json) {
                row.put("sectionTitle", check.section().title);
            }
            row.put("reports", check.report());
            row.put("title", check.title());
            row.put("requirement", check.requirement());
            if (json) {
                row.put(
                        "reads",
                        check.reads().stream()
                                .map(bits -> bits.field().name())
                                .distinct()
                                .collect(Collectors.joining(", ")));
            }
            rows.add(row);
        }
        table(json, rows);
    }

    @Command(
            name = "fields",
            description = "The fields of a VMCS. A field exists where one of the controls in the last column may be 1.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void fields(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                VmcsField.all().stream()
                        .map(field -> row(
                                "encoding",
                                String.format("0x%04x", field.encoding),
                                "name",
                                field.name(),
                                "width",
                                field.width.title,
                                "kind",
                                field.kind.title,
                                "title",
                                field.title,
                                "existsWith",
                                field.existsWith.stream().map(ControlBit::title).collect(Collectors.joining(", "))))
                        .toList());
    }

    @Command(
            name = "exits",
            description = "The basic exit reasons.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void exits(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                Arrays.stream(ExitReason.values())
                        .map(reason -> row(
                                "number", String.valueOf(reason.number), "name", reason.name(), "title", reason.title))
                        .toList());
    }

    @Command(
            name = "features",
            description =
                    "What of VMX a processor may have, where it is told, and which profiles have it: the names for the"
                            + " file of an imaginary processor.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void features(@Option(names = "--json", description = "Print JSON.") boolean json) {
        table(
                json,
                VmxFeature.all().stream()
                        .map(feature -> row(
                                "name",
                                feature.name(),
                                "title",
                                feature.title().replace("\"", ""),
                                "msr",
                                feature.msr() + "[" + feature.bit() + "]",
                                "profiles",
                                VmxProfile.named().entrySet().stream()
                                        .filter(profile ->
                                                profile.getValue().features().contains(feature))
                                        .map(Map.Entry::getKey)
                                        .collect(Collectors.joining(" "))))
                        .toList());
    }

    @Command(
            name = "lifecycle",
            description = "The life cycle of a VMCS as a state diagram in the notation of Mermaid.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void lifecycle() {
        spec.commandLine().getOut().print(VmcsState.diagram());
        spec.commandLine().getOut().flush();
    }
}

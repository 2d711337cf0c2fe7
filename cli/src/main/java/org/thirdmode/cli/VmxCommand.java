package org.thirdmode.cli;

import java.util.Arrays;
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
import picocli.CommandLine.Option;

/** {@code thirdmode vmx}: the tables of VMX. */
@Command(
        name = "vmx",
        description = "Prints the tables of Intel VMX that the model works by.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND")
final class VmxCommand extends CommandGroup {
    @Command(
            name = "checks",
            description = "The checks of a VM entry, in the manual's order.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void checks(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(EntryChecks.ALL)
                .column("id", EntryCheck::id)
                .column("section", check -> check.section().number)
                .jsonColumn("sectionTitle", check -> check.section().title)
                .column("reports", EntryCheck::report)
                .column("title", EntryCheck::title)
                .column("requirement", EntryCheck::requirement)
                .jsonColumn("reads", VmxCommand::reads)
                .print(out(), json);
    }

    private static String reads(EntryCheck check) {
        return check.reads().stream()
                .map(bits -> bits.field().name())
                .distinct()
                .collect(Collectors.joining(", "));
    }

    @Command(
            name = "fields",
            description = "The fields of a VMCS. A field exists where one of the controls in the last column may be 1.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void fields(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(VmcsField.all())
                .column("encoding", field -> String.format("0x%04x", field.encoding))
                .column("name", VmcsField::name)
                .column("width", field -> field.width.title)
                .column("kind", field -> field.kind.title)
                .column("title", field -> field.title)
                .column(
                        "existsWith",
                        field ->
                                field.existsWith.stream().map(ControlBit::title).collect(Collectors.joining(", ")))
                .print(out(), json);
    }

    @Command(
            name = "exits",
            description = "The basic exit reasons.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void exits(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(Arrays.asList(ExitReason.values()))
                .column("number", reason -> String.valueOf(reason.number))
                .column("name", ExitReason::name)
                .column("title", reason -> reason.title)
                .print(out(), json);
    }

    @Command(
            name = "features",
            description =
                    "What of VMX a processor may have, where it is told, and which profiles have it: the names for the"
                            + " file of an imaginary processor.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void features(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(VmxFeature.all())
                .column("name", VmxFeature::name)
                .column("title", feature -> feature.title().replace("\"", ""))
                .column("msr", feature -> feature.msr() + "[" + feature.bit() + "]")
                .column("profiles", VmxCommand::profilesWith)
                .print(out(), json);
    }

    private static String profilesWith(VmxFeature feature) {
        return VmxProfile.named().entrySet().stream()
                .filter(profile -> profile.getValue().features().contains(feature))
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(" "));
    }

    @Command(
            name = "lifecycle",
            description = "The life cycle of a VMCS as a state diagram in the notation of Mermaid.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void lifecycle() {
        out().print(VmcsState.diagram());
        out().flush();
    }
}

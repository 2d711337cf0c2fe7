package org.thirdmode.cli;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.check.VmrunChecks;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.VmcbField;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code thirdmode svm}: the tables of SVM. */
@Command(
        name = "svm",
        description = "Prints the tables of AMD SVM that the model works by.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND")
final class SvmCommand extends CommandGroup {
    @Command(
            name = "intercepts",
            description = "The intercepts of a VMCB, by vector and bit; the priority tells what is checked before.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void intercepts(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(InterceptTable.rows())
                .column("vector", intercept -> String.format("0x%03x", intercept.vector().offset))
                .column("bit", intercept -> String.valueOf(intercept.bit()))
                .column("name", intercept -> intercept.name())
                .column("exitCode", intercept -> String.format("0x%02x", intercept.exitCode()))
                .column("section", intercept -> intercept.section())
                .column("priority", intercept -> intercept.priority())
                .print(out(), json);
    }

    @Command(
            name = "fields",
            description = "The fields of a VMCB, by offset.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void fields(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(Arrays.asList(VmcbField.values()))
                .column("offset", field -> String.format("0x%03x", field.offset))
                .column("bytes", field -> String.valueOf(field.bytes))
                .column("name", VmcbField::name)
                .column("section", VmcbField::section)
                .column("cleanBit", field -> field.clean == null ? "" : field.clean.name())
                .column("bits", field -> field.bits)
                .print(out(), json);
    }

    @Command(
            name = "checks",
            description = "The consistency checks of VMRUN, in the manual's order. Each exits with VMEXIT_INVALID.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void checks(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(VmrunChecks.rows())
                .column("id", VmrunCheck::id)
                .column("section", VmrunCheck::section)
                .column("reads", SvmCommand::reads)
                .column("requirement", VmrunCheck::required)
                .column("title", VmrunCheck::title)
                .print(out(), json);
    }

    private static String reads(VmrunCheck check) {
        return check.fields().stream().map(VmcbField::name).collect(Collectors.joining(", "));
    }

    @Command(
            name = "exits",
            description = "The exit codes of #VMEXIT.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void exits(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(ExitTable.rows())
                .column(
                        "code",
                        exit -> exit.code() < 0 ? String.valueOf(exit.code()) : String.format("0x%02x", exit.code()))
                .column("name", exit -> exit.name())
                .column("modelled", exit -> exit.modelled() ? "yes" : "no")
                .column("cause", exit -> exit.cause())
                .column("exitInfo1", exit -> exit.information1())
                .column("exitInfo2", exit -> exit.information2())
                .print(out(), json);
    }

    @Command(
            name = "features",
            description = "What of SVM a processor may have (CPUID Fn8000_000A_EDX), and which profiles have it.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void features(@Option(names = "--json", description = "Print JSON.") boolean json) {
        new Listing<>(Arrays.asList(SvmFeature.values()))
                .column("bit", feature -> String.valueOf(feature.bit))
                .column("name", SvmFeature::name)
                .column("modelled", feature -> feature.modelled ? "yes" : "no")
                .column("meaning", feature -> feature.meaning)
                .column("profiles", SvmCommand::profilesWith)
                .print(out(), json);
    }

    private static String profilesWith(SvmFeature feature) {
        return SvmProfile.named().values().stream()
                .filter(profile -> profile.features().contains(feature))
                .map(SvmProfile::name)
                .collect(Collectors.joining(" "));
    }
}

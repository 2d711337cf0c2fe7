package org.thirdmode.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.dump.DumpError;
import org.thirdmode.vmx.dump.VmcsDump;
import org.thirdmode.vmx.entry.VmcsDiagnosis;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode vmcs}: what can be done with a VMCS in a file. */
@Command(
        name = "vmcs",
        description = "Looks at a VMCS in a file.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = VmcsCommand.Check.class,
        synopsisSubcommandLabel = "COMMAND")
final class VmcsCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing command; valid are check");
    }

    /** {@code thirdmode vmcs check}: all checks of a VM entry. */
    @Command(
            name = "check",
            description = {
                "Holds a VMCS against every check of a VM entry, and tells which fail, why, and the smallest change that"
                        + " satisfies each.",
                "",
                "The file is a list of lines `FIELD = value`, or the log of Linux KVM or Xen with its print of a VMCS. What"
                        + " it does not tell is unknown; checks that need it are listed as undecided.",
                ""
            },
            footer = {"", "Exit status: 0 where no check fails, 1 where one does, 2 for a mistake."},
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    static final class Check implements Callable<Integer> {
        private static final int LARGEST_FILE = 1 << 26;
        private static final int FAILS = 1;
        private static final int WIDEST = 52;

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "FILE", description = "The VMCS.")
        private Path file;

        @Option(
                names = "--cpu",
                paramLabel = "PROFILE|FILE",
                description =
                        "The processor: the name of a profile that has VMX, or a file that describes an imaginary one"
                                + " (default: one that has every control the manual names).")
        private String cpu;

        @Option(
                names = "--address-width",
                paramLabel = "BITS",
                defaultValue = "52",
                description = "The processor's physical-address width, 32 to 52 (default: ${DEFAULT-VALUE}).")
        private int addressWidth;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        public Integer call() {
            if (addressWidth < 32 || addressWidth > WIDEST) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--address-width: '" + addressWidth + "' is not a width; valid are 32 to 52");
            }
            VmxProfile processor = cpu == null ? null : VmxProcessorChoice.named(cpu);
            VmcsDump dump = dump();
            List<VmxProfile> possible =
                    processor == null ? VmxProfile.manual(dump.linearAddresses57()) : List.of(processor);
            List<VmxCapabilities> capabilities =
                    possible.stream().map(VmxProfile::capabilities).toList();
            VmcsDiagnosis diagnosis = VmcsDiagnosis.of(dump.vmcs(), capabilities, addressWidth, dump.hostInLongMode());
            PrintWriter out = spec.commandLine().getOut();
            DiagnosisReport report = new DiagnosisReport(file.toString(), dump, processor, addressWidth, diagnosis);
            if (json) {
                JsonText.print(out, report.asJson());
            } else {
                report.print(out);
            }
            return diagnosis.failing().isEmpty() ? ExitStatus.OK : FAILS;
        }

        private VmcsDump dump() {
            String text = new String(
                    Input.file(file, "a VMCS in a file", LARGEST_FILE).bytes(), StandardCharsets.UTF_8);
            try {
                return VmcsDump.read(text);
            } catch (DumpError e) {
                throw new UserError(file + ": " + e.getMessage());
            }
        }
    }
}

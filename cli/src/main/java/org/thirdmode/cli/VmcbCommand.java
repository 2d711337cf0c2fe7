package org.thirdmode.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.check.CheckLimits;
import org.thirdmode.svm.check.VmcbDiagnosis;
import org.thirdmode.svm.dump.DumpError;
import org.thirdmode.svm.dump.VmcbDump;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode vmcb}: what can be done with a VMCB in a file. */
@Command(
        name = "vmcb",
        description = "Looks at a VMCB in a file.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = VmcbCommand.Check.class,
        synopsisSubcommandLabel = "COMMAND")
final class VmcbCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing command; valid are check");
    }

    /** {@code thirdmode vmcb check}: all checks of VMRUN. */
    @Command(
            name = "check",
            description = {
                "Holds a VMCB against every consistency check of VMRUN, and tells which fail, why, and the smallest change"
                        + " that satisfies each.",
                "",
                "The file is a list of lines `FIELD = value`, or the log of Linux KVM or Xen with its print of a VMCB. What"
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

        @Parameters(paramLabel = "FILE", description = "The VMCB.")
        private Path file;

        @Option(
                names = "--cpu",
                paramLabel = "PROFILE",
                description =
                        "The processor: the name of a profile that has SVM (default: one that has every bit of CR4"
                                + " and EFER that the manual names).")
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
            CheckLimits limits = limits();
            VmcbDump dump = dump();
            VmcbDiagnosis diagnosis = VmcbDiagnosis.of(dump.vmcb(), limits);
            PrintWriter out = spec.commandLine().getOut();
            VmcbReport report = new VmcbReport(file.toString(), dump, cpu, addressWidth, diagnosis);
            if (json) {
                JsonText.print(out, report.asJson());
            } else {
                report.print(out);
            }
            return diagnosis.failing().isEmpty() ? ExitStatus.OK : FAILS;
        }

        private CheckLimits limits() {
            if (cpu == null) {
                return CheckLimits.ofAnyProcessor(addressWidth);
            }
            CpuProfile profile = CpuProfile.named().get(cpu);
            if (profile == null || !profile.has(Feature.SVM)) {
                throw new UserError("--cpu " + cpu + ": is no processor with SVM; valid are "
                        + String.join(", ", SvmProfile.named().keySet()));
            }
            return CheckLimits.of(profile.features(), addressWidth, SvmProfile.of(cpu));
        }

        private VmcbDump dump() {
            String text = new String(
                    Input.file(file, "a VMCB in a file", LARGEST_FILE).bytes(), StandardCharsets.UTF_8);
            try {
                return VmcbDump.read(text);
            } catch (DumpError e) {
                throw new UserError(file + ": " + e.getMessage());
            }
        }
    }
}

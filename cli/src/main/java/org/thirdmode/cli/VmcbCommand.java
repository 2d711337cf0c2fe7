package org.thirdmode.cli;

import java.util.concurrent.Callable;
import org.thirdmode.svm.SvmProfile;
import org.thirdmode.svm.check.CheckLimits;
import org.thirdmode.svm.check.VmcbDiagnosis;
import org.thirdmode.svm.dump.VmcbDump;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code thirdmode vmcb}: what can be done with a VMCB in a file. */
@Command(
        name = "vmcb",
        description = "Looks at a VMCB in a file.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = VmcbCommand.Check.class,
        synopsisSubcommandLabel = "COMMAND")
final class VmcbCommand extends CommandGroup {
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
        @Spec
        private CommandSpec spec;

        @Mixin
        private DumpFile dumpFile;

        @Option(
                names = "--cpu",
                paramLabel = "PROFILE",
                description =
                        "The processor: the name of a profile that has SVM (default: one that has every bit of CR4"
                                + " and EFER that the manual names).")
        private String cpu;

        @Override
        public Integer call() {
            CheckLimits limits = limits();
            VmcbDump dump = dumpFile.read(VmcbDump::read);
            VmcbDiagnosis diagnosis = VmcbDiagnosis.of(dump.vmcb(), limits);
            VmcbReport report = new VmcbReport(dumpFile.file, dump, cpu, dumpFile.addressWidth, diagnosis);
            return dumpFile.print(spec.commandLine().getOut(), report.told());
        }

        private CheckLimits limits() {
            if (cpu == null) {
                return CheckLimits.ofAnyProcessor(dumpFile.addressWidth);
            }
            CpuProfile profile = CpuProfile.named().get(cpu);
            if (profile == null || !profile.has(Feature.SVM)) {
                throw new UserError("--cpu " + cpu + ": is no processor with SVM; valid are "
                        + String.join(", ", SvmProfile.named().keySet()));
            }
            return CheckLimits.of(profile.features(), dumpFile.addressWidth, SvmProfile.of(cpu));
        }
    }
}

package org.thirdmode.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.dump.VmcsDump;
import org.thirdmode.vmx.entry.VmcsDiagnosis;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code thirdmode vmcs}: what can be done with a VMCS in a file. */
@Command(
        name = "vmcs",
        description = "Looks at a VMCS in a file.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = VmcsCommand.Check.class,
        synopsisSubcommandLabel = "COMMAND")
final class VmcsCommand extends CommandGroup {
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
        @Spec
        private CommandSpec spec;

        @Mixin
        private DumpFile dumpFile;

        @Option(
                names = "--cpu",
                paramLabel = "PROFILE|FILE",
                description =
                        "The processor: the name of a profile that has VMX, or a file that describes an imaginary one"
                                + " (default: one that has every control the manual names).")
        private String cpu;

        @Override
        public Integer call() {
            VmxProfile processor = cpu == null ? null : VmxProcessorChoice.named(cpu);
            VmcsDump dump = dumpFile.read(VmcsDump::read);
            List<VmxProfile> possible =
                    processor == null ? VmxProfile.manual(dump.linearAddresses57()) : List.of(processor);
            List<VmxCapabilities> capabilities =
                    possible.stream().map(VmxProfile::capabilities).toList();
            VmcsDiagnosis diagnosis =
                    VmcsDiagnosis.of(dump.vmcs(), capabilities, dumpFile.addressWidth, dump.hostInLongMode());
            VmcsReport report = new VmcsReport(dumpFile.file, dump, processor, dumpFile.addressWidth, diagnosis);
            return dumpFile.print(spec.commandLine().getOut(), report.told());
        }
    }
}

package org.thirdmode.cli;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What boots, and on what. */
final class GuestOptions {
    private static final String MINI_KERNEL = "mini64";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--on",
            paramLabel = "PLATFORM",
            converter = Words.ToPlatform.class,
            description = "What to run on: bare, the machine without a hypervisor, or kvm, a virtual machine"
                    + " (default: bare, or kvm where --virt or --mmu is given).")
    private Platform platform;

    @Option(
            names = "--virt",
            paramLabel = "vmx|svm",
            converter = Words.ToVirt.class,
            description = "The extension that runs a virtual machine (default: the one that the processor has).")
    private Virt virt;

    @Option(
            names = "--mmu",
            paramLabel = "MMU",
            converter = Words.ToMmu.class,
            description =
                    "How a virtual machine's memory is translated: naive, cached or unsync, KVM's shadow tables of"
                            + " 2006, 2007 and 2008, or nested, by the processor (default: nested).")
    private MmuKind mmu;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "64M",
            converter = Size.class,
            description = "RAM, as in 64M or 4G; costs what the guest touches (default: ${DEFAULT-VALUE}).")
    private long memory;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            description =
                    "What a bundled mini-kernel does, with parameters as in 'fork processes=10'; without IMAGE it is"
                            + " mini64. `thirdmode kernels` lists the workloads.")
    private String workload;

    @Option(names = "--append", paramLabel = "TEXT", defaultValue = "", description = "The kernel's command line.")
    private String append;

    @Option(
            names = "--cpu",
            paramLabel = "PROFILE",
            description = "The processor: the name of a profile, or a file that describes an imaginary one.")
    private String cpu;

    @Parameters(
            arity = "0..1",
            paramLabel = "IMAGE",
            description = "A file: boot sector, multiboot, ELF; or the name of a bundled kernel.")
    private String image;

    /** What was asked for: {@code --virt} and {@code --mmu} mean a virtual machine. */
    Platform platform() {
        boolean virtual = virt != null || mmu != null;
        if (platform == Platform.BARE && virtual) {
            throw new ParameterException(
                    spec.commandLine(), "--on bare: has no hypervisor; leave out --virt and --mmu, or say --on kvm");
        }
        return platform != null ? platform : virtual ? Platform.KVM : Platform.BARE;
    }

    VirtualMachineRun virtualMachine() {
        return new VirtualMachineRun(
                Optional.ofNullable(virt),
                Optional.ofNullable(mmu),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                HostPageSize.SMALL);
    }

    /** What to boot; a bundled mini-kernel where only a workload is named. */
    BareRun guest() {
        String commandLine = append;
        if (workload != null) {
            String named = "workload=" + WorkloadChoice.checked(spec.commandLine(), workload);
            commandLine = append.isEmpty() ? named : named + " " + append;
            image = image == null ? MINI_KERNEL : image;
        }
        if (image == null) {
            throw new ParameterException(
                    spec.commandLine(), "missing IMAGE: name a file or a bundled kernel, or give a --workload");
        }
        return new BareRun(
                Optional.of(image),
                OptionalLong.empty(),
                memory,
                commandLine,
                Optional.empty(),
                processor(),
                Fidelity.FAST,
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                0,
                List.of(),
                Optional.empty());
    }

    /** What a guest is told of its processor: where nothing is said, the one that has the extension and everything else. */
    private Optional<String> processor() {
        return cpu == null && virt != null ? Optional.of(virt.generic().name()) : Optional.ofNullable(cpu);
    }
}

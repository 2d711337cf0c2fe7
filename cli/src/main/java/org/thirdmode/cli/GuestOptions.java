package org.thirdmode.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.x86.profile.CpuProfile;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What boots, and on what: the same for every command that runs an image. */
final class GuestOptions {
    private static final String MINI_KERNEL = "mini64";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--on",
            paramLabel = "PLATFORM",
            converter = Words.ToPlatform.class,
            description = "What to run on: bare, the machine without a hypervisor, or kvm, a virtual machine"
                    + " (default: bare, or kvm where an option of the host is given).")
    private Platform platform;

    @Option(
            names = "--virt",
            paramLabel = "vmx|svm",
            converter = Words.ToVirt.class,
            description = "The extension that runs a virtual machine (default: what --cpu has, or vmx).")
    private Virt virt;

    @Option(
            names = "--mmu",
            paramLabel = "MMU",
            converter = Words.ToMmu.class,
            description =
                    "How a virtual machine's memory is translated: naive, cached or unsync, KVM's shadow tables of"
                            + " 2006, 2007 and 2008, nested, by the processor, or agile, by both as the guest's page"
                            + " tables change: agile paging of 2016, on a hypothetical VMX processor (default:"
                            + " nested).")
    private MmuKind mmu;

    @Option(
            names = "--irqchip",
            paramLabel = "user|kernel",
            converter = Words.ToIrqchip.class,
            description = "Where a virtual machine's interrupt controllers are: in user space, as KVM had them in 2006,"
                    + " or in the hypervisor; the ways out to user space are counted apart (default: user).")
    private Irqchip irqchip;

    @Mixin
    private HostOptions host;

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
            names = {"--initrd", "--module"},
            paramLabel = "FILE",
            description =
                    "A Linux kernel's initial RAM disk; or a multiboot module, with its command line after a space,"
                            + " as often as there are modules.")
    private List<String> modules = new ArrayList<>();

    @Option(
            names = "--disk",
            paramLabel = "FILE[,format=raw|qcow2][,if=ide|virtio][,snapshot]",
            converter = DiskOption.class,
            description =
                    "A disk image, on the primary IDE channel or by virtio on the PCI bus; one of each at most. With no"
                            + " IMAGE and no --bios its first sector boots. With snapshot what the guest writes is thrown"
                            + " away at the end.")
    private List<DiskFile> disks = new ArrayList<>();

    @Option(
            names = "--network",
            description =
                    "A network card, by virtio on the PCI bus. At the other end of its cable is a host, 10.0.2.2, which"
                            + " leases the guest the address 10.0.2.15 and answers a ping.")
    private boolean network;

    @Option(
            names = "--raw",
            paramLabel = "ADDRESS",
            converter = Number64.class,
            description =
                    "Put the image at this physical address and start it there, whatever it contains: in real mode"
                            + " below 1 MiB, else in flat 32-bit protected mode.")
    private Long raw;

    @Option(names = "--bios", paramLabel = "FILE", description = "A ROM to reset into, below 4 GiB and below 1 MiB.")
    private Path bios;

    @Option(
            names = "--cpu",
            paramLabel = "PROFILE",
            description = "The processor: the name of a profile, or a file that describes an imaginary one.")
    private String cpu;

    @Option(
            names = "--fidelity",
            paramLabel = "fast|detailed",
            defaultValue = "fast",
            converter = Words.ToFidelity.class,
            description = "fast: the architecture alone; detailed: also the profile's TLBs and paging-structure caches,"
                    + " counted (default: ${DEFAULT-VALUE}).")
    private Fidelity fidelity;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            converter = Number64.class,
            description = "Where RDRAND takes its numbers from (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--instruction-time",
            paramLabel = "N",
            defaultValue = "1",
            converter = InstructionTime.class,
            description = InstructionTime.DESCRIPTION)
    private long instructionTime;

    @Parameters(
            arity = "0..1",
            paramLabel = "IMAGE",
            description = "A file: boot sector, multiboot, ELF; or the name of a bundled kernel.")
    private String image;

    /** Whether an image was named. */
    Optional<String> image() {
        return Optional.ofNullable(image);
    }

    /** The hypervisor that was asked for. */
    HypervisorOptions hypervisor() {
        return new HypervisorOptions(
                Optional.ofNullable(virt), Optional.ofNullable(mmu), Optional.ofNullable(irqchip), host.host());
    }

    /**
     * What was asked for: {@code --virt} and whatever else only a hypervisor has mean a virtual machine.
     *
     * @param otherwise where nothing is said
     */
    Platform platform(Platform otherwise) {
        boolean virtual = virt != null || mmu != null || irqchip != null || host.given();
        if (platform == Platform.BARE && virtual) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--on bare: has no hypervisor; leave out --virt, --mmu, --irqchip and all that begins with --host,"
                            + " or say --on kvm");
        }
        return platform != null ? platform : virtual ? Platform.KVM : otherwise;
    }

    /** Whether the processor is one that a file describes. */
    boolean describedProcessor() {
        return cpu != null && !CpuProfile.named().containsKey(cpu) && Files.isRegularFile(Path.of(cpu));
    }

    /** Whether anything can boot: an image, a ROM, a disk. */
    boolean boots() {
        return image != null || workload != null || bios != null || !disks.isEmpty();
    }

    /** What to boot; a bundled mini-kernel where only a workload is named. */
    BareRun guest(
            Platform on, OptionalLong maxInstructions, Optional<TraceFile.Choice> trace, Optional<Path> debugConsole) {
        String commandLine = append;
        if (workload != null) {
            String named = "workload=" + WorkloadChoice.checked(spec.commandLine(), workload);
            commandLine = append.isEmpty() ? named : named + " " + append;
        }
        return new BareRun(
                Optional.ofNullable(image == null && workload != null ? MINI_KERNEL : image),
                raw == null ? OptionalLong.empty() : OptionalLong.of(raw),
                memory,
                commandLine,
                Optional.ofNullable(bios),
                processor(on),
                fidelity,
                maxInstructions,
                trace,
                debugConsole,
                seed,
                instructionTime,
                network,
                modules,
                disks(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OperatorChoice.NOBODY,
                List.of(),
                false);
    }

    private List<DiskFile> disks() {
        return Disks.eachOnItsOwn(spec.commandLine(), disks);
    }

    /** What a guest is told of its processor: where nothing is said, the host's, or one that has everything. */
    private Optional<String> processor(Platform on) {
        Optional<CpuProfile> hosts = host.host().processor();
        if (cpu == null && on == Platform.KVM && hosts.isPresent()) {
            return Optional.of(hosts.get().name());
        }
        if (cpu == null && on == Platform.KVM && virt != null) {
            return Optional.of(virt.generic().name());
        }
        return Optional.ofNullable(cpu);
    }
}

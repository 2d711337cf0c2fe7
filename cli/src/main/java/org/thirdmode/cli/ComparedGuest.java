package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.guests.Workload;
import org.thirdmode.lab.Host;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What {@code thirdmode compare} runs: workloads of a mini-kernel, or a kernel in a file. */
final class ComparedGuest {
    private static final String USUAL_WORKLOAD = "fork";

    /** Far more than any bundled workload takes by default; a guest that hangs ends here. */
    private static final long WORKLOAD_BUDGET = 4_000_000_000L;

    /** Three times what Debian's slowest kernel takes to a shell and off. */
    private static final long FILE_BUDGET = 20_000_000_000L;

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            description = "The workload, with parameters as in 'fork processes=10' (default: " + USUAL_WORKLOAD + ").")
    private String workload;

    @Option(names = "--all-workloads", description = "Run every workload, one after the other.")
    private boolean allWorkloads;

    @Option(
            names = "--kernel",
            paramLabel = "KERNEL",
            defaultValue = "mini64",
            description = "The kernel: mini32, minipae or mini64, or a FILE such as Linux's, which has no workloads and"
                    + " has to end by itself (default: ${DEFAULT-VALUE}).")
    private String kernel;

    @Option(names = "--initrd", paramLabel = "FILE", description = "A Linux kernel's initial RAM disk.")
    private Path ramDisk;

    @Option(names = "--append", paramLabel = "TEXT", defaultValue = "", description = "The kernel's command line.")
    private String append;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "64M",
            converter = Size.class,
            description = "RAM, as in 64M or 4G (default: ${DEFAULT-VALUE}).")
    private long memory;

    @Option(
            names = "--disk",
            paramLabel = "FILE[,format=raw|qcow2][,if=ide|virtio]",
            converter = DiskOption.class,
            description =
                    "A disk image, on the primary IDE channel or by virtio on the PCI bus; one of each at most. Each"
                            + " run sees it as it is: what a guest writes is thrown away.")
    private List<DiskFile> disks = new ArrayList<>();

    @Option(names = "--network", description = "A network card, as that of `thirdmode run`.")
    private boolean network;

    @Option(
            names = "--instruction-time",
            paramLabel = "N",
            defaultValue = "1",
            converter = InstructionTime.class,
            description = InstructionTime.DESCRIPTION)
    private long instructionTime;

    @Mixin
    private TypingOptions typing;

    @Option(
            names = "--max-instructions",
            paramLabel = "N",
            converter = Count.class,
            description =
                    "End a run after so many instructions, as in 1000000 or 100M, the time that the guest sleeps counted with them (default:"
                            + " 4000M, or 20000M of a FILE).")
    private Long most;

    /** Whether the kernel is a file of the user's. */
    private boolean isFile() {
        return GuestCatalogue.find(kernel).isEmpty() && Path.of(kernel).toFile().exists();
    }

    /** Whether such a host can run it; throws where not. */
    void require(Host host) {
        HostOptions.require(host, kernel);
    }

    Image image() {
        if (isFile()) {
            if (workload != null || allWorkloads) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--kernel " + kernel + ": is a file, which has no workloads; its command line is --append");
            }
            Input file = Input.image(kernel, memory);
            return new Image(file.name(), file.bytes());
        }
        GuestImage guest = GuestCatalogue.find(kernel)
                .filter(GuestImage::takesWorkloads)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--kernel " + kernel
                                + ": is no kernel with workloads and no file; valid are mini32, minipae, mini64, or a"
                                + " FILE"));
        return new Image(guest.name(), guest.bytes());
    }

    /** What is compared, one after the other: workloads, or the file. */
    List<String> names() {
        if (isFile()) {
            return List.of(Path.of(kernel).getFileName().toString());
        }
        return allWorkloads
                ? Workload.all().stream().map(Workload::name).toList()
                : List.of(WorkloadChoice.checked(
                        spec.commandLine(), Optional.ofNullable(workload).orElse(USUAL_WORKLOAD)));
    }

    /** How one of them is told while it runs. */
    String inWords(String name) {
        return isFile() ? name : kernel + " " + name;
    }

    LoadOptions options(String name) {
        String commandLine = isFile() ? append : ("workload=" + name + " " + append).strip();
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine(commandLine);
        if (ramDisk == null) {
            return options;
        }
        Input file = Input.file(ramDisk, "--memory " + Size.inWords(memory), memory);
        return options.withModules(List.of(new LoadOptions.Module(new Image(file.name(), file.bytes()), "")));
    }

    /** What each run has beside it, opened for one of them. */
    ComparedEquipment equipment() {
        return ComparedEquipment.open(Disks.eachOnItsOwn(spec.commandLine(), disks), typing.operator(false, false));
    }

    MachineConfiguration configuration() {
        MachineConfiguration configuration = BareMachine.withMemory(memory).withInstructionTime(instructionTime);
        return network ? configuration.withNetwork() : configuration;
    }

    /** The most ticks of a run. */
    long budget() {
        OptionalLong given = most == null ? OptionalLong.empty() : OptionalLong.of(most);
        return configuration().ticksOf(given.orElse(isFile() ? FILE_BUDGET : WORKLOAD_BUDGET));
    }
}

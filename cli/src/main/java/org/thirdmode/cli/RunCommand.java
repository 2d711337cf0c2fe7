package org.thirdmode.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.Irqchip;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.lab.trace.TraceFormat;
import org.thirdmode.pc.disk.DiskFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode run}: boots an image and behaves like a machine. */
@Command(
        name = "run",
        description = {
            "Boots an image. Standard output carries what the guest writes to its first serial port, and nothing else;"
                    + " a table of counts follows on standard error.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "N:the value that the guest wrote to port 0xf4, at most 255; 0 when it switched the power off",
            "123:the hypervisor could not go on (KVM_EXIT_FAIL_ENTRY, KVM_EXIT_UNKNOWN)",
            "124:the budget of instructions was reached",
            "125:triple fault",
            "126:a bug of the model",
            "2:bad usage, or an image that cannot be loaded"
        })
final class RunCommand implements Callable<Integer> {
    /** Options that say what a machine is made of. */
    private static final List<String> MADE_OF = List.of(
            "--memory",
            "--append",
            "--workload",
            "--module",
            "--raw",
            "--bios",
            "--cpu",
            "--fidelity",
            "--seed",
            "--disk",
            "--host-pages");

    private static final String MINI_KERNEL = "mini64";

    private final Bare bare;
    private final OutputStream out;
    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--on",
            paramLabel = "PLATFORM",
            converter = Words.ToPlatform.class,
            description = "What to run on: bare, the machine without a hypervisor, or kvm, a virtual machine"
                    + " (default: bare, or kvm where --virt, --mmu or --host-pages is given).")
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
                            + " 2006, 2007 and 2008, or nested, by the processor (default: nested).")
    private MmuKind mmu;

    @Option(
            names = "--irqchip",
            paramLabel = "user|kernel",
            converter = Words.ToIrqchip.class,
            description = "Where a virtual machine's interrupt controllers are: in user space, as KVM had them in 2006,"
                    + " or in the hypervisor; the ways out to user space are counted apart (default: user).")
    private Irqchip irqchip;

    @Option(
            names = "--host-pages",
            paramLabel = "4k|2m|1g",
            converter = Words.ToHostPages.class,
            description = "The pages in which the host gives a virtual machine memory: nested and unsync map large ones"
                    + " whole (default: 4k).")
    private HostPageSize hostPages;

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
            names = "--module",
            paramLabel = "FILE",
            description = "A multiboot module, with its command line after a space; may be repeated.")
    private List<String> modules = new ArrayList<>();

    @Option(
            names = "--disk",
            paramLabel = "FILE[,format=raw|qcow2][,snapshot]",
            converter = DiskOption.class,
            description =
                    "A disk image, on the primary IDE channel; with no IMAGE and no --bios its first sector boots."
                            + " With snapshot what the guest writes is thrown away at the end.")
    private DiskFile disk;

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
            names = "--max-instructions",
            paramLabel = "N",
            converter = Count.class,
            description = "Stop after N instructions, as in 1000000 or 100M (default: no limit).")
    private Long maxInstructions;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            converter = Number64.class,
            description = "Where RDRAND takes its numbers from (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description = "Write the whole virtual machine to FILE at the instruction that --at names, and end; nothing"
                    + " is written where the guest ends before.")
    private Path save;

    @Option(
            names = "--at",
            paramLabel = "N",
            converter = Count.class,
            description = "After how many instructions of the guest to --save it, as in 1000000 or 100M.")
    private Long at;

    @Option(
            names = "--restore",
            paramLabel = "FILE",
            description = "Go on with the virtual machine that --save wrote to FILE, on the same host or on that of"
                    + " --virt and --mmu.")
    private Path restore;

    @Option(names = "--screen", description = "Print the text screen on standard error at the end.")
    private boolean screen;

    @Option(
            names = "--debug-console",
            paramLabel = "FILE",
            description = "Write what the guest sends to the debug console, ports 0xe9 and 0x402.")
    private Path debugConsole;

    @Option(names = "--stats", paramLabel = "FILE", description = "Write the counts and the outcome as JSON.")
    private Path stats;

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description =
                    "Write what happens: VM entries, VM exits, injected events, each instruction and"
                            + " two-dimensional walk of the bare machine, faults and changes of tables of a virtual machine's MMU with their causes.")
    private Path trace;

    @Option(
            names = "--trace-format",
            paramLabel = "FORMAT",
            defaultValue = "text",
            converter = Words.ToTraceFormat.class,
            description =
                    "text, a line an event; json, an object a line; or perfetto, a time line for the Perfetto viewer"
                            + " (default: ${DEFAULT-VALUE}).")
    private TraceFormat traceFormat;

    @Parameters(
            arity = "0..1",
            paramLabel = "IMAGE",
            description = "A file: boot sector, multiboot, ELF; or the name of a bundled kernel.")
    private String image;

    RunCommand(Bare bare, OutputStream out, PrintStream err) {
        this.bare = bare;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        String commandLine = append;
        if (workload != null) {
            String named = "workload=" + WorkloadChoice.checked(spec.commandLine(), workload);
            commandLine = append.isEmpty() ? named : named + " " + append;
            image = image == null ? MINI_KERNEL : image;
        }
        saving();
        if (image == null && bios == null && disk == null && restore == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "missing IMAGE: name a file or a bundled kernel, give a ROM with --bios, or a disk with --disk");
        }
        Platform on = platform();
        BareRun what = new BareRun(
                Optional.ofNullable(image),
                optional(raw),
                memory,
                commandLine,
                Optional.ofNullable(bios),
                processor(on),
                fidelity,
                optional(maxInstructions),
                Optional.ofNullable(trace).map(file -> new TraceFile.Choice(file, traceFormat)),
                Optional.ofNullable(debugConsole),
                seed,
                modules,
                Optional.ofNullable(disk));
        writable("--stats", stats);
        writable("--save", save);
        writable("--trace", trace);
        writable("--debug-console", debugConsole);
        SerialOutput serial = new SerialOutput(out);
        Report report;
        try {
            report = switch (on) {
                case BARE -> bare.run(what, serial);
                case KVM ->
                    new VirtualMachineRun(
                                    Optional.ofNullable(virt),
                                    Optional.ofNullable(mmu),
                                    Optional.ofNullable(restore),
                                    Optional.ofNullable(save).map(file -> new SavePoint(file, at)),
                                    screen,
                                    Optional.ofNullable(irqchip),
                                    hostPages == null ? HostPageSize.SMALL : hostPages)
                            .run(what, serial);
            };
        } finally {
            serial.flush();
        }
        if (screen) {
            err.println(String.join("\n", report.screen()).stripTrailing());
        }
        CountsTable.print(report, err);
        report.warnings().forEach(warning -> err.println("thirdmode: warning: " + warning));
        if (report.outcome() instanceof Outcome.Bug(String where, Throwable cause)) {
            cause.printStackTrace(err);
        }
        if (stats != null) {
            StatsFile.write(stats, on, what, report);
        }
        return report.outcome().status();
    }

    /** What {@code --save}, {@code --at} and {@code --restore} need, and what they exclude. */
    private void saving() {
        if ((save == null) != (at == null)) {
            throw new ParameterException(
                    spec.commandLine(), save == null ? "--at: is for --save FILE" : "--save: say when by --at N");
        }
        if (restore == null) {
            return;
        }
        if (image != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--restore " + restore + ": the file holds the whole machine; leave out " + image);
        }
        for (String option : MADE_OF) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--restore " + restore + ": the file holds the whole machine; leave out " + option);
            }
        }
    }

    /** What was asked for: {@code --virt}, {@code --mmu} and {@code --host-pages} mean a virtual machine. */
    private Platform platform() {
        boolean saves = save != null || restore != null;
        boolean virtual = virt != null || mmu != null || irqchip != null || hostPages != null || saves;
        if (platform == Platform.BARE && saves) {
            throw new ParameterException(
                    spec.commandLine(), "--on bare: only virtual machines can be saved; say --on kvm");
        }
        if (platform == Platform.BARE && virtual) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--on bare: has no hypervisor; leave out --virt, --mmu, --irqchip and --host-pages,"
                            + " or say --on kvm");
        }
        return platform != null ? platform : virtual ? Platform.KVM : Platform.BARE;
    }

    /** What a guest is told of its processor: where nothing is said, the one that has the extension and everything else. */
    private Optional<String> processor(Platform on) {
        if (cpu == null && on == Platform.KVM && virt != null) {
            return Optional.of(virt.generic().name());
        }
        return Optional.ofNullable(cpu);
    }

    private static OptionalLong optional(Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** Finds out before the run, which may be long, that its result could not be written. */
    private static void writable(String option, Path file) {
        if (file == null) {
            return;
        }
        if (Files.isDirectory(file)) {
            throw new UserError(option + " " + file + ": is a folder; name a file");
        }
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            throw new UserError(option + " " + file + ": the folder " + folder + " does not exist; create it first");
        }
        if (!Files.isWritable(Files.exists(file) ? file : folder)) {
            throw new UserError(option + " " + file + ": cannot be written; name a file you may write");
        }
    }
}

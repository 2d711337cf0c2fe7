package org.thirdmode.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.thirdmode.cli.operator.ScreenPicture;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Profile;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.trace.TraceFormat;
import org.thirdmode.pc.snapshot.StateHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
            "125:triple fault, or a reset with --no-reboot",
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
            "--instruction-time");

    private final Bare bare;
    private final OutputStream out;
    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Mixin
    private GuestOptions guest;

    @Option(
            names = "--max-instructions",
            paramLabel = "N",
            converter = Count.class,
            description = "Stop after N instructions, as in 1000000 or 100M (default: no limit).")
    private Long maxInstructions;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description = "Write the whole machine to FILE at the instruction that --at names, and end; nothing"
                    + " is written where the guest ends before. A disk stays in its image, which must not change.")
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
            description =
                    "Go on with the machine that --save wrote to FILE; a virtual one on the like of its host, but for"
                            + " what --virt, --mmu and --host... say. Its disk is opened where it was, or where --disk says.")
    private Path restore;

    @Option(
            names = "--flip",
            paramLabel = "ADDRESS:BIT@N",
            converter = Flip.Converter.class,
            description =
                    "Flip a bit of RAM after N instructions of the guest, as in 0x200000:3@100M: a memory error, for a"
                            + " memory test to find. As often as there are errors.")
    private List<Flip> flips = new ArrayList<>();

    @Option(names = "--screen", description = "Print the text screen on standard error at the end.")
    private boolean screen;

    @Option(names = "--screen-png", paramLabel = "FILE", description = "Write a picture of the text screen at the end.")
    private Path screenPng;

    @Option(
            names = "--no-reboot",
            description =
                    "End the run, with status 125, where the guest resets the machine, as Linux does after a panic"
                            + " with panic=-1.")
    private boolean noReboot;

    @Option(
            names = "--interactive",
            description = "You are at the other end of the serial port; with --screen, at the keyboard and the text"
                    + " screen. All keys are the guest's, but Ctrl-A x leaves. Such a run does not repeat to the bit.")
    private boolean interactive;

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

    @Mixin
    private TypingOptions typing;

    @Mixin
    private PriceOptions prices;

    RunCommand(Bare bare, OutputStream out, PrintStream err) {
        this.bare = bare;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        saving();
        if (!guest.boots() && restore == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "missing IMAGE: name a file or a bundled kernel, give a ROM with --bios, or a disk with --disk");
        }
        Platform on = guest.platform(restore == null ? Platform.BARE : platformOf(restore));
        BareRun what = guest.guest(
                        on,
                        maxInstructions == null ? OptionalLong.empty() : OptionalLong.of(maxInstructions),
                        Optional.ofNullable(trace).map(file -> new TraceFile.Choice(file, traceFormat)),
                        Optional.ofNullable(debugConsole))
                .with(
                        Optional.ofNullable(restore),
                        Optional.ofNullable(save).map(file -> new SavePoint(file, at)),
                        caches(),
                        typing.operator(interactive, interactive && screen),
                        flips,
                        noReboot);
        OutputFile.writable("--stats", stats);
        OutputFile.writable("--save", save);
        OutputFile.writable("--screen-png", screenPng);
        OutputFile.writable("--trace", trace);
        OutputFile.writable("--debug-console", debugConsole);
        List<Profile> profiles = prices.profiles();
        SerialOutput serial = new SerialOutput(out);
        Report report;
        try {
            report = switch (on) {
                case BARE -> bare.run(what, serial);
                case KVM -> new VirtualMachineRun(guest.hypervisor(), screen).run(what, serial);
            };
        } finally {
            serial.flush();
        }
        if (screenPng != null) {
            OutputFile.png(screenPng, ScreenPicture.of(report.picture().orElseThrow()));
        }
        if (screen && !interactive) {
            err.println(String.join("\n", report.screen()).stripTrailing());
        }
        CountsTable.print(report, err);
        if (prices.wanted()) {
            List<Counts> counted = report.priced().stream().toList();
            prices.record(counted);
            if (!profiles.isEmpty()) {
                new PriceTable(counted, profiles).print(new PrintWriter(err, true));
            }
        }
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
        if (save != null && guest.describedProcessor()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--save: a machine with the processor of a file cannot be saved; name a profile");
        }
        if (save != null && !flips.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--flip: is for a run to its end; leave out --save");
        }
        if (restore == null) {
            return;
        }
        if (prices.wanted()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--restore " + restore
                            + ": its file has no counts of before to price; leave out --price and --record");
        }
        if (guest.image().isPresent()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--restore " + restore + ": the file holds the whole machine; leave out "
                            + guest.image().get());
        }
        for (String option : MADE_OF) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--restore " + restore + ": the file holds the whole machine; leave out " + option);
            }
        }
    }

    /** Whose caches are modelled. */
    private Optional<Profile> caches() {
        Optional<Profile> caches = prices.caches();
        if (caches.isPresent() && trace != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--caches: watches the references that --trace shows; leave out one of the two");
        }
        return caches;
    }

    /** What the machine in a file ran on. */
    private static Platform platformOf(Path file) {
        String on = SavePoint.restored(file, () -> StateHeader.on(file));
        return on.equals(VirtualMachine.ON) ? Platform.KVM : Platform.BARE;
    }
}

package org.thirdmode.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.guests.Workload;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.x86.paging.WalkCounters;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code thirdmode compare}: one workload on the bare machine and under every MMU, side by side. */
@Command(
        name = "compare",
        description = {
            "Runs a workload on the bare machine and in a virtual machine under every MMU, and prints side by side what each"
                    + " costs. The runs must print the same and take the same number of the guest's instructions.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all runs agree", "1:they do not", "2:bad usage"})
final class CompareCommand implements Callable<Integer> {
    /** Far more than any bundled workload takes by default; a guest that hangs ends here. */
    private static final long BUDGET = 4_000_000_000L;

    private static final int TOP_REASONS = 3;

    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            defaultValue = "fork",
            description = "The workload, with parameters as in 'fork children=10' (default: ${DEFAULT-VALUE}).")
    private String workload;

    @Option(names = "--all-workloads", description = "Run every workload, one after the other.")
    private boolean allWorkloads;

    @Option(
            names = "--kernel",
            paramLabel = "KERNEL",
            defaultValue = "mini64",
            description = "The kernel: mini32, minipae or mini64 (default: ${DEFAULT-VALUE}).")
    private String kernel;

    @Option(names = "--json", description = "Print the runs as a JSON array.")
    private boolean json;

    CompareCommand(PrintStream err) {
        this.err = err;
    }

    /** One run: what it is, and what was counted. */
    private record Run(
            String workload,
            String on,
            MachineOutcome outcome,
            String output,
            long instructions,
            Map<String, Long> exits,
            Optional<MmuCounters> mmu,
            WalkCounters walks) {
        long allExits() {
            return exits.values().stream().mapToLong(Long::longValue).sum();
        }

        /** References to tables of either dimension a walk. */
        double referencesPerWalk() {
            long references = walks.allTableReferences() + walks.allNestedReferences();
            return walks.walks == 0 ? 0 : (double) references / walks.walks;
        }
    }

    @Override
    public Integer call() {
        GuestImage guest = GuestCatalogue.find(kernel)
                .filter(GuestImage::takesWorkloads)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--kernel " + kernel + ": is no kernel with workloads; valid are mini32, minipae, mini64"));
        List<String> workloads =
                allWorkloads ? Workload.all().stream().map(Workload::name).toList() : List.of(workload);
        List<Run> all = new ArrayList<>();
        boolean agree = true;
        for (String name : workloads) {
            if (Workload.find(name.split(" ", 2)[0]).isEmpty()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--workload " + name + ": is unknown; valid are "
                                + Workload.all().stream().map(Workload::name).collect(Collectors.joining(", ")));
            }
            List<Run> runs = runs(guest, name);
            all.addAll(runs);
            agree &= judge(runs);
        }
        if (json) {
            JsonText.print(
                    spec.commandLine().getOut(),
                    all.stream().map(CompareCommand::json).toList());
        }
        return agree ? 0 : 1;
    }

    private List<Run> runs(GuestImage guest, String name) {
        Image image = new Image(guest.name(), guest.bytes());
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=" + name);
        List<Run> runs = new ArrayList<>();
        try {
            progress(name, "bare");
            runs.add(bare(image, options, name));
            for (MmuKind kind : MmuKind.values()) {
                progress(name, Words.word(kind));
                runs.add(virtual(image, options, name, kind));
            }
        } catch (ImageException e) {
            throw new UserError(e.getMessage());
        }
        return runs;
    }

    private void progress(String name, String on) {
        err.println("compare: " + kernel + ", " + name + ", " + on);
    }

    private static Run bare(Image image, LoadOptions options, String name) throws ImageException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine =
                new Machine(MachineConfiguration.DEFAULT, Optional.of(image), options, HostPorts.serial(out::write));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                name,
                "bare",
                outcome,
                digest(out),
                machine.processor().instructions(),
                Map.of(),
                Optional.empty(),
                machine.processor().walker.counters);
    }

    private static Run virtual(Image image, LoadOptions options, String name, MmuKind kind) throws ImageException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        VirtualMachine machine = new VirtualMachine(
                MachineConfiguration.DEFAULT, kind, Optional.of(image), options, HostPorts.serial(out::write));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                name,
                Words.word(kind),
                outcome,
                digest(out),
                machine.instructions(),
                machine.vcpu().exits(),
                Optional.of(machine.vcpu().mmu().counters()),
                machine.walks());
    }

    private static String digest(ByteArrayOutputStream out) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(out.toByteArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- what it means ----

    /** Prints the table and the verdict; whether the runs agree. */
    private boolean judge(List<Run> runs) {
        Run bare = runs.getFirst();
        PrintWriter out = json ? new PrintWriter(err, true) : spec.commandLine().getOut();
        if (!json) {
            TextTable.print(
                    out,
                    List.of(
                            "run",
                            "instructions",
                            "exits",
                            "page-fault exits",
                            "guest faults",
                            "walks",
                            "references a walk",
                            "flushes",
                            "table pages",
                            "most frequent exits"),
                    runs.stream().map(CompareCommand::cells).toList());
        }
        boolean agree = true;
        for (Run run : runs) {
            if (!run.output().equals(bare.output())
                    || run.instructions() != bare.instructions()
                    || !run.outcome().equals(bare.outcome())) {
                agree = false;
                err.println("compare: " + run.workload() + ": " + run.on()
                        + " does not agree with bare: another output, number of instructions or end");
            }
        }
        if (agree) {
            out.println(verdict(runs));
        }
        out.flush();
        return agree;
    }

    private static List<String> cells(Run run) {
        String top = run.exits().entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(TOP_REASONS)
                .map(e -> e.getKey() + " " + number(e.getValue()))
                .collect(Collectors.joining(", "));
        return List.of(
                run.on(),
                number(run.instructions()),
                number(run.allExits()),
                run.mmu().map(c -> number(c.faults)).orElse("-"),
                run.mmu().map(c -> number(c.guestFaults)).orElse("-"),
                number(run.walks().walks),
                String.format(Locale.ROOT, "%.1f", run.referencesPerWalk()),
                run.mmu().map(c -> number(c.flushes)).orElse("-"),
                run.mmu().map(c -> number(c.pagesInUsePeak)).orElse("-"),
                top);
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** Who exits least, and what that one pays instead. */
    private static String verdict(List<Run> runs) {
        Run best = runs.stream()
                .skip(1)
                .min(Comparator.comparingLong(Run::allExits))
                .orElseThrow();
        Run worst = runs.stream()
                .skip(1)
                .max(Comparator.comparingLong(Run::allExits))
                .orElseThrow();
        return String.format(
                Locale.ROOT,
                "All runs printed the same and took the same %,d instructions. %s leaves the guest least, %,d times against"
                        + " %,d under %s; a walk of it reads %.1f table entries, one on the bare machine %.1f.",
                best.instructions(),
                best.on(),
                best.allExits(),
                worst.allExits(),
                worst.on(),
                best.referencesPerWalk(),
                runs.getFirst().referencesPerWalk());
    }

    private static Map<String, Object> json(Run run) {
        Map<String, Object> object = new LinkedHashMap<>();
        boolean bare = run.mmu().isEmpty();
        object.put("workload", run.workload());
        object.put("on", bare ? "bare" : "kvm");
        object.put("virt", bare ? null : "vmx");
        object.put("mmu", bare ? null : run.on());
        object.put("instructions", run.instructions());
        object.put("exits", run.exits());
        object.put("walks", run.walks().walks);
        object.put("tableReferences", run.walks().allTableReferences());
        object.put("nestedReferences", run.walks().allNestedReferences());
        object.put("counters", run.mmu().map(MmuCounters::list).orElse(Map.of()));
        object.put("output", run.output());
        return object;
    }
}

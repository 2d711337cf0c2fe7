package org.thirdmode.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Profile;
import org.thirdmode.lab.Comparison;
import org.thirdmode.lab.Experiment;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.lab.Measurement;
import org.thirdmode.lab.Setup;
import org.thirdmode.lab.boot.BootStage;
import org.thirdmode.lab.boot.KernelLog;
import org.thirdmode.lab.boot.Moment;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code thirdmode compare}: one workload on the bare machine and under every extension and MMU, side by side.
 *
 * <p>The guest is told of the same processor in all of them, which has neither extension, so that it takes the same
 * instructions: what runs it is another matter.
 */
@Command(
        name = "compare",
        description = {
            "Runs a workload, or a kernel of your own, on the bare machine and in a virtual machine under every extension and MMU, and prints side by"
                    + " side what each costs. The runs must print the same and take the same number of the guest's"
                    + " instructions.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all runs agree", "1:they do not, or the guest did not end by itself", "2:bad usage"})
final class CompareCommand implements Callable<Integer> {
    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ComparedGuest guest;

    @Option(
            names = "--only",
            paramLabel = "RUN",
            split = ",",
            description = "Beside the bare machine run these alone, as in vmx/nested,svm/unsync (default: all but"
                    + " vmx/agile, whose processor is hypothetical).")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--kernel-log",
            description =
                    "Also tell what was done in each stage of a Linux kernel's boot, by the kernel's own lines on the"
                            + " serial port: wants console=ttyS0 in --append, and earlyprintk=ttyS0 to see it all.")
    private boolean kernelLog;

    @Mixin
    private HostOptions host;

    @Mixin
    private PriceOptions prices;

    @ArgGroup
    private final Form form = new Form();

    /** How the runs are told; as text tables where nothing is asked for. */
    private static final class Form {
        @Option(names = "--json", description = "Print the runs as a JSON array.")
        private boolean json;

        @Option(names = "--csv", description = "Print the runs as comma-separated values, with a heading.")
        private boolean csv;
    }

    CompareCommand(PrintStream err) {
        this.err = err;
    }

    @Override
    public Integer call() {
        Image image = guest.image();
        guest.require(host.host());
        List<Hypervisor> hypervisors = hypervisors();
        List<Profile> profiles = prices.profiles();
        PrintWriter out = spec.commandLine().getOut();
        boolean text = !form.json && !form.csv;
        List<Comparison> all = new ArrayList<>();
        Map<Measurement, Map<BootStage, Moment>> stages = new IdentityHashMap<>();
        for (String name : guest.names()) {
            Comparison comparison = new Comparison(name, runs(image, name, hypervisors, stages));
            all.add(comparison);
            if (text) {
                ComparisonTable.print(out, comparison);
                if (kernelLog) {
                    StageTable.print(out, byName(comparison, stages));
                }
                if (!profiles.isEmpty()) {
                    new PriceTable(counts(List.of(comparison)), profiles).print(out);
                }
            }
            tell(comparison, text ? out : new PrintWriter(err, true));
        }
        prices.record(counts(all));
        if (form.json) {
            JsonText.print(out, ComparisonTable.objects(all, profiles, stages));
        } else if (form.csv) {
            out.print(CsvText.of(ComparisonTable.flat(all, profiles, stages)));
            out.flush();
        }
        return all.stream().allMatch(CompareCommand::good) ? 0 : 1;
    }

    private static boolean good(Comparison comparison) {
        return comparison.disagreeing().isEmpty() && endedByItself(comparison.bare());
    }

    private static boolean endedByItself(Measurement run) {
        return run.outcome() instanceof MachineOutcome.Exited || run.outcome() instanceof MachineOutcome.PoweredOff;
    }

    private List<Hypervisor> hypervisors() {
        List<Hypervisor> possible = Hypervisor.possible(host.host());
        List<String> names = possible.stream().map(Hypervisor::toString).toList();
        for (String name : only) {
            if (!names.contains(name)) {
                throw new ParameterException(
                        spec.commandLine(), "--only " + name + ": is unknown; valid are " + String.join(", ", names));
            }
        }
        return only.isEmpty()
                ? Hypervisor.all(host.host())
                : possible.stream()
                        .filter(each -> only.contains(each.toString()))
                        .toList();
    }

    private static Map<String, Map<BootStage, Moment>> byName(
            Comparison comparison, Map<Measurement, Map<BootStage, Moment>> stages) {
        Map<String, Map<BootStage, Moment>> named = new LinkedHashMap<>();
        comparison.runs().forEach(run -> named.put(run.setup().on(), stages.get(run)));
        return named;
    }

    private static List<Counts> counts(List<Comparison> comparisons) {
        return comparisons.stream()
                .flatMap(comparison -> comparison.runs().stream())
                .map(Measurement::counts)
                .toList();
    }

    private List<Measurement> runs(
            Image image, String name, List<Hypervisor> hypervisors, Map<Measurement, Map<BootStage, Moment>> stages) {
        LoadOptions options = guest.options(name);
        List<Measurement> runs = new ArrayList<>();
        MachineConfiguration usual = guest.configuration();
        MachineConfiguration fast = usual.withProfile(host.host().tells(usual.profile()));
        Optional<Profile> caches = prices.caches();
        MachineConfiguration configuration = caches.isPresent() ? fast.withDetail() : fast;
        Stream<Optional<Hypervisor>> machines =
                Stream.concat(Stream.of(Optional.empty()), hypervisors.stream().map(Optional::of));
        machines.forEach(hypervisor -> {
            Setup setup = new Setup(image, options, configuration, hypervisor, caches);
            long expected =
                    runs.isEmpty() ? RunProgress.UNKNOWN : runs.getFirst().instructions();
            KernelLog log = new KernelLog();
            try (ComparedEquipment equipment = guest.equipment();
                    RunProgress progress = new RunProgress(err, guest.inWords(name) + " " + setup.on(), expected)) {
                Measurement run = Experiment.run(setup, guest.budget(), progress, log, equipment);
                runs.add(run);
                if (kernelLog) {
                    stages.put(run, log.stages());
                }
            } catch (ImageException e) {
                throw new UserError(e.getMessage());
            }
        });
        return runs;
    }

    private void tell(Comparison comparison, PrintWriter out) {
        for (Measurement run : comparison.disagreeing()) {
            err.println("compare: " + comparison.name() + ": " + run.setup().on()
                    + " does not agree with bare: another output, number of instructions or end");
        }
        if (!endedByItself(comparison.bare())) {
            err.println("compare: " + comparison.name() + ": the guest did not end by itself, but: "
                    + comparison.bare().outcome().words());
        }
        if (comparison.disagreeing().isEmpty()) {
            out.println(comparison.verdict());
            out.flush();
        }
    }
}

package org.thirdmode.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Profile;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.guests.Workload;
import org.thirdmode.lab.Comparison;
import org.thirdmode.lab.Experiment;
import org.thirdmode.lab.Host;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.lab.Measurement;
import org.thirdmode.lab.Setup;
import org.thirdmode.pc.MachineConfiguration;
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
            "Runs a workload on the bare machine and in a virtual machine under every extension and MMU, and prints side by"
                    + " side what each costs. The runs must print the same and take the same number of the guest's"
                    + " instructions.",
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

    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            defaultValue = "fork",
            description = "The workload, with parameters as in 'fork processes=10' (default: ${DEFAULT-VALUE}).")
    private String workload;

    @Option(names = "--all-workloads", description = "Run every workload, one after the other.")
    private boolean allWorkloads;

    @Option(
            names = "--kernel",
            paramLabel = "KERNEL",
            defaultValue = "mini64",
            description = "The kernel: mini32, minipae or mini64 (default: ${DEFAULT-VALUE}).")
    private String kernel;

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
        GuestImage guest = GuestCatalogue.find(kernel)
                .filter(GuestImage::takesWorkloads)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--kernel " + kernel + ": is no kernel with workloads; valid are mini32, minipae, mini64"));
        HostOptions.require(host.host(), kernel);
        List<String> workloads = allWorkloads
                ? Workload.all().stream().map(Workload::name).toList()
                : List.of(WorkloadChoice.checked(spec.commandLine(), workload));
        List<Profile> profiles = prices.profiles();
        PrintWriter out = spec.commandLine().getOut();
        boolean text = !form.json && !form.csv;
        List<Comparison> all = new ArrayList<>();
        for (String name : workloads) {
            Comparison comparison = new Comparison(name, runs(guest, name));
            all.add(comparison);
            if (text) {
                ComparisonTable.print(out, comparison);
                if (!profiles.isEmpty()) {
                    new PriceTable(counts(List.of(comparison)), profiles).print(out);
                }
            }
            tell(comparison, text ? out : new PrintWriter(err, true));
        }
        prices.record(counts(all));
        if (form.json) {
            JsonText.print(out, ComparisonTable.objects(all, profiles));
        } else if (form.csv) {
            out.print(CsvText.of(ComparisonTable.flat(all, profiles)));
            out.flush();
        }
        return all.stream().allMatch(comparison -> comparison.disagreeing().isEmpty()) ? 0 : 1;
    }

    private static List<Counts> counts(List<Comparison> comparisons) {
        return comparisons.stream()
                .flatMap(comparison -> comparison.runs().stream())
                .map(Measurement::counts)
                .toList();
    }

    private List<Measurement> runs(GuestImage guest, String name) {
        Image image = new Image(guest.name(), guest.bytes());
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=" + name);
        List<Measurement> runs = new ArrayList<>();
        Host on = host.host();
        MachineConfiguration fast =
                MachineConfiguration.DEFAULT.withProfile(on.tells(MachineConfiguration.DEFAULT.profile()));
        Optional<Profile> caches = prices.caches();
        MachineConfiguration configuration = caches.isPresent() ? fast.withDetail() : fast;
        Stream<Optional<Hypervisor>> machines = Stream.concat(
                Stream.of(Optional.empty()), Hypervisor.all(on).stream().map(Optional::of));
        machines.forEach(hypervisor -> {
            Setup setup = new Setup(image, options, configuration, hypervisor, caches);
            long expected =
                    runs.isEmpty() ? RunProgress.UNKNOWN : runs.getFirst().instructions();
            try (RunProgress progress = new RunProgress(err, kernel + " " + name + " " + setup.on(), expected)) {
                runs.add(Experiment.run(setup, BUDGET, progress));
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
        if (comparison.disagreeing().isEmpty()) {
            out.println(comparison.verdict());
            out.flush();
        }
    }
}

package org.thirdmode.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.CountsFile;
import org.thirdmode.cost.data.DataException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode price}: recorded runs priced without running them again. */
@Command(
        name = "price",
        description =
                "Tells what recorded runs (--record of `run` and `compare`) take in cycles, without running anything.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true)
final class PriceCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "What --record wrote.")
    private Path file;

    @Option(
            names = "--profile",
            paramLabel = "PROFILE",
            split = ",",
            defaultValue = "all",
            description = "A name of `thirdmode profiles`, a profile FILE.yaml, several with commas between, or all"
                    + " (default: ${DEFAULT-VALUE}).")
    private List<String> profiles;

    @ArgGroup
    private final Form form = new Form();

    /** How the prices are told; as a text table where nothing is asked for. */
    private static final class Form {
        @Option(names = "--json", description = "Print JSON, with the exits by reason.")
        private boolean json;

        @Option(names = "--csv", description = "Print comma-separated values, with the exits by reason.")
        private boolean csv;

        @Option(names = "--reasons", description = "Print what the exits take by reason.")
        private boolean reasons;
    }

    @Override
    public void run() {
        List<Counts> runs;
        try {
            runs = CountsFile.read(file);
        } catch (DataException e) {
            throw new UserError(e.getMessage());
        }
        PriceTable table = new PriceTable(runs, PriceOptions.profiles("--profile", profiles));
        PrintWriter out = spec.commandLine().getOut();
        if (form.json) {
            JsonText.print(out, table.objects());
        } else if (form.csv) {
            out.print(CsvText.of(table.flat()));
            out.flush();
        } else if (form.reasons) {
            table.printReasons(out);
        } else {
            table.print(out);
        }
    }
}

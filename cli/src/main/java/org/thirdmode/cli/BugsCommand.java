package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.thirdmode.testkit.bug.Bug;
import org.thirdmode.testkit.bug.Hunt;
import org.thirdmode.testkit.bug.Museum;
import org.thirdmode.testkit.bug.Museum.Exhibit;
import org.thirdmode.testkit.bug.Story;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode bugs}: the museum of MMU bugs. */
@Command(
        name = "bugs",
        description =
                "Lists MMU bugs that shipped. Those with a number under 'tries' can be switched on; it is how many random"
                        + " guests it takes until one shows it, the mean of five hunts.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class BugsCommand implements Runnable {
    private static final long TRIES = 10_000;

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON, with the reasons why some cannot be switched on.")
    private boolean json;

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    @Override
    public void run() {
        new Listing<>(Museum.exhibits())
                .column("id", Exhibit::id)
                .column("tries", Exhibit::tries)
                .column("breaks", Exhibit::invariants)
                .column("origin", Exhibit::origin)
                .column("mechanism", Exhibit::mechanism)
                .jsonColumn("reason", Exhibit::reason)
                .print(out(), json);
    }

    @Command(
            name = "show",
            description = "Tells the story of a bug, and finds the smallest guest that shows it.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void show(@Parameters(paramLabel = "ID", description = "As `thirdmode bugs` lists it.") String id) {
        Exhibit exhibit = exhibit(id);
        out().println(Story.of(exhibit));
        if (exhibit.bug().isPresent()) {
            Hunt.Catch caught = Hunt.run(exhibit.bug().get(), 0, TRIES);
            out().println(caught == null ? "No guest of " + TRIES + " showed it." : Story.of(caught));
        }
        out().flush();
    }

    @Command(
            name = "hunt",
            description = "Runs random guests on an MMU with the bug until one shows it. Status 1: none did.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    int hunt(
            @Parameters(paramLabel = "ID", description = "As `thirdmode bugs` lists it.") String id,
            @Option(
                            names = "--seed",
                            paramLabel = "N",
                            defaultValue = "0",
                            converter = Number64.class,
                            description = "Which guests (default: ${DEFAULT-VALUE}).")
                    long seed,
            @Option(
                            names = "--tries",
                            paramLabel = "N",
                            defaultValue = "10000",
                            converter = Count.class,
                            description = "How many at most (default: ${DEFAULT-VALUE}).")
                    long tries,
            @Option(
                            names = "--repeat",
                            paramLabel = "N",
                            defaultValue = "1",
                            converter = Count.class,
                            description =
                                    "Hunt so often, with other guests each time, and print the tries alone (default:"
                                            + " ${DEFAULT-VALUE}).")
                    long repeat) {
        Bug bug = exhibit(id)
                .bug()
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        id + " cannot be switched on: " + exhibit(id).reason()));
        if (repeat > 1) {
            return repeat(bug, seed, tries, repeat);
        }
        Hunt.Catch caught = Hunt.run(bug, seed, tries);
        out().println(caught == null ? "No guest of " + tries + " showed it." : Story.of(caught));
        out().flush();
        return caught == null ? 1 : 0;
    }

    @Command(
            name = "measure",
            description = {
                "Hunts five times for each bug that can be switched on, and prints the table anew: what `bugs.tsv` holds. Takes"
                        + " minutes. Status 1: a hunt did not catch its bug within 10000 tries, and standard error tells which."
            },
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    int measure() {
        int status = 0;
        out().println(Museum.header());
        for (Exhibit exhibit : Museum.exhibits()) {
            String tries = "";
            if (exhibit.bug().isPresent()) {
                Museum.Measured measured = Museum.measure(exhibit.bug().get());
                tries = "" + measured.mean();
                if (measured.missed() > 0) {
                    spec.commandLine()
                            .getErr()
                            .println(exhibit.id() + ": " + measured.missed() + " of " + Museum.HUNTS
                                    + " hunts missed it");
                    status = 1;
                }
            }
            out().println(Museum.line(exhibit, tries));
            out().flush();
        }
        return status;
    }

    private int repeat(Bug bug, long seed, long tries, long repeat) {
        List<Long> took = new ArrayList<>();
        int missed = 0;
        for (long n = 0; n < repeat; n++) {
            Hunt.Catch caught = Hunt.run(bug, seed + (n * Hunt.APART), tries);
            if (caught == null) {
                missed++;
            } else {
                took.add(caught.tries());
            }
        }
        double mean = took.stream().mapToLong(Long::longValue).average().orElse(0);
        out().println(String.format(
                "%s: caught %d times of %d, after %s guests; mean %.0f", bug.id, took.size(), repeat, took, mean));
        out().flush();
        return missed == 0 ? 0 : 1;
    }

    private Exhibit exhibit(String id) {
        return Museum.find(id)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "'" + id + "' is unknown; `thirdmode bugs` lists them"));
    }
}

package org.thirdmode.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.thirdmode.papers.Chart;
import org.thirdmode.papers.Lab;
import org.thirdmode.papers.Paper;
import org.thirdmode.papers.Papers;
import org.thirdmode.papers.Result;
import org.thirdmode.papers.Row;
import org.thirdmode.papers.Verdict;
import org.thirdmode.pc.loader.ImageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode papers}: what papers claim, beside what the model does. */
@Command(
        name = "papers",
        description = {
            "Runs what reproduces the claims of papers, and prints theirs beside ours. A claim is exact (equal), calibrated"
                    + " (within 5 %%), fitted (ours was made from it) or a shape (the order is the same). What differs is shown"
                    + " and explained, never tuned away.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true)
final class PapersCommand implements Runnable {
    private final PrintStream err;

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "PAPER",
            arity = "0..*",
            description = "Papers by the name of their folder (default: all).")
    private List<String> names = new ArrayList<>();

    @Option(names = "--list", description = "Print the papers without running anything.")
    private boolean list;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = "Also write each paper's table and a chart to FOLDER/PAPER/result.md and chart.svg.")
    private Path folder;

    PapersCommand(PrintStream err) {
        this.err = err;
    }

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        List<Paper> papers = names.isEmpty()
                ? Papers.all()
                : names.stream().map(PapersCommand::find).toList();
        if (list) {
            new Listing<>(papers)
                    .column("paper", Paper::folder)
                    .column("title", paper -> Papers.claims(paper).title())
                    .column("source", paper -> Papers.claims(paper).source())
                    .print(out, json);
            return;
        }
        List<Map<String, Object>> objects = new ArrayList<>();
        Lab lab = new Lab(run -> err.println(run));
        for (Paper paper : papers) {
            Result result;
            try {
                result = Papers.run(paper, lab);
            } catch (ImageException e) {
                throw new UserError(paper.folder() + ": " + e.getMessage());
            }
            if (folder != null) {
                write(result);
            }
            if (json) {
                result.rows().forEach(row -> objects.add(object(result, row)));
            } else {
                print(out, result);
            }
        }
        if (json) {
            JsonText.print(out, objects);
        }
    }

    private static Paper find(String name) {
        return Papers.all().stream()
                .filter(paper -> paper.folder().equals(name))
                .findFirst()
                .orElseThrow(() -> new UserError("papers " + name + ": is unknown; valid are "
                        + Papers.all().stream().map(Paper::folder).collect(Collectors.joining(", "))));
    }

    private static void print(PrintWriter out, Result result) {
        out.println(result.claims().title() + " (" + result.folder() + ")");
        TextTable.print(
                out, Result.heading(), result.rows().stream().map(Result::cells).toList());
        result.explanations().forEach(line -> out.println("  " + line));
        if (!result.more().rows().isEmpty()) {
            out.println(result.more().text());
            TextTable.print(out, result.more().heading(), result.more().rows());
        }
        out.println(result.count(Verdict.AGREES) + " agree, " + result.count(Verdict.DIFFERS) + " differ, "
                + result.count(Verdict.FITTED) + " fitted, " + result.count(Verdict.NOT_RUN) + " not run");
        out.println();
        out.flush();
    }

    private static Map<String, Object> object(Result result, Row row) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("paper", result.folder());
        object.put("claim", row.claim().id());
        object.put("what", row.claim().what());
        object.put("kind", row.claim().kind());
        object.put("certainty", row.claim().certainty());
        object.put("theirs", row.claim().value());
        object.put("ours", row.ours().isPresent() ? row.ours().getAsDouble() : null);
        object.put("unit", row.claim().unit());
        object.put("verdict", row.verdict());
        object.put("why", row.claim().why());
        return object;
    }

    private void write(Result result) {
        Path own = folder.resolve(result.folder());
        try {
            Files.createDirectories(own);
            Files.writeString(own.resolve("result.md"), result.markdown());
            Files.writeString(own.resolve("chart.svg"), Chart.svg(result));
        } catch (IOException e) {
            throw new UserError("--out " + folder + ": cannot be written: " + e.getMessage());
        } catch (UnsatisfiedLinkError | NoClassDefFoundError | InternalError e) {
            err.println("thirdmode: warning: no chart of " + result.folder() + ": Java finds no fonts here");
        }
    }
}

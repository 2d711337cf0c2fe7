package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.thirdmode.cost.CacheLevel;
import org.thirdmode.cost.Certainty;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.Quote;
import org.thirdmode.x86.tlb.TlbGeometry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code thirdmode profiles}: the processors that runs can be priced on. */
@Command(
        name = "profiles",
        description =
                "Lists the processors that runs can be priced on; `profiles show NAME` tells each figure's source.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class ProfilesCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        new Listing<>(Profiles.all().values())
                .column("profile", Profile::name)
                .column("GHz", profile -> profile.frequency().value().toPlainString())
                .column("exit and entry", profile -> cell(profile.quote(Figure.ROUND_TRIP)))
                .column("field read", profile -> cell(profile.quote(Figure.CONTROL_READ)))
                .column(
                        "extension",
                        profile -> profile.extension() + (profile.secondDimension() ? "" : ", no tables of its own"))
                .column("figures published", ProfilesCommand::published)
                .column("processor", Profile::title)
                .print(spec.commandLine().getOut(), json);
    }

    /** A value; one that is assumed is marked. */
    private static String cell(Quote quote) {
        return quote.value().toPlainString() + (quote.certainty() == Certainty.ASSUMED ? " (assumed)" : "");
    }

    private static String published(Profile profile) {
        long sure = profile.figures().values().stream()
                .filter(quote -> quote.certainty() != Certainty.ASSUMED)
                .count();
        return sure + " of " + profile.figures().size();
    }

    @Command(
            name = "show",
            description = "Prints each figure of a profile with its source and how sure it is.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    void show(
            @Parameters(paramLabel = "NAME", description = "A name, or a profile FILE.yaml.") String name,
            @Option(names = "--json", description = "Print JSON.") boolean asJson) {
        Profile profile = PriceOptions.profiles("profiles show", List.of(name)).getFirst();
        PrintWriter out = spec.commandLine().getOut();
        List<Row> rows = rows(profile);
        if (asJson) {
            JsonText.print(out, rows.stream().map(Row::object).toList());
            return;
        }
        out.println(profile.title());
        TextTable.print(
                out,
                List.of("figure", "value", "certainty", "source"),
                rows.stream()
                        .map(row -> List.of(row.figure, row.value, row.certainty, row.source))
                        .toList());
    }

    /** One line of `show`. */
    private record Row(String figure, String value, String certainty, String source) {
        Map<String, String> object() {
            Map<String, String> object = new LinkedHashMap<>();
            object.put("figure", figure);
            object.put("value", value);
            object.put("certainty", certainty);
            object.put("source", source);
            return object;
        }
    }

    private static List<Row> rows(Profile profile) {
        List<Row> rows = new ArrayList<>();
        rows.add(row("frequency", profile.frequency()));
        for (Figure figure : Figure.values()) {
            rows.add(row(figure.key, profile.quote(figure)));
        }
        profile.remarks().forEach((key, quote) -> rows.add(row("(" + key + ")", quote)));
        List<String> levels = List.of("L1D", "L2", "L3");
        for (int n = 0; n < profile.caches().size(); n++) {
            CacheLevel cache = profile.caches().get(n);
            rows.add(new Row(
                    levels.get(n),
                    cache.kilobytes() + " KiB, " + cache.ways() + "-way, lines of " + cache.line(),
                    cache.certainty().title,
                    cache.source()));
        }
        for (TlbGeometry.Buffer buffer : profile.tlbs().buffers()) {
            String pages = buffer.sizes().stream().map(Enum::name).sorted().collect(Collectors.joining(", "));
            rows.add(new Row(
                    "TLB " + buffer.name(),
                    buffer.entries() + ", " + buffer.ways() + "-way",
                    certainty(buffer.certainty()),
                    pages));
        }
        for (TlbGeometry.StructureCache cache : profile.tlbs().structureCaches()) {
            rows.add(new Row(
                    cache.name(),
                    cache.entries() + ", " + cache.ways() + "-way",
                    certainty(cache.certainty()),
                    "of the first dimension"));
        }
        for (TlbGeometry.StructureCache cache : profile.tlbs().nestedStructureCaches()) {
            rows.add(new Row(
                    cache.name(),
                    cache.entries() + ", " + cache.ways() + "-way",
                    certainty(cache.certainty()),
                    "of the second dimension"));
        }
        return rows;
    }

    private static String certainty(TlbGeometry.Certainty certainty) {
        return switch (certainty) {
            case PRIMARY -> Certainty.PRIMARY.title;
            case SECONDARY -> Certainty.SECONDARY.title;
            case ASSUMED -> Certainty.ASSUMED.title;
        };
    }

    private static Row row(String name, Quote quote) {
        return new Row(name, quote.toString(), quote.certainty().title, quote.source());
    }
}

package org.thirdmode.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.thirdmode.cost.Part;
import org.thirdmode.lab.sweep.Axis;
import org.thirdmode.lab.sweep.Curves;
import org.thirdmode.lab.sweep.Results;
import org.thirdmode.lab.sweep.Sampling;
import org.thirdmode.lab.sweep.Study;

/** What a sweep found, for a terminal: its points where they are few, and which figures they lean on. */
final class SweepSummary {
    private static final int FEW = 40;

    private SweepSummary() {}

    static void print(PrintWriter out, Results results) {
        Study study = results.plan().study();
        out.println(study.title());
        if (results.plan().points() <= FEW) {
            points(out, results);
        }
        for (Curves.Crossing crossing : new Curves(results).crossings()) {
            out.println("Beyond " + crossing.axis().parameter().name() + " "
                    + crossing.at().toPlainString() + ", " + crossing.cheaper() + " costs less than " + crossing.other()
                    + ".");
        }
        results.notes().forEach(out::println);
        if (!results.assumed().isEmpty()) {
            out.println("The prices lean on figures that nobody published: "
                    + results.assumed().stream().map(figure -> figure.key).collect(Collectors.joining(", ")) + ".");
        }
    }

    private static void points(PrintWriter out, Results results) {
        List<Axis> varying =
                results.plan().study().axes().stream().filter(Axis::varies).toList();
        List<String> heading = new ArrayList<>();
        varying.forEach(axis -> heading.add(axis.parameter().name()));
        heading.addAll(List.of("exits", "cycles", "in walks", "in exits", "in tables", "milliseconds"));
        List<List<String>> rows = new ArrayList<>();
        Sampling sampling = new Sampling(results.plan().study());
        Results.Point point = new Results.Point();
        for (long n = 0; n < results.plan().points(); n++) {
            results.at(n, sampling, point);
            List<String> row = new ArrayList<>();
            varying.forEach(axis -> row.add(point.value(axis.parameter()).text()));
            if (!point.priced()) {
                row.addAll(Collections.nCopies(heading.size() - row.size(), "failed"));
                rows.add(row);
                continue;
            }
            row.add(number(point.run().counts().allExits()));
            row.add(number(point.cycles()));
            row.add(share(point, Part.PAGE_WALKS, Part.SECOND_DIMENSION));
            row.add(share(point, Part.EXIT_HARDWARE, Part.EXIT_HYPERVISOR, Part.USER_SPACE));
            row.add(share(point, Part.TABLE_UPKEEP, Part.FLUSHES));
            row.add(String.format(Locale.ROOT, "%,.3f", point.seconds() * 1e3));
            rows.add(row);
        }
        TextTable.print(out, heading, rows);
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String share(Results.Point point, Part... parts) {
        long sum = 0;
        for (Part part : parts) {
            sum += point.cycles(part);
        }
        return String.format(Locale.ROOT, "%.1f %%", 100.0 * sum / Math.max(1, point.cycles()));
    }
}

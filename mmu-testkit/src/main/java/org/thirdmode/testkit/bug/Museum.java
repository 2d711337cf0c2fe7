package org.thirdmode.testkit.bug;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The table of all bugs: {@code bugs.tsv}. */
public final class Museum {
    private Museum() {}

    /**
     * A bug that shipped.
     *
     * @param id a commit of Linux, a CVE, or an advisory of Xen
     * @param origin where it was
     * @param mechanism in one sentence
     * @param invariants that it breaks, such as {@code I1 I7}
     * @param tries how many random guests it takes until one shows it, the mean of {@link #HUNTS} hunts; empty where it cannot be
     *     switched on
     * @param reason why it cannot be switched on; empty where it can
     */
    public record Exhibit(String id, String origin, String mechanism, String invariants, String tries, String reason) {
        /** The switch. */
        public Optional<Bug> bug() {
            return Bug.of(id);
        }
    }

    /** Hunts of which the table has the mean, each with other seeds: 0, {@link Hunt#APART}, twice that, and so on. */
    public static final int HUNTS = 5;

    /** The most that a hunt may take. */
    public static final long MOST_TRIES = 10_000;

    /**
     * What {@link #HUNTS} hunts for a bug took.
     *
     * @param mean of the tries, where a hunt that missed counts as {@link #MOST_TRIES}
     * @param missed hunts that did not catch it
     */
    public record Measured(long mean, int missed) {}

    /** Hunts {@link #HUNTS} times for a bug. */
    public static Measured measure(Bug bug) {
        long sum = 0;
        int missed = 0;
        for (int n = 0; n < HUNTS; n++) {
            Hunt.Catch found = Hunt.run(bug, n * Hunt.APART, MOST_TRIES);
            missed += found == null ? 1 : 0;
            sum += found == null ? MOST_TRIES : found.tries();
        }
        return new Measured(Math.round((double) sum / HUNTS), missed);
    }

    /** The first line of the table. */
    public static String header() {
        return String.join("\t", "id", "origin", "mechanism", "invariants", "tries", "reason");
    }

    /** An exhibit as a line of the table, with other tries. */
    public static String line(Exhibit exhibit, String tries) {
        return String.join(
                "\t", exhibit.id, exhibit.origin, exhibit.mechanism, exhibit.invariants, tries, exhibit.reason);
    }

    /** All, in the order of the table. */
    public static List<Exhibit> exhibits() {
        try (InputStream in = Museum.class.getResourceAsStream("bugs.tsv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .map(line -> line.split("\t", -1))
                    .map(cells -> new Exhibit(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One by its identifier. */
    public static Optional<Exhibit> find(String id) {
        return exhibits().stream().filter(e -> e.id.equalsIgnoreCase(id)).findFirst();
    }
}

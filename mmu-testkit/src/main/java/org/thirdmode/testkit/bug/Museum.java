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
     * @param tries how many random guests it takes from seed 0 on until one shows it; empty where it cannot be switched on
     * @param reason why it cannot be switched on; empty where it can
     */
    public record Exhibit(String id, String origin, String mechanism, String invariants, String tries, String reason) {
        /** The switch. */
        public Optional<Bug> bug() {
            return Bug.of(id);
        }
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

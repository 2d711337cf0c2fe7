package org.thirdmode.testkit.bug;

import java.util.stream.Collectors;
import org.thirdmode.testkit.bug.Museum.Exhibit;
import org.thirdmode.testkit.invariant.AllInvariants;
import org.thirdmode.testkit.invariant.Invariant;
import org.thirdmode.testkit.picture.WalkPicture;
import org.thirdmode.testkit.scenario.Failure;

/** A bug as a short story: what was wrong, what it breaks, and the smallest guest that shows it. */
public final class Story {
    private Story() {}

    /** What the table says. */
    public static String of(Exhibit exhibit) {
        String story = exhibit.origin() + ", " + exhibit.id() + ":\n    " + exhibit.mechanism() + ".\nIt breaks\n"
                + AllInvariants.list().stream()
                        .filter(i -> (exhibit.invariants() + " ").contains(i.id() + " "))
                        .map(Story::line)
                        .collect(Collectors.joining());
        return exhibit.reason().isEmpty() ? story : story + "It cannot be switched on: " + exhibit.reason() + ".\n";
    }

    private static String line(Invariant invariant) {
        return "    " + invariant.id() + ": " + invariant.statement() + "\n";
    }

    /** How it was caught; makes the guest small first. */
    public static String of(Hunt.Catch caught) {
        if (caught.failure() == null) {
            return "Try number " + caught.tries() + " (seed " + caught.seed() + ") showed it:\n\n" + caught.told();
        }
        Failure smallest = caught.shrunk();
        return "Random guest number " + caught.tries() + " (seed " + caught.seed() + ") showed it. At its smallest:\n\n"
                + smallest.scenario() + "\n\n" + smallest.violation() + "\n\n"
                + WalkPicture.of(smallest, caught.bug().broken);
    }
}

package org.thirdmode.testkit.bug;

import org.thirdmode.testkit.fuzz.Fuzzer;
import org.thirdmode.testkit.generate.Shrinker;
import org.thirdmode.testkit.scenario.Failure;

/** Looks for a guest that shows a bug: one random guest after the other, all of which follow from a seed. */
public final class Hunt {
    /** Seeds of hunts that are to be independent are this far apart. */
    public static final long APART = 1_000_000;

    private Hunt() {}

    /**
     * A catch.
     *
     * @param tries guests run or things tried, this one included
     * @param failure as it was found; see {@link #shrunk}; null where no guest was run
     * @param told what was found where no guest was run; else null
     */
    public record Catch(Bug bug, long tries, long seed, Failure failure, String told) {
        /** The smallest guest that breaks the same invariant. */
        public Failure shrunk() {
            return Shrinker.shrink(failure, bug.broken);
        }
    }

    /** Tries until one shows the bug; null where none of {@code tries} does. */
    public static Catch run(Bug bug, long seed, long tries) {
        return bug.broken == null ? tried(bug, seed, tries) : guests(bug, seed, tries);
    }

    private static Catch guests(Bug bug, long seed, long tries) {
        Fuzzer fuzzer = new Fuzzer(bug.broken, bug.habits(), seed);
        while (fuzzer.guests() < tries) {
            Failure failure = fuzzer.next();
            if (failure != null) {
                return new Catch(bug, fuzzer.guests(), fuzzer.seedOfTheLast(), failure, null);
            }
        }
        return null;
    }

    private static Catch tried(Bug bug, long seed, long tries) {
        for (long n = 0; n < tries; n++) {
            String told = bug.brokenTrial.run(seed + n);
            if (told != null) {
                return new Catch(bug, n + 1, seed + n, null, told);
            }
        }
        return null;
    }
}

package org.thirdmode.lab;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Runs of one guest on several machines. The guest must not be able to tell them apart.
 *
 * @param name what ran
 * @param runs the bare machine's first
 */
public record Comparison(String name, List<Measurement> runs) {
    public Comparison {
        runs = List.copyOf(runs);
    }

    /** Against what the others are held. */
    public Measurement bare() {
        return runs.getFirst();
    }

    /** The runs that the guest could tell from the one on the bare machine. */
    public List<Measurement> disagreeing() {
        return runs.stream().filter(run -> !run.agreesWith(bare())).toList();
    }

    /** One sentence or two: who exits least, and what that one pays instead. */
    public String verdict() {
        List<Measurement> virtual = runs.subList(1, runs.size());
        Measurement best = virtual.stream()
                .min(Comparator.comparingLong(Measurement::allExits))
                .orElseThrow();
        Measurement worst = virtual.stream()
                .max(Comparator.comparingLong(Measurement::allExits))
                .orElseThrow();
        return String.format(
                Locale.ROOT,
                "All runs printed the same and took the same %,d instructions. %s leaves the guest least, %,d times against"
                        + " %,d under %s; a walk of it reads %.1f table entries, one on the bare machine %.1f.",
                best.instructions(),
                best.setup().on(),
                best.allExits(),
                worst.allExits(),
                worst.setup().on(),
                best.referencesPerWalk(),
                bare().referencesPerWalk());
    }
}

package org.thirdmode.cost;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a run takes on a processor, in cycles.
 *
 * @param parts what they went into; they add up to {@link #total} exactly
 * @param reasons the two parts of exits, by reason; they add up to those parts exactly
 * @param assumed the figures that nobody published and that this price depends on
 * @param notes what else a reader should know, a sentence each
 */
public record Cost(
        Counts counts,
        Profile profile,
        Map<Part, Long> parts,
        List<Reason> reasons,
        List<Figure> assumed,
        List<String> notes) {
    /**
     * Exits for one reason.
     *
     * @param hardware cycles in the processor
     * @param hypervisor cycles in the hypervisor
     */
    public record Reason(String reason, long exits, long hardware, long hypervisor) {}

    public Cost {
        parts = new EnumMap<>(parts);
        reasons = List.copyOf(reasons);
        assumed = List.copyOf(assumed);
        notes = List.copyOf(notes);
    }

    /**
     * Prices a run.
     *
     * @throws ArithmeticException where a sum is more than 64 bits hold
     */
    public static Cost of(Counts counts, Profile profile) {
        Pricer pricer = Pricer.of(counts);
        long[] prices = profile.prices();
        Map<Part, Long> parts = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            parts.put(part, pricer.cycles(part, prices));
        }
        List<Figure> assumed = pricer.figures().stream()
                .filter(figure -> profile.quote(figure).certainty() == Certainty.ASSUMED)
                .toList();
        return new Cost(counts, profile, parts, reasons(counts, profile), assumed, notes(counts, profile));
    }

    private static List<Reason> reasons(Counts counts, Profile profile) {
        List<Reason> reasons = new ArrayList<>();
        for (ExitCounts exit : counts.exits()) {
            long hypervisor = times(exit.exits(), profile, Figure.DISPATCH)
                    + times(exit.controlReads(), profile, Figure.CONTROL_READ)
                    + times(exit.controlWrites(), profile, Figure.CONTROL_WRITE)
                    + times(exit.emulated(), profile, Figure.EMULATION)
                    + times(exit.injected(), profile, Figure.INJECTION);
            reasons.add(new Reason(
                    exit.reason(), exit.exits(), times(exit.exits(), profile, Figure.ROUND_TRIP), hypervisor));
        }
        return reasons;
    }

    /** For figures in whole cycles. */
    private static long times(long count, Profile profile, Figure figure) {
        return Math.multiplyExact(count, profile.quote(figure).value().longValueExact());
    }

    private static List<String> notes(Counts counts, Profile profile) {
        List<String> notes = new ArrayList<>();
        Counts.Conditions how = counts.conditions();
        if (!how.cachesModelled()) {
            notes.add("References to tables at the profile's average.");
        } else if (how.caches().equals(profile.name())) {
            notes.add("References to tables and data where each one hit in the profile's caches.");
        } else {
            notes.add("References to tables and data where each one hit in the caches of " + how.caches() + ", not of "
                    + profile.name() + ".");
        }
        if (how.tlbs().isEmpty()) {
            notes.add(
                    "Walks as fidelity fast takes them, whose cache of translations is no processor's; detailed has TLBs.");
        } else if (!how.tlbs().equals(profile.tlbs().name())) {
            notes.add("Walks as of the TLBs of " + how.tlbs() + ", not of " + profile.name() + ".");
        }
        if (how.extension() != Counts.Extension.NONE && how.extension() != profile.extension()) {
            notes.add(how.extension() + " was counted; " + profile.name() + " has " + profile.extension()
                    + " and the figures are of that.");
        }
        if (how.nested() && !profile.secondDimension()) {
            notes.add(profile.name() + " has no second dimension: what if it had.");
        }
        return notes;
    }

    /** All cycles. */
    public long total() {
        long total = 0;
        for (long part : parts.values()) {
            total = Math.addExact(total, part);
        }
        return total;
    }

    /** Cycles of one part. */
    public long of(Part part) {
        return parts.get(part);
    }

    /** How many times as much as another one. */
    public double ratioTo(Cost other) {
        return (double) total() / other.total();
    }
}

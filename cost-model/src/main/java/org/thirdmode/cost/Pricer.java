package org.thirdmode.cost;

import java.util.ArrayList;
import java.util.List;

/**
 * The price of one run as a function of the figures: compiled once, evaluated as often as wanted. Not a word of a run but its
 * counts: evaluating is some forty multiplications, without allocation.
 *
 * <p>Each part is rounded to whole cycles by itself, half up, and the total is the sum of the parts.
 */
public final class Pricer {
    private static final Part[] PARTS = Part.values();

    /** By part: the figures and how often each is needed. */
    private final int[][] figures = new int[PARTS.length][];

    private final long[][] times = new long[PARTS.length][];

    private Pricer(long[][] needed) {
        for (int part = 0; part < PARTS.length; part++) {
            int count = 0;
            for (long each : needed[part]) {
                count += each != 0 ? 1 : 0;
            }
            figures[part] = new int[count];
            times[part] = new long[count];
            int next = 0;
            for (int figure = 0; figure < needed[part].length; figure++) {
                if (needed[part][figure] != 0) {
                    figures[part][next] = figure;
                    times[part][next++] = needed[part][figure];
                }
            }
        }
    }

    /** Compiles the counts of a run. */
    public static Pricer of(Counts counts) {
        long[][] needed = new long[PARTS.length][Figure.values().length];
        boolean caches = counts.conditions().cachesModelled();
        for (Quantity quantity : Quantity.values()) {
            boolean other = caches ? quantity.average() : quantity.byCache();
            if (!other && quantity.figure().isPresent()) {
                add(needed, quantity.part, quantity.figure().get(), counts.of(quantity));
            }
        }
        for (ExitCounts exit : counts.exits()) {
            add(needed, Part.EXIT_HARDWARE, Figure.ROUND_TRIP, exit.exits());
            add(needed, Part.EXIT_HYPERVISOR, Figure.DISPATCH, exit.exits());
            add(needed, Part.EXIT_HYPERVISOR, Figure.CONTROL_READ, exit.controlReads());
            add(needed, Part.EXIT_HYPERVISOR, Figure.CONTROL_WRITE, exit.controlWrites());
            add(needed, Part.EXIT_HYPERVISOR, Figure.EMULATION, exit.emulated());
            add(needed, Part.EXIT_HYPERVISOR, Figure.INJECTION, exit.injected());
        }
        return new Pricer(needed);
    }

    private static void add(long[][] needed, Part part, Figure figure, long times) {
        long[] row = needed[part.ordinal()];
        row[figure.ordinal()] = Math.addExact(row[figure.ordinal()], times);
    }

    /**
     * Cycles of one part.
     *
     * @param prices as of {@link Profile#prices}: thousandths of a cycle by figure
     * @throws ArithmeticException where it is more than 64 bits hold
     */
    public long cycles(Part part, long[] prices) {
        return cycles(part.ordinal(), prices);
    }

    private long cycles(int part, long[] prices) {
        int[] which = figures[part];
        long[] often = times[part];
        long sum = 0;
        for (int n = 0; n < which.length; n++) {
            sum = Math.addExact(sum, Math.multiplyExact(often[n], prices[which[n]]));
        }
        return Math.floorDiv(Math.addExact(sum, Figure.THOUSAND / 2), Figure.THOUSAND);
    }

    /**
     * Cycles of all parts.
     *
     * @throws ArithmeticException where it is more than 64 bits hold
     */
    public long total(long[] prices) {
        long total = 0;
        for (int part = 0; part < PARTS.length; part++) {
            total = Math.addExact(total, cycles(part, prices));
        }
        return total;
    }

    /** The figures that the price depends on. */
    public List<Figure> figures() {
        List<Figure> all = new ArrayList<>();
        for (Figure figure : Figure.values()) {
            for (int[] part : figures) {
                for (int each : part) {
                    if (each == figure.ordinal() && !all.contains(figure)) {
                        all.add(figure);
                    }
                }
            }
        }
        return all;
    }
}

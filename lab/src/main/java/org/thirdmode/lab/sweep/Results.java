package org.thirdmode.lab.sweep;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.thirdmode.cost.Certainty;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Part;
import org.thirdmode.cost.Pricer;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.data.DataException;

/** The runs of a plan, executed; and the price of every point. */
public final class Results {
    private final Plan plan;
    private final List<RunResult> runs;
    private final List<Pricer> pricers;
    private final Map<String, Priced> profiles = new HashMap<>();

    /** The axes that are figures of a profile. */
    private final List<Parameter> figures;

    private final int[] ordinals;
    private final long[] prices = new long[Figure.values().length];

    /** A profile, with its figures as numbers. */
    private record Priced(Profile profile, long[] prices) {}

    /** A point with its price; valid until the next one is asked for. */
    public static final class Point {
        private final long[] parts = new long[Part.values().length];
        private long number;
        private Sampling values;
        private RunResult run;
        private boolean executed;
        private Profile profile;
        private long total;

        /** From 0. */
        public long number() {
            return number;
        }

        /** What a parameter is; null where it is not given and has no effect. */
        public Value value(Parameter parameter) {
            return values.apply(parameter);
        }

        /** What its run did; null where it has not finished. */
        public RunResult run() {
            return run;
        }

        /** Whether the run was executed for this point; else it is a run that was executed before, priced again. */
        public boolean executed() {
            return executed;
        }

        /** Whether its run has finished; else it is not known what it did. */
        public boolean finished() {
            return run != null;
        }

        /** Whether its run came to an end: only then it has counts and a price. */
        public boolean priced() {
            return run != null && !run.hasFailed();
        }

        /** All cycles. */
        public long cycles() {
            return total;
        }

        /** Cycles of one part. */
        public long cycles(Part part) {
            return parts[part.ordinal()];
        }

        /** All cycles as time. */
        public double seconds() {
            return profile.seconds(total);
        }
    }

    /** @param runs one for each of the plan's, in its order; null where it has not finished */
    public Results(Plan plan, List<RunResult> runs) {
        this.plan = plan;
        this.runs = new ArrayList<>(runs);
        pricers = this.runs.stream()
                .map(run -> run == null ? null : Pricer.of(run.counts()))
                .toList();
        figures = plan.study().axes().stream()
                .map(Axis::parameter)
                .filter(parameter -> parameter.figure().isPresent())
                .toList();
        ordinals = figures.stream()
                .mapToInt(parameter -> parameter.figure().orElseThrow().ordinal())
                .toArray();
    }

    public Plan plan() {
        return plan;
    }

    /** What the runs did, in the plan's order; null where one has not finished. */
    public List<RunResult> runs() {
        return Collections.unmodifiableList(runs);
    }

    /** Prices a point by its number. */
    public Point at(long number, Sampling sampling, Point into) {
        into.number = number;
        at(sampling.to(number), into);
        into.executed = plan.isFirst(number, plan.runOf(sampling));
        return into;
    }

    /** Prices a point that the study's values make, whether it is one of its points or not. */
    public Point at(Sampling at, Point into) {
        int run = plan.runOf(at);
        Priced profile = profile(at.apply(Parameters.PROFILE).text());
        System.arraycopy(profile.prices, 0, prices, 0, prices.length);
        for (int n = 0; n < ordinals.length; n++) {
            prices[ordinals[n]] =
                    at.apply(figures.get(n)).number().movePointRight(3).longValueExact();
        }
        into.values = at;
        into.run = runs.get(run);
        into.profile = profile.profile;
        if (!into.priced()) {
            Arrays.fill(into.parts, 0);
            into.total = 0;
            return into;
        }
        long total = 0;
        for (Part part : Part.values()) {
            long cycles = pricers.get(run).cycles(part, prices);
            into.parts[part.ordinal()] = cycles;
            total = Math.addExact(total, cycles);
        }
        into.total = total;
        return into;
    }

    /** Whether the run that these values make is among the plan's, and came to its end. */
    boolean knows(Sampling at) {
        if (!plan.knows(at)) {
            return false;
        }
        RunResult run = runs.get(plan.runOf(at));
        return run != null && !run.hasFailed();
    }

    private Priced profile(String name) {
        return profiles.computeIfAbsent(name, key -> {
            try {
                Profile profile = Profiles.find(key);
                return new Priced(profile, profile.prices());
            } catch (DataException e) {
                throw new IllegalStateException("was there when the study was read: " + e.getMessage(), e);
            }
        });
    }

    /** The figures that nobody published and that some price leans on: those that the study itself varies are not. */
    public Set<Figure> assumed() {
        Set<Figure> assumed = EnumSet.noneOf(Figure.class);
        for (Value name : profileNames()) {
            Profile profile = profile(name.text()).profile;
            for (Pricer pricer : pricers) {
                for (Figure figure : pricer == null ? List.<Figure>of() : pricer.figures()) {
                    if (profile.quote(figure).certainty() == Certainty.ASSUMED) {
                        assumed.add(figure);
                    }
                }
            }
        }
        figures.forEach(parameter -> assumed.remove(parameter.figure().orElseThrow()));
        return assumed;
    }

    /** How references are priced, a sentence for each way that some run was counted. */
    public List<String> notes() {
        return runs.stream()
                .filter(run -> run != null && !run.hasFailed())
                .map(run -> run.counts().conditions())
                .map(how -> how.cachesModelled()
                        ? "References to tables and data are priced where each one hit in the caches of " + how.caches()
                                + "."
                        : "References to tables are priced at the profile's average.")
                .distinct()
                .toList();
    }

    private List<Value> profileNames() {
        return new ArrayList<>(plan.study()
                .axis(Parameters.PROFILE)
                .map(Axis::values)
                .orElseGet(() -> List.of(Parameters.PROFILE.fallback())));
    }
}

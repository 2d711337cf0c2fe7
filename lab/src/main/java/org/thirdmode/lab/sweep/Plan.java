package org.thirdmode.lab.sweep;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a study needs: the different runs among its points. */
public final class Plan {
    private final Study study;
    private final long points;

    /** The axes that change what is run. */
    private final List<Axis> executed;

    private final Map<List<Value>, Integer> byValues = new HashMap<>();
    private final Map<RunSpec, Integer> numbers = new HashMap<>();
    private final List<RunSpec> runs = new ArrayList<>();

    /** The point that each run is executed for; the others of the run are priced from its counts. */
    private final List<Long> firstPoints = new ArrayList<>();

    private Plan(Study study, Sampling sampling) {
        this.study = study;
        points = sampling.points();
        executed = study.axes().stream()
                .filter(axis -> axis.parameter().effect() != Parameter.Effect.PRICE)
                .toList();
    }

    /** Plans a study. */
    public static Plan of(Study study) {
        Sampling sampling = new Sampling(study);
        Plan plan = new Plan(study, sampling);
        // In a grid prices vary fastest: one point of each run is enough to know it.
        long step = study.sample() instanceof Study.Grid ? plan.points / plan.combinations() : 1;
        for (long point = 0; point < plan.points; point += step) {
            plan.add(point, sampling.to(point));
        }
        return plan;
    }

    private long combinations() {
        return executed.stream().mapToLong(axis -> axis.values().size()).reduce(1, Math::multiplyExact);
    }

    private void add(long point, Sampling at) {
        List<Value> values = values(at);
        if (!byValues.containsKey(values)) {
            RunSpec run = RunSpec.of(at);
            Integer number = numbers.get(run);
            if (number == null) {
                number = runs.size();
                numbers.put(run, number);
                runs.add(run);
                firstPoints.add(point);
            }
            byValues.put(values, number);
        }
    }

    private List<Value> values(Sampling at) {
        List<Value> values = new ArrayList<>(executed.size());
        for (Axis axis : executed) {
            values.add(at.apply(axis.parameter()));
        }
        return values;
    }

    public Study study() {
        return study;
    }

    /** How many points there are. */
    public long points() {
        return points;
    }

    /** The runs, in the order of the points that need them first. */
    public List<RunSpec> runs() {
        return runs;
    }

    /** The number of the run of a point. */
    int runOf(Sampling at) {
        return byValues.get(values(at));
    }

    /** Whether some point has the run that these values make. */
    boolean knows(Sampling at) {
        return byValues.containsKey(values(at));
    }

    /** Whether a run is executed for this point. */
    boolean isFirst(long point, int run) {
        return firstPoints.get(run) == point;
    }
}

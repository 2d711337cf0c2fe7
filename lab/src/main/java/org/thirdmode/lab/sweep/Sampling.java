package org.thirdmode.lab.sweep;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** The points of a study, by number from 0: any of them at any time, so none has to be kept. */
public final class Sampling implements Function<Parameter, Value> {
    /** Keeps the random numbers of neighbouring points apart: 2^64 divided by the golden ratio. */
    private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

    private final Study study;

    /** What changes a run varies slowest, so that points of one run are neighbours. */
    private final List<Axis> order;

    private final Value[] at;

    public Sampling(Study study) {
        this.study = study;
        order = new ArrayList<>(study.axes());
        order.sort(Comparator.comparing((Axis axis) -> axis.parameter().effect() == Parameter.Effect.PRICE));
        List<Parameter> all = Parameters.list();
        at = all.stream().map(Parameter::fallback).toArray(Value[]::new);
    }

    /** How many points there are. */
    public long points() {
        return switch (study.sample()) {
            case Study.Grid() ->
                order.stream().mapToLong(axis -> axis.values().size()).reduce(1, Math::multiplyExact);
            case Study.Random(long points, long seed) -> points;
        };
    }

    /** Goes to a point. */
    public Sampling to(long point) {
        switch (study.sample()) {
            case Study.Grid() -> {
                long rest = point;
                for (Axis axis : order.reversed()) {
                    List<Value> values = axis.values();
                    set(axis, values.get((int) (rest % values.size())));
                    rest /= values.size();
                }
            }
            case Study.Random(long points, long seed) -> {
                SplittableRandom random = new SplittableRandom(seed ^ (SPREAD * (point + 1)));
                for (Axis axis : order) {
                    set(axis, axis.choice().any(random));
                }
            }
        }
        return this;
    }

    /** Goes to the first value of every axis: for a range, to its lower end. */
    public Sampling toFirst() {
        for (Axis axis : order) {
            set(
                    axis,
                    switch (axis.choice()) {
                        case Axis.OneOf(List<Value> values) -> values.getFirst();
                        case Axis.Between between -> Value.number(between.from());
                    });
        }
        return this;
    }

    /** Gives one parameter another value. */
    public Sampling with(Parameter parameter, Value value) {
        at[Parameters.index(parameter)] = value;
        return this;
    }

    private void set(Axis axis, Value value) {
        with(axis.parameter(), value);
    }

    /** The value of a parameter here; null where it has none and no effect. */
    @Override
    public Value apply(Parameter parameter) {
        return at[Parameters.index(parameter)];
    }

    /** All values, in the order of {@link Parameters#list}. */
    List<Value> values() {
        return Arrays.asList(at);
    }
}

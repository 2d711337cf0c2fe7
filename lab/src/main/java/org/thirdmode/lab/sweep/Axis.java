package org.thirdmode.lab.sweep;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.SplittableRandom;
import org.thirdmode.cost.data.Place;

/**
 * A parameter and the values that a study gives it.
 *
 * @param place where the study says so
 */
public record Axis(Parameter parameter, Choice choice, Place place) {
    /** What there is to choose from. */
    public sealed interface Choice {
        /** One, at random. */
        Value any(SplittableRandom random);
    }

    /** One of some values, in the study's order. */
    public record OneOf(List<Value> values) implements Choice {
        public OneOf {
            values = List.copyOf(values);
        }

        @Override
        public Value any(SplittableRandom random) {
            return values.get(random.nextInt(values.size()));
        }
    }

    /** Anything between two numbers, both included, each as likely: random samples only. */
    public record Between(BigDecimal from, BigDecimal to, int decimals) implements Choice {
        @Override
        public Value any(SplittableRandom random) {
            long steps = to.subtract(from).movePointRight(decimals).longValueExact();
            BigDecimal offset = BigDecimal.valueOf(random.nextLong(steps + 1), decimals);
            return Value.number(from.add(offset).setScale(decimals, RoundingMode.UNNECESSARY));
        }
    }

    /** Whether there is more than one value. */
    public boolean varies() {
        return !(choice instanceof OneOf one) || one.values().size() > 1;
    }

    /** All values. */
    List<Value> values() {
        if (choice instanceof OneOf one) {
            return one.values();
        }
        throw new IllegalStateException(parameter.name() + " has no list of values");
    }
}

package org.thirdmode.lab.sweep;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.thirdmode.cost.Figure;
import org.thirdmode.cost.Profiles;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.Scalar;

/**
 * Something that a study can vary.
 *
 * @param name as a study writes it
 * @param effect what another value of it changes
 * @param domain which values it has
 * @param fallback its value where a study does not say; null for none: then it has no effect
 * @param meaning one line
 */
public record Parameter(String name, Effect effect, Domain domain, Value fallback, String meaning) {
    /** What another value changes. */
    public enum Effect {
        /** What the guest or the hypervisor does: the point is executed. */
        EXECUTION,
        /** Which translations are kept: the point is replayed from the trace of a run where that is exact, else executed. */
        GEOMETRY,
        /** What things take: a run that was counted is priced again. */
        PRICE
    }

    /** The values that a parameter has. */
    public sealed interface Domain {
        /** Reads one. */
        Value read(Scalar scalar) throws DataException;
    }

    /** One of some words. */
    public record Words(List<String> valid) implements Domain {
        public Words {
            valid = List.copyOf(valid);
        }

        @Override
        public Value read(Scalar scalar) throws DataException {
            return Value.word(scalar.oneOf(valid));
        }
    }

    /** A workload, with parameters of its own. */
    public record Work() implements Domain {
        @Override
        public Value read(Scalar scalar) throws DataException {
            return Value.word(WorkloadText.checked(scalar));
        }
    }

    /** A profile: the name of a bundled one, or a file. */
    public record ProfileName() implements Domain {
        @Override
        public Value read(Scalar scalar) throws DataException {
            try {
                Profiles.find(scalar.words());
            } catch (DataException e) {
                throw scalar.place().wrong(e.getMessage());
            }
            return Value.word(scalar.words());
        }
    }

    /** A number within bounds, with so many places after the point. */
    public record Number(BigDecimal least, BigDecimal most, int decimals) implements Domain {
        @Override
        public Value read(Scalar scalar) throws DataException {
            return Value.number(scalar.number(least, most, decimals));
        }
    }

    /** How columns call it: words with underscores, so that SQL needs no quotes. */
    public String column() {
        return name.replace('-', '_');
    }

    /** Whether its values are numbers. */
    public boolean numeric() {
        return domain instanceof Number;
    }

    /** The figure of a profile that it is; empty for any other parameter. */
    public Optional<Figure> figure() {
        for (Figure figure : Figure.values()) {
            if (effect == Effect.PRICE && figure.key.equals(name)) {
                return Optional.of(figure);
            }
        }
        return Optional.empty();
    }
}

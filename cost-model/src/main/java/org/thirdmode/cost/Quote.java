package org.thirdmode.cost;

import java.math.BigDecimal;

/**
 * A value and where it is from.
 *
 * @param unit as {@code cycles}
 * @param source the paper, manual or message, with its table or section; where it is assumed, why so
 */
public record Quote(BigDecimal value, String unit, String source, Certainty certainty) {
    /** The value in thousandths. */
    long thousandths() {
        return value.movePointRight(3).longValueExact();
    }

    /** With another value: what if. */
    public Quote withValue(BigDecimal other) {
        return new Quote(other, unit, "given", Certainty.ASSUMED);
    }

    @Override
    public String toString() {
        return value.toPlainString() + " " + unit;
    }
}

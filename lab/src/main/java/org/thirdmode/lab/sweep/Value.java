package org.thirdmode.lab.sweep;

import java.math.BigDecimal;

/**
 * What a parameter is at a point.
 *
 * @param text as result files write it
 * @param number the same as a number; null where it is a word
 */
public record Value(String text, BigDecimal number) {
    static Value word(String text) {
        return new Value(text, null);
    }

    static Value number(BigDecimal number) {
        BigDecimal shortest = number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
        return new Value(shortest.toPlainString(), shortest);
    }

    static Value number(long number) {
        return number(BigDecimal.valueOf(number));
    }

    /** The number as a whole one. */
    int whole() {
        return number.intValueExact();
    }

    @Override
    public String toString() {
        return text;
    }
}

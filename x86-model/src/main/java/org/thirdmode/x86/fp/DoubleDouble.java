package org.thirdmode.x86.fp;

/**
 * A number kept as the unevaluated sum of two doubles: some 104 bits of precision, enough to round the transcendental
 * instructions to 64. The object is an accumulator, so that nothing allocates.
 *
 * <p>T. J. Dekker, "A Floating-Point Technique for Extending the Available Precision", 1971.
 */
final class DoubleDouble {
    double high;
    double low;

    DoubleDouble() {}

    DoubleDouble(double high, double low) {
        this.high = high;
        this.low = low;
    }

    void set(double newHigh, double newLow) {
        high = newHigh;
        low = newLow;
    }

    void set(DoubleDouble other) {
        high = other.high;
        low = other.low;
    }

    private void renormalise(double h, double l) {
        high = h + l;
        low = l - (high - h);
    }

    void add(DoubleDouble other) {
        add(other.high, other.low);
    }

    void add(double otherHigh, double otherLow) {
        double sum = high + otherHigh;
        double back = sum - high;
        double rest = (high - (sum - back)) + (otherHigh - back);
        double sumLow = low + otherLow;
        double backLow = sumLow - low;
        double restLow = (low - (sumLow - backLow)) + (otherLow - backLow);
        renormalise(sum, rest + sumLow);
        renormalise(high, low + restLow);
    }

    void negate() {
        high = -high;
        low = -low;
    }

    void multiply(DoubleDouble other) {
        multiply(other.high, other.low);
    }

    void multiply(double otherHigh, double otherLow) {
        double product = high * otherHigh;
        double rest = Math.fma(high, otherHigh, -product);
        renormalise(product, rest + (high * otherLow + low * otherHigh));
    }

    /** Multiplies by a power of two. */
    void scale(double power) {
        high *= power;
        low *= power;
    }

    void divide(DoubleDouble other) {
        double first = high / other.high;
        subtractProduct(first, other);
        double second = high / other.high;
        subtractProduct(second, other);
        double third = high / other.high;
        renormalise(first, second);
        add(third, 0);
    }

    private void subtractProduct(double factor, DoubleDouble other) {
        double product = factor * other.high;
        double rest = Math.fma(factor, other.high, -product);
        add(-product, -(rest + factor * other.low));
    }
}

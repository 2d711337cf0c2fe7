package org.thirdmode.x86.fp;

/** Single and double precision as SSE holds them: bits, zero-extended to a long. SDM 1 "Floating-Point Data Types". */
enum SseFormat {
    SINGLE(24, Rounder.SINGLE, 1),
    DOUBLE(53, Rounder.DOUBLE, 64);

    final Rounder.Format rounded;
    final long sign;

    /** The exponent's field, all ones: also the bits of infinity. */
    final long exponent;

    /** The bit that makes a NaN quiet. */
    final long quiet;

    /** The QNaN floating-point indefinite. */
    final long indefinite;

    /** Bits of the fraction. */
    final int fractionBits;

    /** The low bit of the exponent's field. */
    private final long exponentUnit;

    /** An exponent field above which no residue of an operation can be lost. */
    private final long lowEnd;

    /** @param lowEnd the largest exponent too near to the low end of the range for a result to be taken as it is */
    SseFormat(int precision, Rounder.Format rounded, int lowEnd) {
        this.rounded = rounded;
        fractionBits = precision - 1;
        exponentUnit = 1L << fractionBits;
        sign = precision == 24 ? 1L << 31 : 1L << 63;
        exponent = (sign - 1) & -exponentUnit;
        quiet = exponentUnit >>> 1;
        indefinite = sign | exponent | quiet;
        this.lowEnd = (lowEnd * exponentUnit) | fraction();
    }

    /** The fraction's field, all ones. */
    long fraction() {
        return exponentUnit - 1;
    }

    /** Neither zero, denormal, infinity nor NaN. */
    boolean isNormal(long bits) {
        long field = bits & exponent;
        return field != 0 && field != exponent;
    }

    boolean isNan(long bits) {
        return (bits & ~sign) > exponent;
    }

    boolean isSignaling(long bits) {
        return isNan(bits) && (bits & quiet) == 0;
    }

    boolean isInfinite(long bits) {
        return (bits & ~sign) == exponent;
    }

    boolean isZero(long bits) {
        return (bits & ~sign) == 0;
    }

    boolean isDenormal(long bits) {
        return (bits & exponent) == 0 && (bits & ~sign) != 0;
    }

    boolean isNegative(long bits) {
        return (bits & sign) != 0;
    }

    /**
     * Normal, and far enough from the low end of the range: a result was not tiny before it was rounded, and the residue
     * of a double is exact.
     */
    boolean isComfortable(long bits) {
        long magnitude = bits & ~sign;
        return magnitude > lowEnd && magnitude < exponent;
    }

    /** The number, which a Java double holds exactly. */
    double value(long bits) {
        return this == DOUBLE ? Double.longBitsToDouble(bits) : Float.intBitsToFloat((int) bits);
    }

    /** The bits of a number, rounded to the nearest. */
    long bits(double value) {
        return this == DOUBLE
                ? Double.doubleToRawLongBits(value)
                : Float.floatToRawIntBits((float) value) & 0xffff_ffffL;
    }

    /** x * y - z, or at least whether that is 0: of singles the product is a double. */
    double residue(double x, double y, double z) {
        return this == DOUBLE ? Math.fma(x, y, -z) : (x * y) - z;
    }

    int signExponent(long bits) {
        return this == DOUBLE ? Float80.signExponentOfDouble(bits) : Float80.signExponentOfSingle((int) bits);
    }

    long significand(long bits) {
        return this == DOUBLE ? Float80.significandOfDouble(bits) : Float80.significandOfSingle((int) bits);
    }

    /** The bits, without a sign, of what was rounded to this format. */
    long pack(Rounder rounder) {
        return this == DOUBLE
                ? ExtendedArithmetic.packDouble(rounder)
                : ExtendedArithmetic.packSingle(rounder) & 0xffff_ffffL;
    }
}

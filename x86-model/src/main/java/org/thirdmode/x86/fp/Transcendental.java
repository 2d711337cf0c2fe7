package org.thirdmode.x86.fp;

import static org.thirdmode.x86.fp.Float80.EXPONENT;
import static org.thirdmode.x86.fp.Float80.INTEGER_BIT;
import static org.thirdmode.x86.fp.Float80.SIGN;

/**
 * FSIN, FCOS, FPTAN, FPATAN, F2XM1, FYL2X and FYL2XP1. They are computed to about 100 bits and then rounded under the
 * rounding control: the error against the true value of the function is within 0.51 units in the last place, where the
 * manual promises 1 (SDM 1 "Transcendental Instruction Accuracy"). A processor's last bit may therefore differ from ours,
 * as it does between processors.
 *
 * <p>Arguments of the trigonometric functions are reduced with the 66-bit pi that the manual gives (SDM 1
 * "Approximation of Pi"), exactly; so for large arguments the results are the processor's, not the mathematician's.
 */
final class Transcendental {
    private static final int TERMS = 30;
    private static final DoubleDouble[] INVERSE_FACTORIAL = new DoubleDouble[TERMS];
    private static final DoubleDouble[] INVERSE_ODD = new DoubleDouble[TERMS];

    private static final DoubleDouble PI = new DoubleDouble(3.141592653589793, 1.2246467991473532E-16);
    private static final DoubleDouble HALF_PI = new DoubleDouble(1.5707963267948966, 6.123233995736766E-17);
    private static final DoubleDouble LN2 = new DoubleDouble(0.6931471805599453, 2.319046813846299E-17);

    /** The manual's pi as an integer of 66 bits: pi * 2^64, chopped. */
    private static final long PI_HIGH = 3;

    private static final long PI_LOW = 0x243f_6a88_85a3_08d3L;

    /** Below 2^SMALL the sign of a series' second term decides the rounding. */
    private static final int SMALL = -40;

    static {
        DoubleDouble value = new DoubleDouble(1, 0);
        for (int i = 0; i < TERMS; i++) {
            if (i > 1) {
                value.divide(new DoubleDouble(i, 0));
            }
            INVERSE_FACTORIAL[i] = new DoubleDouble(value.high, value.low);
            DoubleDouble odd = new DoubleDouble(1, 0);
            odd.divide(new DoubleDouble(2.0 * i + 1, 0));
            INVERSE_ODD[i] = odd;
        }
    }

    private final ExtendedArithmetic arithmetic;
    private final Unrounded exact = new Unrounded();
    private final DoubleDouble x = new DoubleDouble();
    private final DoubleDouble y = new DoubleDouble();
    private final DoubleDouble square = new DoubleDouble();
    private final DoubleDouble sine = new DoubleDouble();
    private final DoubleDouble cosine = new DoubleDouble();
    private final DoubleDouble work = new DoubleDouble();

    Transcendental(ExtendedArithmetic arithmetic) {
        this.arithmetic = arithmetic;
    }

    // ---- between the formats ----

    /** A normalised significand as a number in [1, 2). */
    private static void mantissa(long sig, DoubleDouble to) {
        to.set((double) (sig >>> 11) * 0x1p-52, (double) (sig & 0x7ff) * 0x1p-63);
    }

    private static double power(int exponent) {
        return Math.scalb(1.0, exponent);
    }

    /** Rounds {@code value * 2^scale}, which is no exact result, and makes it the arithmetic's. */
    private void deliver(boolean negative, DoubleDouble value, int scale) {
        boolean minus = value.high < 0;
        if (minus) {
            value.negate();
        }
        int exponent = Math.getExponent(value.high);
        double unit = power(62 - exponent);
        double below = value.low * unit;
        double floor = Math.floor(below);
        long high = (long) (value.high * unit) + (long) floor;
        long low = ((long) ((below - floor) * 0x1p63) << 1) | 1;
        arithmetic.roundToExtended(negative != minus, exponent + scale + Unrounded.BIAS + 1, high, low);
    }

    /** Rounds a value next to an operand: a hair smaller or greater in magnitude. */
    private void deliverNear(int se, long sig, boolean smaller) {
        int exponent = ExtendedArithmetic.normalExponent(se, sig);
        long normal = ExtendedArithmetic.normalSignificand(sig);
        boolean negative = Float80.isNegative(se);
        if (smaller) {
            arithmetic.roundToExtended(negative, exponent, normal - 1, -1L);
        } else {
            arithmetic.roundToExtended(negative, exponent, normal, 1);
        }
    }

    private static int exponentOf(int se, long sig) {
        return ExtendedArithmetic.normalExponent(se, sig) - Unrounded.BIAS;
    }

    /** NaN, unsupported: settled as for any arithmetic instruction. */
    private boolean special(int se, long sig) {
        arithmetic.begin();
        return arithmetic.nan(se, sig, Float80.ONE, INTEGER_BIT);
    }

    // ---- F2XM1 ----

    /** 2^ST(0) - 1 for -1 <= ST(0) <= 1; outside, where the manual leaves it undefined, the operand itself. */
    void exponential(int se, long sig) {
        if (special(se, sig)) {
            return;
        }
        if ((se & EXPONENT) == EXPONENT) {
            arithmetic.result(Float80.isNegative(se) ? SIGN | Float80.ONE : se, sig);
            return;
        }
        if (sig == 0) {
            arithmetic.result(se, sig);
            return;
        }
        if (arithmetic.denormal(se, sig)) {
            return;
        }
        int exponent = exponentOf(se, sig);
        boolean negative = Float80.isNegative(se);
        if (exponent >= 0) {
            arithmetic.flags |= FloatExceptions.PRECISION;
            if (exponent == 0 && sig == INTEGER_BIT) {
                arithmetic.result(negative ? SIGN | (Float80.ONE - 1) : se, sig);
            } else {
                arithmetic.result(se, sig);
            }
            return;
        }
        mantissa(ExtendedArithmetic.normalSignificand(sig), x);
        x.multiply(LN2);
        if (exponent < -70) {
            deliver(negative, x, exponent);
            return;
        }
        x.scale(negative ? -power(exponent) : power(exponent));
        work.set(INVERSE_FACTORIAL[TERMS - 1]);
        for (int i = TERMS - 2; i >= 1; i--) {
            work.multiply(x);
            work.add(INVERSE_FACTORIAL[i]);
        }
        work.multiply(x);
        deliver(false, work, 0);
    }

    // ---- FSIN, FCOS, FPTAN ----

    /** |ST(0)| >= 2^63: the instruction sets C2 and does nothing. */
    boolean outOfRange(int se, long sig) {
        int exponent = se & EXPONENT;
        return exponent != EXPONENT && exponent >= Unrounded.BIAS + 63 && sig < 0;
    }

    /** Deals with operands that need no series; true when the result is there. */
    private boolean trigonometricSpecial(int se, long sig, boolean cosineWanted) {
        if (special(se, sig)) {
            return true;
        }
        if ((se & EXPONENT) == EXPONENT) {
            arithmetic.invalid();
            return true;
        }
        if (sig == 0) {
            if (cosineWanted) {
                arithmetic.result(Float80.ONE, INTEGER_BIT);
            } else {
                arithmetic.result(se, sig);
            }
            return true;
        }
        return arithmetic.denormal(se, sig);
    }

    /** FSIN and FCOS. */
    void sine(int se, long sig, boolean cosineWanted) {
        if (trigonometricSpecial(se, sig, cosineWanted)) {
            return;
        }
        if (exponentOf(se, sig) < SMALL) {
            if (cosineWanted) {
                deliverNear(Float80.ONE, INTEGER_BIT, true);
            } else {
                deliverNear(se, sig, true);
            }
            return;
        }
        int quadrant = reduce(se, sig);
        boolean negative = Float80.isNegative(se);
        sineAndCosine();
        boolean useCosine = cosineWanted == ((quadrant & 1) == 0);
        boolean minus = cosineWanted ? ((quadrant + 1) & 2) != 0 : negative != ((quadrant & 2) != 0);
        deliver(minus, useCosine ? cosine : sine, 0);
    }

    /** FPTAN. */
    void tangent(int se, long sig) {
        if (trigonometricSpecial(se, sig, false)) {
            return;
        }
        if (exponentOf(se, sig) < SMALL) {
            deliverNear(se, sig, false);
            return;
        }
        int quadrant = reduce(se, sig);
        boolean negative = Float80.isNegative(se);
        sineAndCosine();
        if ((quadrant & 1) == 0) {
            sine.divide(cosine);
            deliver(negative, sine, 0);
        } else {
            cosine.divide(sine);
            deliver(!negative, cosine, 0);
        }
    }

    /**
     * Takes the nearest multiple of pi/2 off the magnitude of the operand; the rest, in [-pi/4, pi/4], is in {@link #x}.
     *
     * @return the multiple, its low bits
     */
    private int reduce(int se, long sig) {
        int exponent = exponentOf(se, sig);
        long normal = ExtendedArithmetic.normalSignificand(sig);
        if (exponent < -1) {
            mantissa(normal, x);
            x.scale(power(exponent));
            return 0;
        }
        // In units of 2^-65, where pi/2 is the 66-bit integer, the operand is the integer normal * 2^(exponent + 2).
        int quotient = 0;
        long high = 0;
        long low = 0;
        for (int bit = 65 + exponent; bit >= 0; bit--) {
            int next = bit - exponent - 2;
            high = (high << 1) | (low >>> 63);
            low = (low << 1) | (next >= 0 ? (normal >>> next) & 1 : 0);
            quotient <<= 1;
            if (high > PI_HIGH || (high == PI_HIGH && Long.compareUnsigned(low, PI_LOW) >= 0)) {
                high -= PI_HIGH + (Long.compareUnsigned(low, PI_LOW) < 0 ? 1 : 0);
                low -= PI_LOW;
                quotient |= 1;
            }
        }
        // Half of pi/2 is 1.92...: compare twice the rest.
        long twiceHigh = (high << 1) | (low >>> 63);
        boolean negative = twiceHigh > PI_HIGH || (twiceHigh == PI_HIGH && Long.compareUnsigned(low << 1, PI_LOW) > 0);
        if (negative) {
            quotient++;
            high = PI_HIGH - high - (Long.compareUnsigned(PI_LOW, low) < 0 ? 1 : 0);
            low = PI_LOW - low;
        }
        x.set((double) high * 0x1p64, 0);
        x.add((double) (low >>> 32) * 0x1p32, 0);
        x.add((double) (low & 0xffff_ffffL), 0);
        x.scale(negative ? -0x1p-65 : 0x1p-65);
        return quotient;
    }

    /** sine and cosine of {@link #x}, |x| <= pi/4, by their series. */
    private void sineAndCosine() {
        square.set(x);
        square.multiply(x);
        square.negate();
        sine.set(INVERSE_FACTORIAL[TERMS - 1]);
        cosine.set(INVERSE_FACTORIAL[TERMS - 2]);
        for (int i = TERMS - 3; i >= 0; i -= 2) {
            sine.multiply(square);
            sine.add(INVERSE_FACTORIAL[i]);
            if (i > 0) {
                cosine.multiply(square);
                cosine.add(INVERSE_FACTORIAL[i - 1]);
            }
        }
        sine.multiply(x);
    }

    // ---- FPATAN ----

    /** The angle of the point (x, y). */
    void arctangent(int ySe, long ySig, int xSe, long xSig) {
        arithmetic.begin();
        if (arithmetic.nan(ySe, ySig, xSe, xSig)) {
            return;
        }
        boolean yNegative = Float80.isNegative(ySe);
        boolean xNegative = Float80.isNegative(xSe);
        boolean yInfinite = (ySe & EXPONENT) == EXPONENT;
        boolean xInfinite = (xSe & EXPONENT) == EXPONENT;
        boolean yZero = Float80.isZero(ySe, ySig);
        boolean xZero = Float80.isZero(xSe, xSig);
        if (arithmetic.denormal(ySe, ySig) | arithmetic.denormal(xSe, xSig)) {
            if ((arithmetic.unmasked() & FloatExceptions.DENORMAL) != 0) {
                return;
            }
        }
        if (yInfinite || (xZero && !yZero)) {
            if (yInfinite && xInfinite) {
                work.set(HALF_PI);
                work.scale(0.5);
                if (xNegative) {
                    work.multiply(3, 0);
                }
            } else {
                work.set(HALF_PI);
            }
            deliver(yNegative, work, 0);
            return;
        }
        if (yZero || xInfinite) {
            if (xNegative) {
                work.set(PI);
                deliver(yNegative, work, 0);
            } else {
                arithmetic.result(ySe & SIGN, 0);
            }
            return;
        }
        int difference = exponentOf(ySe, ySig) - exponentOf(xSe, xSig);
        long yNormal = ExtendedArithmetic.normalSignificand(ySig);
        long xNormal = ExtendedArithmetic.normalSignificand(xSig);
        if (difference < -120 && !xNegative) {
            // The angle is the quotient, a hair less.
            exact.divide(
                    yNegative,
                    ExtendedArithmetic.normalExponent(ySe, ySig),
                    yNormal,
                    false,
                    ExtendedArithmetic.normalExponent(xSe, xSig),
                    xNormal);
            if (exact.low == 0) {
                exact.high--;
                exact.low = -1L;
            } else {
                exact.low -= exact.low == Long.MIN_VALUE ? 1 : 0;
            }
            arithmetic.roundToExtended(yNegative, exact.exponent, exact.high, exact.low);
            return;
        }
        if (Math.abs(difference) > 120) {
            work.set(difference > 0 ? HALF_PI : PI);
            deliver(yNegative, work, 0);
            return;
        }
        boolean steep = difference > 0 || (difference == 0 && Long.compareUnsigned(yNormal, xNormal) > 0);
        // y becomes the tangent of the angle to the nearer axis, at most 1.
        mantissa(steep ? xNormal : yNormal, y);
        mantissa(steep ? yNormal : xNormal, work);
        y.divide(work);
        y.scale(power(-Math.abs(difference)));
        // One step of Newton's method: atan t = a + atan((t cos a - sin a) / (cos a + t sin a)).
        double guess = StrictMath.atan(y.high);
        x.set(guess, 0);
        sineAndCosine();
        work.set(y);
        work.multiply(sine);
        work.add(cosine);
        y.multiply(cosine);
        sine.negate();
        y.add(sine);
        y.divide(work);
        y.add(guess, 0);
        if (steep) {
            if (!xNegative) {
                y.negate();
            }
            y.add(HALF_PI);
        } else if (xNegative) {
            y.negate();
            y.add(PI);
        }
        deliver(yNegative, y, 0);
    }

    // ---- FYL2X, FYL2XP1 ----

    /** b * log2(a), or b * log2(a + 1). */
    void logarithm(int aSe, long a, int bSe, long b, boolean plusOne) {
        arithmetic.begin();
        if (arithmetic.nan(aSe, a, bSe, b)) {
            return;
        }
        boolean aNegative = Float80.isNegative(aSe);
        boolean aZero = Float80.isZero(aSe, a);
        boolean bInfinite = (bSe & EXPONENT) == EXPONENT;
        boolean bZero = Float80.isZero(bSe, b);
        int bSign = bSe & SIGN;
        boolean belowDomain = plusOne
                ? aNegative && (aSe & EXPONENT) >= Float80.ONE && !((aSe & EXPONENT) == Float80.ONE && a == INTEGER_BIT)
                : aNegative && !aZero;
        if (belowDomain) {
            arithmetic.invalid();
            return;
        }
        boolean poleOfLog = plusOne ? aNegative && (aSe & EXPONENT) == Float80.ONE : aZero;
        if (poleOfLog) {
            if (bZero) {
                arithmetic.invalid();
                return;
            }
            if (!bInfinite) {
                arithmetic.flags |= FloatExceptions.ZERO_DIVIDE;
            }
            arithmetic.result((bSign ^ SIGN) | EXPONENT, INTEGER_BIT);
            return;
        }
        boolean logZero = plusOne ? aZero : (aSe & EXPONENT) == Float80.ONE && a == INTEGER_BIT;
        boolean logNegative = plusOne ? aNegative : (aSe & EXPONENT) < Float80.ONE;
        boolean aInfinite = (aSe & EXPONENT) == EXPONENT;
        if ((bInfinite && logZero) || (aInfinite && bZero)) {
            arithmetic.invalid();
            return;
        }
        if (arithmetic.denormal(aSe, a) | arithmetic.denormal(bSe, b)) {
            if ((arithmetic.unmasked() & FloatExceptions.DENORMAL) != 0) {
                return;
            }
        }
        int sign = logNegative ? bSign ^ SIGN : bSign;
        if (aInfinite || bInfinite) {
            arithmetic.result(sign | EXPONENT, INTEGER_BIT);
            return;
        }
        if (logZero || bZero) {
            arithmetic.result(sign, 0);
            return;
        }
        int bExponent = exponentOf(bSe, b);
        long bNormal = ExtendedArithmetic.normalSignificand(b);
        int power = exponentOf(aSe, a);
        long normal = ExtendedArithmetic.normalSignificand(a);
        if (!plusOne && normal == INTEGER_BIT) {
            // The logarithm is an integer: the product may be exact.
            long magnitude = Math.abs(power);
            int zeros = Long.numberOfLeadingZeros(magnitude);
            exact.multiply(
                    power < 0,
                    Unrounded.BIAS + 63 - zeros,
                    magnitude << zeros,
                    bSign != 0,
                    bExponent + Unrounded.BIAS,
                    bNormal);
            arithmetic.roundToExtended(exact.negative, exact.exponent, exact.high, exact.low);
            // Processors report every result of a logarithm as inexact.
            arithmetic.flags |= FloatExceptions.PRECISION;
            return;
        }
        mantissa(bNormal, y);
        if (plusOne && power < -70) {
            mantissa(normal, x);
            x.divide(LN2);
            x.multiply(y);
            deliver(aNegative != (bSign != 0), x, bExponent + power);
            return;
        }
        logOfArgument(normal, power, aNegative, plusOne);
        work.multiply(y);
        deliver(bSign != 0, work, bExponent);
    }

    /** log2 of the argument of FYL2X or FYL2XP1, in {@link #work}. */
    private void logOfArgument(long normal, int exponent, boolean negative, boolean plusOne) {
        int power = exponent;
        mantissa(normal, x);
        if (!plusOne || exponent >= 0) {
            if (plusOne && exponent < 120) {
                x.add(power(-exponent), 0);
            }
            if (x.high > 1.4142135623730951) {
                x.scale(0.5);
                power++;
            }
            x.add(-1, 0);
        } else {
            // a itself is what the series wants, without loss; within (-1, 1).
            x.scale(negative ? -power(exponent) : power(exponent));
            power = 0;
            if (x.high < -0.3 || x.high > 0.42) {
                x.add(1, 0);
                power = Math.getExponent(x.high);
                x.scale(power(-power));
                if (x.high > 1.4142135623730951) {
                    x.scale(0.5);
                    power++;
                }
                x.add(-1, 0);
            }
        }
        // ln(1 + x) = 2 artanh(x / (2 + x))
        work.set(x);
        work.add(2, 0);
        x.divide(work);
        square.set(x);
        square.multiply(x);
        work.set(INVERSE_ODD[TERMS - 1]);
        for (int i = TERMS - 2; i >= 0; i--) {
            work.multiply(square);
            work.add(INVERSE_ODD[i]);
        }
        work.multiply(x);
        work.scale(2);
        work.divide(LN2);
        work.add(power, 0);
    }
}

package org.thirdmode.x86.fp;

import static org.thirdmode.x86.fp.Float80.EXPONENT;
import static org.thirdmode.x86.fp.Float80.INTEGER_BIT;
import static org.thirdmode.x86.fp.Float80.QUIET_BIT;
import static org.thirdmode.x86.fp.Float80.SIGN;

/**
 * The arithmetic of the x87 FPU on {@link Float80} operands: results exact to the bit, with every exception flag, under
 * any rounding and precision control. It knows no register stack; {@link X87} does.
 *
 * <p>An operation leaves its outcome in the public fields, which the next one overwrites. Where an exception of
 * {@link FloatExceptions#PRE_COMPUTATION} is unmasked, {@link #flags} holds only exceptions of that kind and the result
 * has no meaning.
 *
 * <p>The priorities among exceptions are those of SDM 1 "Floating-Point Exception Priority".
 */
public final class ExtendedArithmetic {
    /** {@link #compare}: the operands compare equal. */
    public static final int EQUAL = 0;
    /** {@link #compare}: the first operand is the lesser. */
    public static final int LESS = -1;
    /** {@link #compare}: the first operand is the greater. */
    public static final int GREATER = 1;
    /** {@link #compare}: a NaN or an unsupported operand. */
    public static final int UNORDERED = 2;

    /** The exceptions of the last operation. */
    public int flags;
    /** Whether the last rounding made the magnitude greater: C1. */
    public boolean up;
    /** The result's sign and exponent. */
    public int signExponent;
    /** The result's significand. */
    public long significand;
    /** The quotient's low bits, of {@link #remainder}. */
    public int quotientBits;
    /** Whether {@link #remainder} stopped short: C2. */
    public boolean partial;

    /** Whether the second operand was a denormal single or double in memory: widened, it no longer looks like one. */
    boolean memoryDenormal;
    /** The exponent, of {@link #extract}: sign and exponent. */
    int extractedSignExponent;
    /** The exponent, of {@link #extract}: significand. */
    long extractedSignificand;

    private final Unrounded exact = new Unrounded();
    private final Rounder rounder = new Rounder();
    private Rounder.Format format = Rounder.EXTENDED;
    private int mode;
    private int unmasked;

    /** Takes rounding control, precision control and the exception masks from FCW. */
    public void setControl(int fcw) {
        mode = (fcw >>> 10) & 3;
        unmasked = ~fcw & FloatExceptions.ALL;
        format = switch ((fcw >>> 8) & 3) {
            case 0 -> Rounder.EXTENDED_24;
            case 2 -> Rounder.EXTENDED_53;
            default -> Rounder.EXTENDED;
        };
    }

    /** The rounding control in force. */
    int mode() {
        return mode;
    }

    /** The exceptions that are not masked. */
    int unmasked() {
        return unmasked;
    }

    void begin() {
        flags = 0;
        up = false;
    }

    void result(int newSignExponent, long newSignificand) {
        signExponent = newSignExponent;
        significand = newSignificand;
    }

    /** The masked response to an invalid operation. */
    void invalid() {
        flags |= FloatExceptions.INVALID;
        result(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
    }

    private void infinity(boolean negative) {
        result(negative ? SIGN | EXPONENT : EXPONENT, INTEGER_BIT);
    }

    /** Notes a denormal operand; true when that is unmasked and the operation must not go on. */
    boolean denormal(int se, long sig) {
        if (Float80.isDenormal(se, sig)) {
            flags |= FloatExceptions.DENORMAL;
            return (unmasked & FloatExceptions.DENORMAL) != 0;
        }
        return false;
    }

    private boolean denormal(int aSe, long a, int bSe, long b) {
        if (Float80.isDenormal(aSe, a) || Float80.isDenormal(bSe, b) || memoryDenormal) {
            flags |= FloatExceptions.DENORMAL;
            return (unmasked & FloatExceptions.DENORMAL) != 0;
        }
        return false;
    }

    /** The exponent of a finite operand that is not zero once its significand is normalised. */
    static int normalExponent(int se, long sig) {
        int exponent = se & EXPONENT;
        return exponent != 0 ? exponent : 1 - Long.numberOfLeadingZeros(sig);
    }

    /** The significand shifted so that J is 1. */
    static long normalSignificand(long sig) {
        return sig << Long.numberOfLeadingZeros(sig);
    }

    /** Rounds {@link #exact} under the precision control and makes it the result. */
    private void round() {
        round(format);
    }

    private void round(Rounder.Format toFormat) {
        rounder.round(exact, toFormat, mode, unmasked);
        deliver();
    }

    private void deliver() {
        flags |= rounder.flags;
        up = rounder.up;
        result(exact.negative ? rounder.exponent | SIGN : rounder.exponent, rounder.significand);
    }

    /** Rounds a value that another class computed, to the full precision. */
    void roundToExtended(boolean negative, int exponent, long high, long low) {
        exact.set(negative, exponent, high, low);
        exact.normalise();
        round(Rounder.EXTENDED);
    }

    /** Deals with unsupported operands and NaNs; true when that settled the operation. */
    private boolean nan(int se, long sig) {
        if (Float80.isUnsupported(se, sig)) {
            invalid();
            return true;
        }
        if (Float80.isNan(se, sig)) {
            if ((sig & QUIET_BIT) == 0) {
                flags |= FloatExceptions.INVALID;
            }
            result(se, sig | QUIET_BIT);
            return true;
        }
        return false;
    }

    /** The same for two operands: SDM 1 "Rules for Handling NaNs", the x87 column. */
    boolean nan(int aSe, long a, int bSe, long b) {
        if ((aSe & EXPONENT) != EXPONENT && (bSe & EXPONENT) != EXPONENT && a < 0 && b < 0) {
            return false;
        }
        if (Float80.isUnsupported(aSe, a) || Float80.isUnsupported(bSe, b)) {
            invalid();
            return true;
        }
        boolean aNan = Float80.isNan(aSe, a);
        boolean bNan = Float80.isNan(bSe, b);
        if (!aNan && !bNan) {
            return false;
        }
        boolean aSignals = aNan && (a & QUIET_BIT) == 0;
        boolean bSignals = bNan && (b & QUIET_BIT) == 0;
        if (aSignals || bSignals) {
            flags |= FloatExceptions.INVALID;
        }
        boolean takeA;
        if (!bNan) {
            takeA = true;
        } else if (!aNan) {
            takeA = false;
        } else if (aSignals != bSignals) {
            takeA = bSignals;
        } else {
            int comparison = Long.compareUnsigned(a, b);
            takeA = comparison > 0 || (comparison == 0 && !Float80.isNegative(aSe));
        }
        result(takeA ? aSe : bSe, (takeA ? a : b) | QUIET_BIT);
        return true;
    }

    /** a + b. */
    public void add(int aSe, long a, int bSe, long b) {
        begin();
        if (!nan(aSe, a, bSe, b)) {
            addNumbers(aSe, a, bSe, b);
        }
    }

    /** a - b. */
    public void subtract(int aSe, long a, int bSe, long b) {
        begin();
        if (!nan(aSe, a, bSe, b)) {
            addNumbers(aSe, a, bSe ^ SIGN, b);
        }
    }

    private void addNumbers(int aSe, long a, int bSe, long b) {
        boolean aInfinite = (aSe & EXPONENT) == EXPONENT;
        boolean bInfinite = (bSe & EXPONENT) == EXPONENT;
        if (aInfinite && bInfinite && aSe != bSe) {
            invalid();
            return;
        }
        if (denormal(aSe, a, bSe, b)) {
            return;
        }
        if (aInfinite || bInfinite) {
            infinity(Float80.isNegative(aInfinite ? aSe : bSe));
            return;
        }
        boolean aNegative = Float80.isNegative(aSe);
        boolean bNegative = Float80.isNegative(bSe);
        if (a == 0 || b == 0) {
            if (a == 0 && b == 0) {
                boolean negative = aNegative == bNegative ? aNegative : mode == RoundingControl.DOWN;
                result(negative ? SIGN : 0, 0);
                return;
            }
            // Precision control rounds the operand that is left, too.
            int se = a == 0 ? bSe : aSe;
            long sig = a == 0 ? b : a;
            exact.set(Float80.isNegative(se), normalExponent(se, sig), normalSignificand(sig), 0);
            round();
            return;
        }
        exact.add(
                aNegative,
                normalExponent(aSe, a),
                normalSignificand(a),
                bNegative,
                normalExponent(bSe, b),
                normalSignificand(b));
        if (exact.isZero()) {
            exact.negative = mode == RoundingControl.DOWN;
        }
        round();
    }

    /** a * b. */
    public void multiply(int aSe, long a, int bSe, long b) {
        begin();
        if (nan(aSe, a, bSe, b)) {
            return;
        }
        boolean negative = ((aSe ^ bSe) & SIGN) != 0;
        boolean infinite = (aSe & EXPONENT) == EXPONENT || (bSe & EXPONENT) == EXPONENT;
        boolean zero = Float80.isZero(aSe, a) || Float80.isZero(bSe, b);
        if (infinite && zero) {
            invalid();
            return;
        }
        if (denormal(aSe, a, bSe, b)) {
            return;
        }
        if (infinite) {
            infinity(negative);
        } else if (zero) {
            result(negative ? SIGN : 0, 0);
        } else {
            exact.multiply(
                    Float80.isNegative(aSe),
                    normalExponent(aSe, a),
                    normalSignificand(a),
                    Float80.isNegative(bSe),
                    normalExponent(bSe, b),
                    normalSignificand(b));
            round();
        }
    }

    /** a / b. */
    public void divide(int aSe, long a, int bSe, long b) {
        begin();
        if (nan(aSe, a, bSe, b)) {
            return;
        }
        boolean negative = ((aSe ^ bSe) & SIGN) != 0;
        boolean aInfinite = (aSe & EXPONENT) == EXPONENT;
        boolean bInfinite = (bSe & EXPONENT) == EXPONENT;
        boolean aZero = Float80.isZero(aSe, a);
        boolean bZero = Float80.isZero(bSe, b);
        if ((aInfinite && bInfinite) || (aZero && bZero)) {
            invalid();
            return;
        }
        if (bZero && !aInfinite) {
            flags |= FloatExceptions.ZERO_DIVIDE;
            infinity(negative);
            return;
        }
        if (denormal(aSe, a, bSe, b)) {
            return;
        }
        if (aInfinite) {
            infinity(negative);
        } else if (bInfinite || aZero) {
            result(negative ? SIGN : 0, 0);
        } else {
            exact.divide(
                    Float80.isNegative(aSe),
                    normalExponent(aSe, a),
                    normalSignificand(a),
                    Float80.isNegative(bSe),
                    normalExponent(bSe, b),
                    normalSignificand(b));
            round();
        }
    }

    /** The square root; the root of -0 is -0. */
    public void squareRoot(int se, long sig) {
        begin();
        if (nan(se, sig)) {
            return;
        }
        if (Float80.isZero(se, sig)) {
            result(se, sig);
            return;
        }
        if (Float80.isNegative(se)) {
            invalid();
            return;
        }
        if (denormal(se, sig)) {
            return;
        }
        if ((se & EXPONENT) == EXPONENT) {
            result(se, sig);
            return;
        }
        exact.squareRoot(normalExponent(se, sig), normalSignificand(sig));
        round();
    }

    /** The nearest integer under the rounding control (FRNDINT). */
    public void roundToInteger(int se, long sig) {
        begin();
        if (nan(se, sig) || denormal(se, sig)) {
            return;
        }
        int exponent = se & EXPONENT;
        if (exponent >= Unrounded.BIAS + 63 || sig == 0) {
            result(se, sig);
            return;
        }
        boolean negative = Float80.isNegative(se);
        int fractionBits = Unrounded.BIAS + 63 - exponent;
        long whole = fractionBits >= 64 ? 0 : sig >>> fractionBits;
        long rest = fractionBits > 64 ? 1 : fractionBits == 64 ? sig : sig << (64 - fractionBits);
        up = RoundingControl.awayFromZero(mode, negative, (whole & 1) != 0, rest);
        if (rest != 0) {
            flags |= FloatExceptions.PRECISION;
        }
        if (up) {
            whole++;
        }
        int sign = se & SIGN;
        if (whole == 0) {
            result(sign, 0);
        } else {
            int zeros = Long.numberOfLeadingZeros(whole);
            result(sign | (Unrounded.BIAS + 63 - zeros), whole << zeros);
        }
    }

    /**
     * Conversion to a signed integer of {@code bits} bits; what does not fit gives the integer indefinite, the lowest
     * value of that size.
     *
     * @param rounding a {@link RoundingControl}: that of FCW, or towards zero for FISTTP
     */
    public long toInteger(int se, long sig, int bits, int rounding) {
        begin();
        long indefinite = -1L << (bits - 1);
        int exponent = se & EXPONENT;
        boolean negative = Float80.isNegative(se);
        if (Float80.isUnsupported(se, sig) || exponent > Unrounded.BIAS + 63) {
            flags = FloatExceptions.INVALID;
            return indefinite;
        }
        if (sig == 0) {
            return 0;
        }
        int fractionBits = Unrounded.BIAS + 63 - exponent;
        long whole = fractionBits >= 64 ? 0 : sig >>> fractionBits;
        long rest =
                fractionBits > 64 ? 1 : fractionBits == 64 ? sig : fractionBits == 0 ? 0 : sig << (64 - fractionBits);
        boolean away = RoundingControl.awayFromZero(rounding, negative, (whole & 1) != 0, rest);
        if (away) {
            whole++;
        }
        // whole cannot have wrapped: with rest bits it is below 2^63 before rounding.
        boolean fits = negative
                ? Long.compareUnsigned(whole, 1L << (bits - 1)) <= 0
                : Long.compareUnsigned(whole, 1L << (bits - 1)) < 0;
        if (!fits) {
            flags = FloatExceptions.INVALID;
            return indefinite;
        }
        if (rest != 0) {
            flags = FloatExceptions.PRECISION;
            up = away;
        }
        return negative ? -whole : whole;
    }

    /** Conversion to a single (FST m32fp): its bits. */
    public int toSingle(int se, long sig) {
        begin();
        int sign = (se & SIGN) << 16;
        if (nan(se, sig)) {
            return (int) (significand << 1 >>> 41) | 0x7f80_0000 | ((signExponent & SIGN) << 16);
        }
        if ((se & EXPONENT) == EXPONENT) {
            return sign | 0x7f80_0000;
        }
        if (sig == 0) {
            return sign;
        }
        store(se, sig, Rounder.SINGLE);
        return sign | packSingle(rounder);
    }

    /** Conversion to a double (FST m64fp): its bits. */
    public long toDouble(int se, long sig) {
        begin();
        long sign = (long) (se & SIGN) << 48;
        if (nan(se, sig)) {
            return (significand << 1 >>> 12) | 0x7ff0_0000_0000_0000L | ((long) (signExponent & SIGN) << 48);
        }
        if ((se & EXPONENT) == EXPONENT) {
            return sign | 0x7ff0_0000_0000_0000L;
        }
        if (sig == 0) {
            return sign;
        }
        store(se, sig, Rounder.DOUBLE);
        return sign | packDouble(rounder);
    }

    private void store(int se, long sig, Rounder.Format target) {
        exact.set(Float80.isNegative(se), normalExponent(se, sig), normalSignificand(sig), 0);
        rounder.round(exact, target, mode, unmasked);
        int prevented = rounder.flags & unmasked & (FloatExceptions.OVERFLOW | FloatExceptions.UNDERFLOW);
        flags |= prevented != 0 ? prevented : rounder.flags;
        up = rounder.up;
    }

    /** The bits, without the sign, of a single that {@code rounder} made. */
    static int packSingle(Rounder rounder) {
        if (rounder.exponent == Rounder.SPECIAL) {
            return 0x7f80_0000;
        }
        int exponent = rounder.exponent == 0 ? 0 : rounder.exponent - (Unrounded.BIAS - 127);
        return (exponent << 23) | (int) ((rounder.significand >>> 40) & 0x7f_ffff);
    }

    /** The bits, without the sign, of a double that {@code rounder} made. */
    static long packDouble(Rounder rounder) {
        if (rounder.exponent == Rounder.SPECIAL) {
            return 0x7ff0_0000_0000_0000L;
        }
        long exponent = rounder.exponent == 0 ? 0 : rounder.exponent - (Unrounded.BIAS - 1023);
        return (exponent << 52) | ((rounder.significand >>> 11) & 0xf_ffff_ffff_ffffL);
    }

    /** A load of a single (FLD m32fp): exact, but an SNaN is invalid and a denormal reported. */
    public void fromSingle(int bits) {
        begin();
        result(Float80.signExponentOfSingle(bits), Float80.significandOfSingle(bits));
        if ((bits & 0x7f80_0000) == 0 && (bits & 0x7f_ffff) != 0) {
            flags = FloatExceptions.DENORMAL;
        } else {
            nan(signExponent, significand);
        }
    }

    /** A load of a double (FLD m64fp): exact, but an SNaN is invalid and a denormal reported. */
    public void fromDouble(long bits) {
        begin();
        result(Float80.signExponentOfDouble(bits), Float80.significandOfDouble(bits));
        if ((bits & 0x7ff0_0000_0000_0000L) == 0 && (bits & 0xf_ffff_ffff_ffffL) != 0) {
            flags = FloatExceptions.DENORMAL;
        } else {
            nan(signExponent, significand);
        }
    }

    /**
     * Compares two operands.
     *
     * @param quiet whether QNaNs are no invalid operation (FUCOM)
     * @return {@link #LESS}, {@link #EQUAL}, {@link #GREATER} or {@link #UNORDERED}
     */
    public int compare(int aSe, long a, int bSe, long b, boolean quiet) {
        begin();
        if (Float80.isUnsupported(aSe, a) || Float80.isUnsupported(bSe, b)) {
            flags = FloatExceptions.INVALID;
            return UNORDERED;
        }
        if (Float80.isNan(aSe, a) || Float80.isNan(bSe, b)) {
            if (!quiet || Float80.isSignalingNan(aSe, a) || Float80.isSignalingNan(bSe, b)) {
                flags = FloatExceptions.INVALID;
            }
            return UNORDERED;
        }
        if (Float80.isDenormal(aSe, a) || Float80.isDenormal(bSe, b) || memoryDenormal) {
            flags = FloatExceptions.DENORMAL;
        }
        if (Float80.isZero(aSe, a) && Float80.isZero(bSe, b)) {
            return EQUAL;
        }
        boolean aNegative = Float80.isNegative(aSe);
        if (aNegative != Float80.isNegative(bSe)) {
            return aNegative ? LESS : GREATER;
        }
        // A pseudo-denormal has the scale of exponent 1.
        int byMagnitude = Integer.compare(Math.max(aSe & EXPONENT, 1), Math.max(bSe & EXPONENT, 1));
        if (byMagnitude == 0) {
            byMagnitude = Long.compareUnsigned(a, b);
        }
        return byMagnitude == 0 ? EQUAL : (byMagnitude < 0) == aNegative ? GREATER : LESS;
    }

    /**
     * FPREM and FPREM1: a - b * Q, Q being a / b chopped or rounded to the nearest; when the exponents differ by 64 or
     * more only a part of the reduction is done ({@link #partial}).
     */
    public void remainder(int aSe, long a, int bSe, long b, boolean nearest) {
        begin();
        quotientBits = 0;
        partial = false;
        if (nan(aSe, a, bSe, b)) {
            return;
        }
        boolean bInfinite = (bSe & EXPONENT) == EXPONENT;
        if ((aSe & EXPONENT) == EXPONENT || Float80.isZero(bSe, b)) {
            invalid();
            return;
        }
        if (denormal(aSe, a, bSe, b)) {
            return;
        }
        if (a == 0 || bInfinite) {
            if (a != 0) {
                exact.set(Float80.isNegative(aSe), normalExponent(aSe, a), normalSignificand(a), 0);
                round(Rounder.EXTENDED);
            } else {
                result(aSe, a);
            }
            return;
        }
        int aExponent = normalExponent(aSe, a);
        int bExponent = normalExponent(bSe, b);
        long divisor = normalSignificand(b);
        long rest = normalSignificand(a);
        int difference = aExponent - bExponent;
        boolean negative = Float80.isNegative(aSe);
        if (difference < -1 || (difference < 0 && !nearest)) {
            exact.set(negative, aExponent, rest, 0);
            round(Rounder.EXTENDED);
            return;
        }
        if (difference >= 64) {
            // N of the manual, between 32 and 63: so many bits of the quotient are taken off.
            int steps = (difference & 31) | 32;
            rest = reduce(rest, divisor, steps);
            partial = true;
            quotientBits = 0;
            exact.set(negative, aExponent - steps, rest, 0);
            finishRemainder(aSe);
            return;
        }
        if (difference < 0) {
            // a is between b/4 and b: the nearest quotient is 0 or 1.
            boolean one = Long.compareUnsigned(rest, divisor) > 0;
            if (one) {
                quotientBits = 1;
                exact.add(negative, aExponent, rest, !negative, bExponent, divisor);
            } else {
                exact.set(negative, aExponent, rest, 0);
            }
            finishRemainder(aSe);
            return;
        }
        rest = reduce(rest, divisor, difference);
        exact.set(negative, bExponent, rest, 0);
        if (nearest && rest != 0) {
            long other = divisor - rest;
            int comparison = Long.compareUnsigned(rest, other);
            if (comparison > 0 || (comparison == 0 && (quotientBits & 1) != 0)) {
                quotientBits++;
                exact.set(!negative, bExponent, other, 0);
            }
        }
        finishRemainder(aSe);
    }

    /** Takes {@code steps + 1} quotient bits off; the rest has the scale of the dividend's exponent less {@code steps}. */
    private long reduce(long dividend, long divisor, int steps) {
        long rest = dividend;
        int bits = 0;
        if (Long.compareUnsigned(rest, divisor) >= 0) {
            rest -= divisor;
            bits = 1;
        }
        for (int step = 0; step < steps; step++) {
            boolean carry = rest < 0;
            rest <<= 1;
            bits <<= 1;
            if (carry || Long.compareUnsigned(rest, divisor) >= 0) {
                rest -= divisor;
                bits |= 1;
            }
        }
        quotientBits = bits;
        return rest;
    }

    private void finishRemainder(int aSe) {
        if (exact.isZero()) {
            result(aSe & SIGN, 0);
            return;
        }
        exact.normalise();
        round(Rounder.EXTENDED);
    }

    /** FXTRACT: the significand, with the exponent of 1.0, as the result; the exponent as a number beside it. */
    void extract(int se, long sig) {
        begin();
        if (nan(se, sig)) {
            extractedSignExponent = signExponent;
            extractedSignificand = significand;
            return;
        }
        if (Float80.isInfinity(se, sig)) {
            extractedSignExponent = EXPONENT;
            extractedSignificand = INTEGER_BIT;
            result(se, sig);
            return;
        }
        if (sig == 0) {
            flags = FloatExceptions.ZERO_DIVIDE;
            extractedSignExponent = SIGN | EXPONENT;
            extractedSignificand = INTEGER_BIT;
            result(se, sig);
            return;
        }
        if (denormal(se, sig)) {
            return;
        }
        int power = normalExponent(se, sig) - Unrounded.BIAS;
        extractedSignExponent = Float80.signExponentOfInteger(power);
        extractedSignificand = Float80.significandOfInteger(power);
        result((se & SIGN) | Float80.ONE, normalSignificand(sig));
    }

    /** FSCALE: a * 2^chop(b). */
    void scale(int aSe, long a, int bSe, long b) {
        begin();
        if (nan(aSe, a, bSe, b)) {
            return;
        }
        boolean aInfinite = (aSe & EXPONENT) == EXPONENT;
        boolean aZero = Float80.isZero(aSe, a);
        boolean bNegative = Float80.isNegative(bSe);
        if ((bSe & EXPONENT) == EXPONENT) {
            if (bNegative ? aInfinite : aZero) {
                invalid();
            } else if (!denormal(aSe, a)) {
                result(bNegative ? aSe & SIGN : aSe | EXPONENT, bNegative ? 0 : INTEGER_BIT);
                if (aInfinite || aZero) {
                    result(aSe, a);
                }
            }
            return;
        }
        if (denormal(aSe, a, bSe, b)) {
            return;
        }
        if (aInfinite || aZero) {
            result(aSe, a);
            return;
        }
        int bExponent = bSe & EXPONENT;
        int power = 0;
        if (bExponent >= Unrounded.BIAS + 16) {
            // Beyond any exponent, with or without the adjustment for an unmasked exception.
            power = 0x1_0000;
        } else if (bExponent >= Unrounded.BIAS) {
            power = (int) (b >>> (Unrounded.BIAS + 63 - bExponent));
        }
        exact.set(
                Float80.isNegative(aSe),
                normalExponent(aSe, a) + (bNegative ? -power : power),
                normalSignificand(a),
                0);
        round(Rounder.EXTENDED);
    }
}

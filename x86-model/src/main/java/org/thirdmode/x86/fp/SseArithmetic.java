package org.thirdmode.x86.fp;

/**
 * The scalar arithmetic of SSE and SSE2 on bits of a {@link SseFormat}, under MXCSR. A packed instruction calls it once
 * an element; the exceptions of all elements come together in {@link #flags}.
 *
 * <p>Results that Java's own arithmetic gives exactly as the processor does (to the nearest, normal operands and results)
 * are taken from there, those of singles by way of doubles: 53 bits are more than twice 24, so rounding twice is rounding
 * once. Whether they are inexact says the residue. All others go through {@link Unrounded} and {@link Rounder}.
 *
 * <p>SDM 1 "SSE and SSE2 Exceptions", SDM 1 "Rules for Handling NaNs", SDM 1 "Denormals-Are-Zeros", SDM 1 "Flush-To-Zero".
 */
public final class SseArithmetic {
    public static final int ADD = 0;
    public static final int SUB = 1;
    public static final int MUL = 2;
    public static final int DIV = 3;

    /** MXCSR: denormals are zeros. */
    static final int DAZ = 1 << 6;

    /** MXCSR: flush to zero. */
    static final int FTZ = 1 << 15;

    /** The exceptions found since {@link #begin}. */
    public int flags;

    private int unmasked;
    private int mode;
    private boolean daz;
    private boolean flush;
    private boolean nearest;
    /** PE is already set and masked: nobody can tell whether another result is inexact. */
    private boolean inexactKnown;

    private final Unrounded exact = new Unrounded();
    private final Rounder rounder = new Rounder();
    private final ExtendedArithmetic extended = new ExtendedArithmetic();

    /** Starts an instruction. */
    public void begin(int mxcsr) {
        flags = 0;
        unmasked = ~(mxcsr >>> 7) & FloatExceptions.ALL;
        mode = (mxcsr >>> 13) & 3;
        nearest = mode == RoundingControl.NEAREST;
        daz = (mxcsr & DAZ) != 0;
        flush = (mxcsr & FTZ) != 0 && (unmasked & FloatExceptions.UNDERFLOW) == 0;
        inexactKnown = (mxcsr & unmaskedPrecision(mxcsr)) != 0;
    }

    private static int unmaskedPrecision(int mxcsr) {
        return (mxcsr & (FloatExceptions.PRECISION << 7)) != 0 ? FloatExceptions.PRECISION : 0;
    }

    /**
     * Ends an instruction.
     *
     * @return the exceptions to be set in MXCSR: where one found before computation is unmasked, only those found then
     */
    public int raised() {
        return (flags & unmasked & FloatExceptions.PRE_COMPUTATION) != 0
                ? flags & FloatExceptions.PRE_COMPUTATION
                : flags;
    }

    /** Whether any exception found is unmasked. */
    public boolean faults() {
        return (flags & unmasked) != 0;
    }

    /** The rounding control in force. */
    public int mode() {
        return mode;
    }

    private void noteInexact(boolean inexact) {
        if (inexact) {
            flags |= FloatExceptions.PRECISION;
        }
    }

    /** An operand as the arithmetic sees it. */
    private long seen(SseFormat f, long bits) {
        return daz && f.isDenormal(bits) ? bits & f.sign : bits;
    }

    // ---- arithmetic ----

    /** a + b. */
    public long add(SseFormat f, long a, long b) {
        return nearest && f.isNormal(a) && f.isNormal(b) ? sum(f, ADD, a, b, f.value(b)) : slow(f, ADD, a, b);
    }

    /** a - b. */
    public long subtract(SseFormat f, long a, long b) {
        return nearest && f.isNormal(a) && f.isNormal(b) ? sum(f, SUB, a, b, -f.value(b)) : slow(f, SUB, a, b);
    }

    private long sum(SseFormat f, int operation, long a, long b, double y) {
        double x = f.value(a);
        double sum = x + y;
        long bits = f.bits(sum);
        if (!f.isNormal(bits)) {
            return slow(f, operation, a, b);
        }
        if (!inexactKnown) {
            double back = sum - x;
            noteInexact((x - (sum - back)) + (y - back) != 0 || f.value(bits) != sum);
        }
        return bits;
    }

    /** a * b. */
    public long multiply(SseFormat f, long a, long b) {
        if (nearest && f.isNormal(a) && f.isNormal(b)) {
            double x = f.value(a);
            double y = f.value(b);
            long bits = f.bits(x * y);
            if (f.isComfortable(bits)) {
                if (!inexactKnown) {
                    noteInexact(f.residue(x, y, f.value(bits)) != 0);
                }
                return bits;
            }
        }
        return slow(f, MUL, a, b);
    }

    /** a / b. */
    public long divide(SseFormat f, long a, long b) {
        if (nearest && f.isComfortable(a) && f.isNormal(b)) {
            double x = f.value(a);
            double y = f.value(b);
            long bits = f.bits(x / y);
            if (f.isComfortable(bits)) {
                if (!inexactKnown) {
                    noteInexact(f.residue(f.value(bits), y, x) != 0);
                }
                return bits;
            }
        }
        return slow(f, DIV, a, b);
    }

    private long slow(SseFormat f, int operation, long first, long second) {
        long a = seen(f, first);
        long b = seen(f, second);
        if (f.isNan(a) || f.isNan(b)) {
            return nan(f, a, b);
        }
        boolean negative = operate(
                operation,
                f.signExponent(a),
                f.significand(a),
                f.signExponent(b),
                f.significand(b),
                f.isDenormal(a) || f.isDenormal(b),
                f.rounded);
        return outcome == INVALID ? f.indefinite : (negative ? f.sign : 0) | packed(f);
    }

    /** The first operand if it is a NaN, else the second; quiet. */
    private long nan(SseFormat f, long a, long b) {
        if (f.isSignaling(a) || f.isSignaling(b)) {
            flags |= FloatExceptions.INVALID;
        }
        return (f.isNan(a) ? a : b) | f.quiet;
    }

    /** The square root. */
    public long squareRoot(SseFormat f, long operand) {
        long a = seen(f, operand);
        if (f.isNan(a)) {
            return nan(f, a, a);
        }
        if (nearest && !f.isNegative(a) && f.isComfortable(a)) {
            double x = f.value(a);
            long bits = f.bits(Math.sqrt(x));
            if (!inexactKnown) {
                double root = f.value(bits);
                noteInexact(f.residue(root, root, x) != 0);
            }
            return bits;
        }
        boolean special = squareRoot(f.signExponent(a), f.significand(a), f.isDenormal(a), f.rounded);
        return special ? (outcome == INVALID ? f.indefinite : a) : packed(f);
    }

    /** MINSS and MINSD: the second operand where either is a NaN or both are zeros. */
    public long minimum(SseFormat f, long first, long second) {
        long a = seen(f, first);
        long b = seen(f, second);
        return compare(f, a, b, true) == ExtendedArithmetic.LESS ? a : b;
    }

    /** MAXSS and MAXSD, likewise. */
    public long maximum(SseFormat f, long first, long second) {
        long a = seen(f, first);
        long b = seen(f, second);
        return compare(f, a, b, true) == ExtendedArithmetic.GREATER ? a : b;
    }

    /**
     * Compares, noting exceptions.
     *
     * @param signaling whether a QNaN is an invalid operation too
     * @return as {@link ExtendedArithmetic#compare}
     */
    public int compare(SseFormat f, long first, long second, boolean signaling) {
        long a = seen(f, first);
        long b = seen(f, second);
        if (f.isNan(a) || f.isNan(b)) {
            if (signaling || f.isSignaling(a) || f.isSignaling(b)) {
                flags |= FloatExceptions.INVALID;
            }
            return ExtendedArithmetic.UNORDERED;
        }
        if (f.isDenormal(a) || f.isDenormal(b)) {
            flags |= FloatExceptions.DENORMAL;
        }
        double x = f.value(a);
        double y = f.value(b);
        return x < y ? ExtendedArithmetic.LESS : x > y ? ExtendedArithmetic.GREATER : ExtendedArithmetic.EQUAL;
    }

    // ---- conversions ----

    /** CVTSD2SS. */
    public long doubleToSingle(long operand) {
        SseFormat from = SseFormat.DOUBLE;
        SseFormat to = SseFormat.SINGLE;
        long a = seen(from, operand);
        long sign = from.isNegative(a) ? to.sign : 0;
        if (from.isNan(a)) {
            long fraction = nan(from, a, a) & from.fraction();
            return sign | to.exponent | (fraction >>> (from.fractionBits - to.fractionBits));
        }
        if (from.isInfinite(a)) {
            return sign | to.exponent;
        }
        if (from.isZero(a)) {
            return sign;
        }
        if (from.isDenormal(a)) {
            flags |= FloatExceptions.DENORMAL;
        }
        exact.set(from.isNegative(a), from.signExponent(a) & Float80.EXPONENT, from.significand(a), 0);
        round(to.rounded);
        return sign | packed(to);
    }

    /** CVTSS2SD. */
    public long singleToDouble(long operand) {
        SseFormat from = SseFormat.SINGLE;
        SseFormat to = SseFormat.DOUBLE;
        long a = seen(from, operand);
        if (from.isNan(a)) {
            long sign = from.isNegative(a) ? to.sign : 0;
            long fraction = nan(from, a, a) & from.fraction();
            return sign | to.exponent | (fraction << (to.fractionBits - from.fractionBits));
        }
        if (from.isDenormal(a)) {
            flags |= FloatExceptions.DENORMAL;
        }
        return to.bits(from.value(a));
    }

    /** To a signed integer of {@code bits} bits, or the integer indefinite. */
    public long toInteger(SseFormat f, long operand, int bits, int rounding) {
        long a = seen(f, operand);
        long value = extended.toInteger(f.signExponent(a), f.significand(a), bits, rounding);
        flags |= extended.flags;
        return value;
    }

    /** A signed integer to a floating-point number. */
    public long fromInteger(SseFormat f, long value) {
        if (value == 0) {
            return 0;
        }
        exact.set(
                value < 0,
                Float80.signExponentOfInteger(value) & Float80.EXPONENT,
                Float80.significandOfInteger(value),
                0);
        round(f.rounded);
        return (value < 0 ? f.sign : 0) | packed(f);
    }

    /** ROUNDSS and ROUNDSD: to an integer, in the format of the operand. */
    public long roundToInteger(SseFormat f, long operand, int rounding, boolean quiet) {
        long a = seen(f, operand);
        if (f.isNan(a)) {
            return nan(f, a, a);
        }
        double value = f.value(a);
        double integer = switch (rounding) {
            case RoundingControl.NEAREST -> Math.rint(value);
            case RoundingControl.DOWN -> Math.floor(value);
            case RoundingControl.UP -> Math.ceil(value);
            default -> f.isNegative(a) ? Math.ceil(value) : Math.floor(value);
        };
        noteInexact(!quiet && integer != value);
        return f.bits(integer);
    }

    // ---- approximations ----

    /**
     * RCPSS: the reciprocal to 12 bits. The manual promises a relative error of at most 1.5 * 2^-12 and leaves the rest
     * to the processor; here it is the true value chopped to 12 bits.
     */
    public long reciprocal(long operand) {
        SseFormat f = SseFormat.SINGLE;
        long sign = operand & f.sign;
        if (f.isNan(operand)) {
            return operand | f.quiet;
        }
        if ((operand & f.exponent) == 0) {
            return sign | f.exponent;
        }
        return f.isInfinite(operand) ? sign : approximation(1.0 / f.value(operand));
    }

    /** RSQRTSS: the reciprocal of the square root to 12 bits, as {@link #reciprocal}. */
    public long reciprocalRoot(long operand) {
        SseFormat f = SseFormat.SINGLE;
        long sign = operand & f.sign;
        if (f.isNan(operand)) {
            return operand | f.quiet;
        }
        if ((operand & f.exponent) == 0) {
            return sign | f.exponent;
        }
        if (sign != 0) {
            return f.indefinite;
        }
        return f.isInfinite(operand) ? 0 : approximation(1.0 / Math.sqrt(f.value(operand)));
    }

    private static long approximation(double value) {
        SseFormat f = SseFormat.SINGLE;
        long bits = f.bits(value);
        // A tiny reciprocal is zero, as on the processors.
        return (bits & f.exponent) == 0 ? bits & f.sign : (bits + 0x400) & 0xffff_f800L;
    }

    // ---- what goes by way of the exact result ----

    private static final int ROUNDED = 0;
    private static final int INFINITE = 1;
    private static final int INVALID = 2;

    /** What {@link #operate} ended with. */
    private int outcome;

    /** Operands that are no NaNs; returns the sign of the result. */
    private boolean operate(
            int operation, int aSe, long a, int bOperandSe, long b, boolean denormal, Rounder.Format format) {
        int bSe = operation == SUB ? bOperandSe ^ Float80.SIGN : bOperandSe;
        boolean aNegative = Float80.isNegative(aSe);
        boolean bNegative = Float80.isNegative(bSe);
        boolean negative = aNegative != bNegative;
        boolean aInfinite = (aSe & Float80.EXPONENT) == Float80.EXPONENT;
        boolean bInfinite = (bSe & Float80.EXPONENT) == Float80.EXPONENT;
        int aExponent = aSe & Float80.EXPONENT;
        int bExponent = bSe & Float80.EXPONENT;
        boolean invalid = switch (operation) {
            case ADD, SUB -> aInfinite && bInfinite && negative;
            case MUL -> (aInfinite && b == 0) || (bInfinite && a == 0);
            default -> (aInfinite && bInfinite) || (a == 0 && b == 0);
        };
        if (invalid) {
            flags |= FloatExceptions.INVALID;
            outcome = INVALID;
            return true;
        }
        if (operation == DIV && b == 0 && !aInfinite) {
            flags |= FloatExceptions.ZERO_DIVIDE;
            outcome = INFINITE;
            return negative;
        }
        if (denormal) {
            flags |= FloatExceptions.DENORMAL;
        }
        if (aInfinite || (bInfinite && operation != DIV)) {
            outcome = INFINITE;
            return operation <= SUB ? (aInfinite ? aNegative : bNegative) : negative;
        }
        switch (operation) {
            case ADD, SUB -> {
                if (a == 0 && b == 0) {
                    exact.set((aNegative && bNegative) || (negative && mode == RoundingControl.DOWN), 0, 0, 0);
                } else if (a == 0) {
                    exact.set(bNegative, bExponent, b, 0);
                } else if (b == 0) {
                    exact.set(aNegative, aExponent, a, 0);
                } else {
                    exact.add(aNegative, aExponent, a, bNegative, bExponent, b);
                    if (exact.isZero()) {
                        exact.negative = mode == RoundingControl.DOWN;
                    }
                }
            }
            case MUL -> {
                if (a == 0 || b == 0) {
                    exact.set(negative, 0, 0, 0);
                } else {
                    exact.multiply(aNegative, aExponent, a, bNegative, bExponent, b);
                }
            }
            default -> {
                if (a == 0 || bInfinite) {
                    exact.set(negative, 0, 0, 0);
                } else {
                    exact.divide(aNegative, aExponent, a, bNegative, bExponent, b);
                }
            }
        }
        round(format);
        return exact.negative;
    }

    /** True where the result is the operand itself or an invalid operation; else it is rounded. */
    private boolean squareRoot(int se, long sig, boolean denormal, Rounder.Format format) {
        outcome = ROUNDED;
        if (sig == 0) {
            return true;
        }
        if (Float80.isNegative(se)) {
            flags |= FloatExceptions.INVALID;
            outcome = INVALID;
            return true;
        }
        if ((se & Float80.EXPONENT) == Float80.EXPONENT) {
            return true;
        }
        if (denormal) {
            flags |= FloatExceptions.DENORMAL;
        }
        exact.squareRoot(se, sig);
        round(format);
        return false;
    }

    private void round(Rounder.Format format) {
        outcome = ROUNDED;
        // Under flush-to-zero every tiny result counts, exact or not: the rounder reports it as if unmasked.
        rounder.round(exact, format, mode, flush ? unmasked | FloatExceptions.UNDERFLOW : unmasked);
        if (flush && (rounder.flags & FloatExceptions.UNDERFLOW) != 0) {
            flags |= FloatExceptions.UNDERFLOW | FloatExceptions.PRECISION;
            rounder.exponent = 0;
            rounder.significand = 0;
        } else {
            flags |= rounder.flags;
        }
    }

    private long packed(SseFormat f) {
        return outcome == INFINITE ? f.exponent : f.pack(rounder);
    }
}

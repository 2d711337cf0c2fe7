package org.thirdmode.x86.fp;

/**
 * The scalar arithmetic of SSE and SSE2 on the bits of singles (int) and doubles (long), under MXCSR. A packed
 * instruction calls it once an element; the exceptions of all elements come together in {@link #flags}.
 *
 * <p>Results that Java's own arithmetic gives exactly as the processor does (to the nearest, normal operands and results)
 * are taken from there; whether they are inexact says the residue. All others go through {@link Unrounded} and
 * {@link Rounder}.
 *
 * <p>SDM 1 "SSE and SSE2 Exceptions", SDM 1 "Rules for Handling NaNs", SDM 1 "Denormals-Are-Zeros", SDM 1 "Flush-To-Zero".
 */
public final class SseArithmetic {
    public static final int ADD = 0;
    public static final int SUB = 1;
    public static final int MUL = 2;
    public static final int DIV = 3;

    /** The QNaN floating-point indefinite. */
    static final int SINGLE_INDEFINITE = 0xffc0_0000;

    static final long DOUBLE_INDEFINITE = 0xfff8_0000_0000_0000L;

    /** MXCSR: denormals are zeros. */
    static final int DAZ = 1 << 6;
    /** MXCSR: flush to zero. */
    static final int FTZ = 1 << 15;

    private static final int SINGLE_SIGN = 0x8000_0000;
    private static final int SINGLE_EXPONENT = 0x7f80_0000;
    private static final int SINGLE_QUIET = 0x40_0000;
    private static final long DOUBLE_SIGN = Long.MIN_VALUE;
    private static final long DOUBLE_EXPONENT = 0x7ff0_0000_0000_0000L;
    private static final long DOUBLE_QUIET = 0x8_0000_0000_0000L;

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

    // ---- doubles ----

    /** Neither zero, denormal, infinity nor NaN. */
    private static boolean normal(long bits) {
        return ((bits + 0x10_0000_0000_0000L) & 0x7fe0_0000_0000_0000L) != 0;
    }

    private static boolean isNan(long bits) {
        return (bits & ~DOUBLE_SIGN) > DOUBLE_EXPONENT;
    }

    private static boolean isDenormal(long bits) {
        return (bits & DOUBLE_EXPONENT) == 0 && (bits & ~DOUBLE_SIGN) != 0;
    }

    private static boolean isSignaling(long bits) {
        return isNan(bits) && (bits & DOUBLE_QUIET) == 0;
    }

    /** Far enough from the ends of the range that a residue is exact. */
    private static boolean comfortable(long bits) {
        int exponent = (int) (bits >>> 52) & 0x7ff;
        return exponent > 64 && exponent < 0x7ff;
    }

    /** a + b. */
    public long addDouble(long a, long b) {
        if (nearest && normal(a) && normal(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double sum = x + y;
            long bits = Double.doubleToRawLongBits(sum);
            if (normal(bits)) {
                if (!inexactKnown) {
                    double back = sum - x;
                    noteInexact((x - (sum - back)) + (y - back) != 0);
                }
                return bits;
            }
        }
        return slowDouble(ADD, a, b);
    }

    /** a - b. */
    public long subtractDouble(long a, long b) {
        if (nearest && normal(a) && normal(b)) {
            double x = Double.longBitsToDouble(a);
            double y = -Double.longBitsToDouble(b);
            double sum = x + y;
            long bits = Double.doubleToRawLongBits(sum);
            if (normal(bits)) {
                if (!inexactKnown) {
                    double back = sum - x;
                    noteInexact((x - (sum - back)) + (y - back) != 0);
                }
                return bits;
            }
        }
        return slowDouble(SUB, a, b);
    }

    /** a * b. */
    public long multiplyDouble(long a, long b) {
        if (nearest && normal(a) && normal(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double product = x * y;
            long bits = Double.doubleToRawLongBits(product);
            if (comfortable(bits)) {
                if (!inexactKnown) {
                    noteInexact(Math.fma(x, y, -product) != 0);
                }
                return bits;
            }
        }
        return slowDouble(MUL, a, b);
    }

    /** a / b. */
    public long divideDouble(long a, long b) {
        if (nearest && comfortable(a) && normal(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double quotient = x / y;
            long bits = Double.doubleToRawLongBits(quotient);
            if (comfortable(bits)) {
                if (!inexactKnown) {
                    noteInexact(Math.fma(quotient, y, -x) != 0);
                }
                return bits;
            }
        }
        return slowDouble(DIV, a, b);
    }

    private void noteInexact(boolean inexact) {
        if (inexact) {
            flags |= FloatExceptions.PRECISION;
        }
    }

    private long slowDouble(int operation, long first, long second) {
        long a = daz && isDenormal(first) ? first & DOUBLE_SIGN : first;
        long b = daz && isDenormal(second) ? second & DOUBLE_SIGN : second;
        if (isNan(a) || isNan(b)) {
            return nanDouble(a, b);
        }
        boolean negative = operate(
                operation,
                Float80.signExponentOfDouble(a),
                Float80.significandOfDouble(a),
                Float80.signExponentOfDouble(b),
                Float80.significandOfDouble(b),
                isDenormal(a) || isDenormal(b),
                Rounder.DOUBLE);
        return outcome == INVALID ? DOUBLE_INDEFINITE : (negative ? DOUBLE_SIGN : 0) | packedDouble();
    }

    /** The first operand if it is a NaN, else the second; quiet. */
    private long nanDouble(long a, long b) {
        if (isSignaling(a) || isSignaling(b)) {
            flags |= FloatExceptions.INVALID;
        }
        return (isNan(a) ? a : b) | DOUBLE_QUIET;
    }

    /** The square root. */
    public long squareRootDouble(long operand) {
        long a = daz && isDenormal(operand) ? operand & DOUBLE_SIGN : operand;
        if (isNan(a)) {
            return nanDouble(a, a);
        }
        if (nearest && a > 0 && comfortable(a)) {
            double x = Double.longBitsToDouble(a);
            double root = Math.sqrt(x);
            if (!inexactKnown) {
                noteInexact(Math.fma(root, root, -x) != 0);
            }
            return Double.doubleToRawLongBits(root);
        }
        boolean special = squareRoot(
                Float80.signExponentOfDouble(a), Float80.significandOfDouble(a), isDenormal(a), Rounder.DOUBLE);
        return special ? (outcome == INVALID ? DOUBLE_INDEFINITE : a) : packedDouble();
    }

    /** MINSD: the second operand where either is a NaN or both are zeros. */
    public long minimumDouble(long first, long second) {
        long a = daz && isDenormal(first) ? first & DOUBLE_SIGN : first;
        long b = daz && isDenormal(second) ? second & DOUBLE_SIGN : second;
        return compareDouble(a, b, true) == ExtendedArithmetic.LESS ? a : b;
    }

    /** MAXSD, likewise. */
    public long maximumDouble(long first, long second) {
        long a = daz && isDenormal(first) ? first & DOUBLE_SIGN : first;
        long b = daz && isDenormal(second) ? second & DOUBLE_SIGN : second;
        return compareDouble(a, b, true) == ExtendedArithmetic.GREATER ? a : b;
    }

    /**
     * Compares, noting exceptions.
     *
     * @param signaling whether a QNaN is an invalid operation too
     * @return as {@link ExtendedArithmetic#compare}
     */
    public int compareDouble(long first, long second, boolean signaling) {
        long a = daz && isDenormal(first) ? first & DOUBLE_SIGN : first;
        long b = daz && isDenormal(second) ? second & DOUBLE_SIGN : second;
        if (isNan(a) || isNan(b)) {
            if (signaling || isSignaling(a) || isSignaling(b)) {
                flags |= FloatExceptions.INVALID;
            }
            return ExtendedArithmetic.UNORDERED;
        }
        if (isDenormal(a) || isDenormal(b)) {
            flags |= FloatExceptions.DENORMAL;
        }
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        return x < y ? ExtendedArithmetic.LESS : x > y ? ExtendedArithmetic.GREATER : ExtendedArithmetic.EQUAL;
    }

    /** CVTSD2SS. */
    public int doubleToSingle(long operand) {
        long a = daz && isDenormal(operand) ? operand & DOUBLE_SIGN : operand;
        int sign = (int) (a >>> 32) & SINGLE_SIGN;
        if (isNan(a)) {
            if (isSignaling(a)) {
                flags |= FloatExceptions.INVALID;
            }
            return sign | SINGLE_EXPONENT | SINGLE_QUIET | (int) ((a >>> 29) & 0x3f_ffff);
        }
        if ((a & DOUBLE_EXPONENT) == DOUBLE_EXPONENT) {
            return sign | SINGLE_EXPONENT;
        }
        if ((a & ~DOUBLE_SIGN) == 0) {
            return sign;
        }
        if (isDenormal(a)) {
            flags |= FloatExceptions.DENORMAL;
        }
        exact.set(a < 0, Float80.signExponentOfDouble(a) & Float80.EXPONENT, Float80.significandOfDouble(a), 0);
        round(Rounder.SINGLE);
        return sign | packedSingle();
    }

    // ---- singles ----

    private static boolean normal(int bits) {
        return ((bits + 0x80_0000) & 0x7f00_0000) != 0;
    }

    private static boolean isNan(int bits) {
        return (bits & ~SINGLE_SIGN) > SINGLE_EXPONENT;
    }

    private static boolean isDenormal(int bits) {
        return (bits & SINGLE_EXPONENT) == 0 && (bits & ~SINGLE_SIGN) != 0;
    }

    private static boolean isSignaling(int bits) {
        return isNan(bits) && (bits & SINGLE_QUIET) == 0;
    }

    /** Normal, and not the smallest normal number, which a tiny result may have been rounded to. */
    private static boolean comfortable(int bits) {
        int exponent = (bits >>> 23) & 0xff;
        return exponent > 1 && exponent < 0xff;
    }

    /** a + b. */
    public int addSingle(int a, int b) {
        if (nearest && normal(a) && normal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float sum = x + y;
            int bits = Float.floatToRawIntBits(sum);
            if (normal(bits)) {
                if (!inexactKnown) {
                    float back = sum - x;
                    noteInexact((x - (sum - back)) + (y - back) != 0);
                }
                return bits;
            }
        }
        return slowSingle(ADD, a, b);
    }

    /** a - b. */
    public int subtractSingle(int a, int b) {
        if (nearest && normal(a) && normal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = -Float.intBitsToFloat(b);
            float sum = x + y;
            int bits = Float.floatToRawIntBits(sum);
            if (normal(bits)) {
                if (!inexactKnown) {
                    float back = sum - x;
                    noteInexact((x - (sum - back)) + (y - back) != 0);
                }
                return bits;
            }
        }
        return slowSingle(SUB, a, b);
    }

    /** a * b. */
    public int multiplySingle(int a, int b) {
        if (nearest && normal(a) && normal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float product = x * y;
            int bits = Float.floatToRawIntBits(product);
            if (comfortable(bits)) {
                noteInexact((double) x * (double) y != (double) product);
                return bits;
            }
        }
        return slowSingle(MUL, a, b);
    }

    /** a / b. */
    public int divideSingle(int a, int b) {
        if (nearest && normal(a) && normal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float quotient = x / y;
            int bits = Float.floatToRawIntBits(quotient);
            if (comfortable(bits)) {
                noteInexact((double) quotient * (double) y != (double) x);
                return bits;
            }
        }
        return slowSingle(DIV, a, b);
    }

    private int slowSingle(int operation, int first, int second) {
        int a = daz && isDenormal(first) ? first & SINGLE_SIGN : first;
        int b = daz && isDenormal(second) ? second & SINGLE_SIGN : second;
        if (isNan(a) || isNan(b)) {
            return nanSingle(a, b);
        }
        boolean negative = operate(
                operation,
                Float80.signExponentOfSingle(a),
                Float80.significandOfSingle(a),
                Float80.signExponentOfSingle(b),
                Float80.significandOfSingle(b),
                isDenormal(a) || isDenormal(b),
                Rounder.SINGLE);
        return outcome == INVALID ? SINGLE_INDEFINITE : (negative ? SINGLE_SIGN : 0) | packedSingle();
    }

    private int nanSingle(int a, int b) {
        if (isSignaling(a) || isSignaling(b)) {
            flags |= FloatExceptions.INVALID;
        }
        return (isNan(a) ? a : b) | SINGLE_QUIET;
    }

    /** The square root. */
    public int squareRootSingle(int operand) {
        int a = daz && isDenormal(operand) ? operand & SINGLE_SIGN : operand;
        if (isNan(a)) {
            return nanSingle(a, a);
        }
        if (nearest && a > 0 && normal(a)) {
            float x = Float.intBitsToFloat(a);
            float root = (float) Math.sqrt(x);
            noteInexact((double) root * (double) root != (double) x);
            return Float.floatToRawIntBits(root);
        }
        boolean special = squareRoot(
                Float80.signExponentOfSingle(a), Float80.significandOfSingle(a), isDenormal(a), Rounder.SINGLE);
        return special ? (outcome == INVALID ? SINGLE_INDEFINITE : a) : packedSingle();
    }

    /** MINSS: the second operand where either is a NaN or both are zeros. */
    public int minimumSingle(int first, int second) {
        int a = daz && isDenormal(first) ? first & SINGLE_SIGN : first;
        int b = daz && isDenormal(second) ? second & SINGLE_SIGN : second;
        return compareSingle(a, b, true) == ExtendedArithmetic.LESS ? a : b;
    }

    /** MAXSS, likewise. */
    public int maximumSingle(int first, int second) {
        int a = daz && isDenormal(first) ? first & SINGLE_SIGN : first;
        int b = daz && isDenormal(second) ? second & SINGLE_SIGN : second;
        return compareSingle(a, b, true) == ExtendedArithmetic.GREATER ? a : b;
    }

    /** Compares, as {@link #compareDouble}. */
    public int compareSingle(int first, int second, boolean signaling) {
        int a = daz && isDenormal(first) ? first & SINGLE_SIGN : first;
        int b = daz && isDenormal(second) ? second & SINGLE_SIGN : second;
        if (isNan(a) || isNan(b)) {
            if (signaling || isSignaling(a) || isSignaling(b)) {
                flags |= FloatExceptions.INVALID;
            }
            return ExtendedArithmetic.UNORDERED;
        }
        if (isDenormal(a) || isDenormal(b)) {
            flags |= FloatExceptions.DENORMAL;
        }
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        return x < y ? ExtendedArithmetic.LESS : x > y ? ExtendedArithmetic.GREATER : ExtendedArithmetic.EQUAL;
    }

    /** CVTSS2SD. */
    public long singleToDouble(int operand) {
        int a = daz && isDenormal(operand) ? operand & SINGLE_SIGN : operand;
        if (isNan(a)) {
            if (isSignaling(a)) {
                flags |= FloatExceptions.INVALID;
            }
            long sign = (long) (a & SINGLE_SIGN) << 32;
            return sign | DOUBLE_EXPONENT | DOUBLE_QUIET | ((long) (a & 0x3f_ffff) << 29);
        }
        if (isDenormal(a)) {
            flags |= FloatExceptions.DENORMAL;
        }
        return Double.doubleToRawLongBits((double) Float.intBitsToFloat(a));
    }

    // ---- integers ----

    /** A double to a signed integer of {@code bits} bits, or the integer indefinite. */
    public long doubleToInteger(long operand, int bits, int rounding) {
        long a = daz && isDenormal(operand) ? operand & DOUBLE_SIGN : operand;
        long value =
                extended.toInteger(Float80.signExponentOfDouble(a), Float80.significandOfDouble(a), bits, rounding);
        flags |= extended.flags;
        return value;
    }

    /** A single to a signed integer of {@code bits} bits, or the integer indefinite. */
    public long singleToInteger(int operand, int bits, int rounding) {
        int a = daz && isDenormal(operand) ? operand & SINGLE_SIGN : operand;
        long value =
                extended.toInteger(Float80.signExponentOfSingle(a), Float80.significandOfSingle(a), bits, rounding);
        flags |= extended.flags;
        return value;
    }

    /** A signed integer to a double. */
    public long integerToDouble(long value) {
        if (value == 0) {
            return 0;
        }
        integer(value, Rounder.DOUBLE);
        return (value & DOUBLE_SIGN) | packedDouble();
    }

    /** A signed integer to a single. */
    public int integerToSingle(long value) {
        if (value == 0) {
            return 0;
        }
        integer(value, Rounder.SINGLE);
        return (value < 0 ? SINGLE_SIGN : 0) | packedSingle();
    }

    private void integer(long value, Rounder.Format format) {
        exact.set(
                value < 0,
                Float80.signExponentOfInteger(value) & Float80.EXPONENT,
                Float80.significandOfInteger(value),
                0);
        round(format);
    }

    /** ROUNDSD: to an integer, in the format of the operand. */
    public long roundDouble(long operand, int rounding, boolean quiet) {
        long a = daz && isDenormal(operand) ? operand & DOUBLE_SIGN : operand;
        if (isNan(a)) {
            return nanDouble(a, a);
        }
        double value = Double.longBitsToDouble(a);
        double integer = switch (rounding) {
            case RoundingControl.NEAREST -> Math.rint(value);
            case RoundingControl.DOWN -> Math.floor(value);
            case RoundingControl.UP -> Math.ceil(value);
            default -> a < 0 ? Math.ceil(value) : Math.floor(value);
        };
        noteInexact(!quiet && integer != value);
        return Double.doubleToRawLongBits(integer);
    }

    /** ROUNDSS, likewise. */
    public int roundSingle(int operand, int rounding, boolean quiet) {
        int a = daz && isDenormal(operand) ? operand & SINGLE_SIGN : operand;
        if (isNan(a)) {
            return nanSingle(a, a);
        }
        long wide = Double.doubleToRawLongBits((double) Float.intBitsToFloat(a));
        return Float.floatToRawIntBits((float) Double.longBitsToDouble(roundDouble(wide, rounding, quiet)));
    }

    // ---- approximations ----

    /**
     * RCPSS: the reciprocal to 12 bits. The manual promises a relative error of at most 1.5 * 2^-12 and leaves the rest
     * to the processor; here it is the true value chopped to 12 bits.
     */
    public int reciprocal(int operand) {
        int sign = operand & SINGLE_SIGN;
        if (isNan(operand)) {
            return operand | SINGLE_QUIET;
        }
        if ((operand & SINGLE_EXPONENT) == 0) {
            return sign | SINGLE_EXPONENT;
        }
        if ((operand & SINGLE_EXPONENT) == SINGLE_EXPONENT) {
            return sign;
        }
        return approximation(1.0 / (double) Float.intBitsToFloat(operand));
    }

    /** RSQRTSS: the reciprocal of the square root to 12 bits, as {@link #reciprocal}. */
    public int reciprocalRoot(int operand) {
        int sign = operand & SINGLE_SIGN;
        if (isNan(operand)) {
            return operand | SINGLE_QUIET;
        }
        if ((operand & SINGLE_EXPONENT) == 0) {
            return sign | SINGLE_EXPONENT;
        }
        if (sign != 0) {
            return SINGLE_INDEFINITE;
        }
        if ((operand & SINGLE_EXPONENT) == SINGLE_EXPONENT) {
            return 0;
        }
        return approximation(1.0 / Math.sqrt((double) Float.intBitsToFloat(operand)));
    }

    private static int approximation(double value) {
        int bits = Float.floatToRawIntBits((float) value);
        // A tiny reciprocal is zero, as on the processors.
        return (bits & SINGLE_EXPONENT) == 0 ? bits & SINGLE_SIGN : (bits + 0x400) & 0xffff_f800;
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

    private int packedSingle() {
        return outcome == INFINITE ? SINGLE_EXPONENT : ExtendedArithmetic.packSingle(rounder);
    }

    private long packedDouble() {
        return outcome == INFINITE ? DOUBLE_EXPONENT : ExtendedArithmetic.packDouble(rounder);
    }
}

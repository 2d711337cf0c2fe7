package org.thirdmode.x86.fp;

/**
 * The double extended-precision format: sign and biased exponent in an int, the significand with its explicit integer
 * bit in a long.
 *
 * <pre>
 *   15 | 14 ......... 0      63 | 62 ............. 0
 *   S  | exponent + 16383    J  | fraction
 * </pre>
 *
 * SDM 1 "Double Extended-Precision Floating-Point Encodings and Pseudo-Denormals", SDM 1 "Unsupported Double
 * Extended-Precision Floating-Point Encodings and Pseudo-Denormals".
 */
public final class Float80 {
    /** The sign in a sign-and-exponent word. */
    public static final int SIGN = 0x8000;
    /** The exponent in a sign-and-exponent word; also the exponent of infinities and NaNs. */
    public static final int EXPONENT = 0x7fff;
    /** The integer bit J. */
    public static final long INTEGER_BIT = Long.MIN_VALUE;
    /** The fraction bit that tells a QNaN from an SNaN. */
    public static final long QUIET_BIT = 1L << 62;
    /** The sign and exponent of the real indefinite. */
    public static final int INDEFINITE_SIGN_EXPONENT = 0xffff;
    /** The significand of the real indefinite. */
    public static final long INDEFINITE_SIGNIFICAND = INTEGER_BIT | QUIET_BIT;
    /** The sign and exponent of 1.0. */
    public static final int ONE = 0x3fff;

    private Float80() {}

    public static boolean isZero(int signExponent, long significand) {
        return (signExponent & EXPONENT) == 0 && significand == 0;
    }

    /** A denormal or a pseudo-denormal. */
    public static boolean isDenormal(int signExponent, long significand) {
        return (signExponent & EXPONENT) == 0 && significand != 0;
    }

    /** A pseudo-NaN, a pseudo-infinity or an unnormal. */
    public static boolean isUnsupported(int signExponent, long significand) {
        return (signExponent & EXPONENT) != 0 && significand >= 0;
    }

    public static boolean isInfinity(int signExponent, long significand) {
        return (signExponent & EXPONENT) == EXPONENT && significand == INTEGER_BIT;
    }

    public static boolean isNan(int signExponent, long significand) {
        return (signExponent & EXPONENT) == EXPONENT && significand < 0 && significand != INTEGER_BIT;
    }

    public static boolean isSignalingNan(int signExponent, long significand) {
        return isNan(signExponent, significand) && (significand & QUIET_BIT) == 0;
    }

    static boolean isNegative(int signExponent) {
        return (signExponent & SIGN) != 0;
    }

    /** The sign and exponent of the extended number equal to a single. */
    public static int signExponentOfSingle(int bits) {
        int sign = (bits >>> 16) & SIGN;
        int exponent = (bits >>> 23) & 0xff;
        int fraction = bits & 0x7f_ffff;
        if (exponent == 0xff) {
            return sign | EXPONENT;
        }
        if (exponent != 0) {
            return sign | (exponent + Unrounded.BIAS - 127);
        }
        return fraction == 0 ? sign : sign | (Unrounded.BIAS - 126 + 8 - Integer.numberOfLeadingZeros(fraction));
    }

    /** The significand of the extended number equal to a single; an SNaN stays one. */
    public static long significandOfSingle(int bits) {
        int exponent = (bits >>> 23) & 0xff;
        long fraction = bits & 0x7f_ffffL;
        if (exponent != 0) {
            return INTEGER_BIT | (fraction << 40);
        }
        return fraction == 0 ? 0 : fraction << Long.numberOfLeadingZeros(fraction);
    }

    /** The sign and exponent of the extended number equal to a double. */
    public static int signExponentOfDouble(long bits) {
        int sign = (int) (bits >>> 48) & SIGN;
        int exponent = (int) (bits >>> 52) & 0x7ff;
        long fraction = bits & 0xf_ffff_ffff_ffffL;
        if (exponent == 0x7ff) {
            return sign | EXPONENT;
        }
        if (exponent != 0) {
            return sign | (exponent + Unrounded.BIAS - 1023);
        }
        return fraction == 0 ? sign : sign | (Unrounded.BIAS - 1022 + 11 - Long.numberOfLeadingZeros(fraction));
    }

    /** The significand of the extended number equal to a double; an SNaN stays one. */
    public static long significandOfDouble(long bits) {
        int exponent = (int) (bits >>> 52) & 0x7ff;
        long fraction = bits & 0xf_ffff_ffff_ffffL;
        if (exponent != 0) {
            return INTEGER_BIT | (fraction << 11);
        }
        return fraction == 0 ? 0 : fraction << Long.numberOfLeadingZeros(fraction);
    }

    /** The sign and exponent of the extended number equal to an integer. */
    public static int signExponentOfInteger(long value) {
        if (value == 0) {
            return 0;
        }
        int exponent = Unrounded.BIAS + 63 - Long.numberOfLeadingZeros(Math.abs(value));
        return value < 0 ? exponent | SIGN : exponent;
    }

    /** The significand of the extended number equal to an integer. */
    public static long significandOfInteger(long value) {
        long magnitude = Math.abs(value);
        return value == 0 ? 0 : magnitude << Long.numberOfLeadingZeros(magnitude);
    }
}

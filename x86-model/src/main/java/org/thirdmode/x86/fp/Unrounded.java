package org.thirdmode.x86.fp;

/**
 * A result of infinite precision, before rounding: a sign, an exponent without limits and a significand of 128 bits
 * whose bit 0 is sticky (it is 1 when anything below it is not zero).
 *
 * <pre>
 *      high                     low
 *   63 | 62 ............ 0 | 63 ............ 1 | 0
 *    1 .  fraction                             sticky
 * </pre>
 *
 * The value is {@code high.low * 2^(exponent - 16383)}, the exponent being biased as in the double extended format.
 * Operands are finite, not zero, and normalised (bit 63 of the significand is 1). One object is reused for every
 * operation; nothing here allocates.
 */
final class Unrounded {
    static final int BIAS = 16383;
    private static final long LOW_HALF = 0xffff_ffffL;

    boolean negative;
    int exponent;
    long high;
    long low;

    /** The remainder that {@link #quotient} leaves. */
    private long remainder;

    boolean isZero() {
        return (high | low) == 0;
    }

    void set(boolean newNegative, int newExponent, long newHigh, long newLow) {
        negative = newNegative;
        exponent = newExponent;
        high = newHigh;
        low = newLow;
    }

    /** Shifts the leading 1 to bit 63 of {@code high}; zero stays as it is. */
    void normalise() {
        if (high == 0) {
            if (low == 0) {
                return;
            }
            high = low;
            low = 0;
            exponent -= 64;
        }
        int zeros = Long.numberOfLeadingZeros(high);
        if (zeros != 0) {
            high = (high << zeros) | (low >>> (64 - zeros));
            low <<= zeros;
            exponent -= zeros;
        }
    }

    /** a + b; an exact zero has {@code high == low == 0} and no meaningful sign. */
    void add(boolean aNegative, int aExponent, long a, boolean bNegative, int bExponent, long b) {
        if (aExponent < bExponent || (aExponent == bExponent && Long.compareUnsigned(a, b) < 0)) {
            addSmaller(bNegative, bExponent, b, aNegative, aExponent, a);
        } else {
            addSmaller(aNegative, aExponent, a, bNegative, bExponent, b);
        }
    }

    private void addSmaller(boolean aNegative, int aExponent, long a, boolean bNegative, int bExponent, long b) {
        int distance = aExponent - bExponent;
        long alignedHigh;
        long alignedLow;
        if (distance == 0) {
            alignedHigh = b;
            alignedLow = 0;
        } else if (distance < 64) {
            alignedHigh = b >>> distance;
            alignedLow = b << (64 - distance);
        } else if (distance == 64) {
            alignedHigh = 0;
            alignedLow = b;
        } else if (distance < 128) {
            alignedHigh = 0;
            alignedLow = (b >>> (distance - 64)) | ((b << (128 - distance)) != 0 ? 1 : 0);
        } else {
            alignedHigh = 0;
            alignedLow = 1;
        }
        negative = aNegative;
        exponent = aExponent;
        if (aNegative == bNegative) {
            high = a + alignedHigh;
            low = alignedLow;
            if (Long.compareUnsigned(high, a) < 0) {
                low = (high << 63) | (low >>> 1) | (low & 1);
                high = (high >>> 1) | Long.MIN_VALUE;
                exponent++;
            }
        } else {
            low = -alignedLow;
            high = a - alignedHigh - (alignedLow != 0 ? 1 : 0);
            normalise();
        }
    }

    /** a * b. */
    void multiply(boolean aNegative, int aExponent, long a, boolean bNegative, int bExponent, long b) {
        negative = aNegative != bNegative;
        exponent = aExponent + bExponent - BIAS + 1;
        high = Math.unsignedMultiplyHigh(a, b);
        low = a * b;
        if (high >= 0) {
            high = (high << 1) | (low >>> 63);
            low <<= 1;
            exponent--;
        }
    }

    /** a / b: 64 bits of the quotient in {@code high}; {@code low} says where the rest lies: zero, below, at or above half. */
    void divide(boolean aNegative, int aExponent, long a, boolean bNegative, int bExponent, long b) {
        negative = aNegative != bNegative;
        exponent = aExponent - bExponent + BIAS;
        if (Long.compareUnsigned(a, b) < 0) {
            exponent--;
            high = quotient(a, 0, b);
        } else {
            high = quotient(a >>> 1, a << 63, b);
        }
        low = againstHalf(remainder, b);
    }

    /** The square root of a positive number: {@code high} and {@code low} as {@link #divide} gives them. */
    void squareRoot(int aExponent, long a) {
        int power = aExponent - BIAS;
        negative = false;
        exponent = (power >> 1) + BIAS;
        // The radicand as an integer of 128 bits in [2^126, 2^128): its root has exactly 64.
        long radicandHigh = (power & 1) == 0 ? a >>> 1 : a;
        long radicandLow = (power & 1) == 0 ? a << 63 : 0;
        double estimate = Math.sqrt((double) (radicandHigh >>> 1) * 2.0) * 0x1p32;
        long root = estimate >= 0x1p64 ? -1L : (long) (estimate * 0.5) << 1;
        // The estimate is good to some 2^12 units; the distance to the true root is remainder / (2 * root).
        long restHigh = radicandHigh - Math.unsignedMultiplyHigh(root, root);
        long square = root * root;
        restHigh -= Long.compareUnsigned(radicandLow, square) < 0 ? 1 : 0;
        long restLow = radicandLow - square;
        double distance = ((double) restHigh * 0x1p64 + (double) (restLow >>> 1) * 2.0) / (estimate * 2.0);
        long corrected = root + (long) Math.floor(distance);
        // A correction that wraps around 2^64 starts again from the largest root.
        root = distance > 0 && Long.compareUnsigned(corrected, root) < 0 ? -1L : corrected;
        square = root * root;
        restHigh = radicandHigh - Math.unsignedMultiplyHigh(root, root);
        restHigh -= Long.compareUnsigned(radicandLow, square) < 0 ? 1 : 0;
        restLow = radicandLow - square;
        while (restHigh < 0) {
            root--;
            long step = (root << 1) | 1;
            restLow += step;
            restHigh += (root >>> 63) + (Long.compareUnsigned(restLow, step) < 0 ? 1 : 0);
        }
        while (restHigh > (root >>> 63)
                || (restHigh == (root >>> 63) && Long.compareUnsigned(restLow, root << 1) > 0)) {
            long step = (root << 1) | 1;
            restHigh -= (root >>> 63) + (Long.compareUnsigned(restLow, step) < 0 ? 1 : 0);
            restLow -= step;
            root++;
        }
        high = root;
        if ((restHigh | restLow) == 0) {
            low = 0;
        } else {
            // (root + 1/2)^2 = root^2 + root + 1/4: the rest is above half when it exceeds the root.
            low = restHigh != 0 || Long.compareUnsigned(restLow, root) > 0 ? 0xc000_0000_0000_0000L : 1;
        }
    }

    private static long againstHalf(long rest, long unit) {
        if (rest == 0) {
            return 0;
        }
        int comparison = Long.compareUnsigned(rest, unit - rest);
        return comparison > 0 ? 0xc000_0000_0000_0000L : comparison == 0 ? Long.MIN_VALUE : 1;
    }

    /** (dividendHigh:dividendLow) / divisor for dividendHigh < divisor and a normalised divisor; sets {@link #remainder}. */
    private long quotient(long dividendHigh, long dividendLow, long divisor) {
        long divisorHigh = divisor >>> 32;
        long divisorLow = divisor & LOW_HALF;
        long first = digit(dividendHigh, dividendLow >>> 32, divisor, divisorHigh, divisorLow);
        long second = digit(remainder, dividendLow & LOW_HALF, divisor, divisorHigh, divisorLow);
        return (first << 32) | second;
    }

    /** One quotient digit of 32 bits, by Knuth's algorithm D. */
    private long digit(long partial, long next, long divisor, long divisorHigh, long divisorLow) {
        long digit = Long.divideUnsigned(partial, divisorHigh);
        long rest = partial - digit * divisorHigh;
        while (digit > LOW_HALF || Long.compareUnsigned(digit * divisorLow, (rest << 32) | next) > 0) {
            digit--;
            rest += divisorHigh;
            if (rest > LOW_HALF) {
                break;
            }
        }
        remainder = ((partial << 32) | next) - digit * divisor;
        return digit;
    }
}

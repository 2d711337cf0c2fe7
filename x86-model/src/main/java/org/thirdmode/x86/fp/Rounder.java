package org.thirdmode.x86.fp;

/**
 * Brings an {@link Unrounded} result to a format: rounds it to a precision and an exponent range, and says which of
 * overflow, underflow and inexactness came of it.
 *
 * <p>Tininess is detected after rounding. An underflow that is masked is reported only when the result is also inexact;
 * one that is not masked is reported for every tiny result (SDM 1 "Numeric Underflow Exception (#U)").
 */
final class Rounder {
    /** What {@link #round} adds to (underflow) or subtracts from (overflow) the exponent for an x87 handler. */
    static final int ADJUSTMENT = 24576;

    /** The exponent of infinities and NaNs. */
    static final int SPECIAL = 0x7fff;

    static final Format EXTENDED = new Format(64, 1, 0x7ffe);
    static final Format DOUBLE = new Format(53, Unrounded.BIAS - 1022, Unrounded.BIAS + 1023);
    static final Format SINGLE = new Format(24, Unrounded.BIAS - 126, Unrounded.BIAS + 127);

    /** x87 precision control 24 and 53 bits: a shorter significand, the exponents of the extended format. */
    static final Format EXTENDED_24 = new Format(24, 1, 0x7ffe);

    static final Format EXTENDED_53 = new Format(53, 1, 0x7ffe);

    /** The OE, UE and PE of the last operation. */
    int flags;
    /** Whether rounding made the magnitude greater: C1. */
    boolean up;
    /**
     * The result's exponent with the bias of the extended format: 0 for zero and denormals (whose significand then has
     * the scale of {@link Format#lowest}), {@link #SPECIAL} for infinity.
     */
    int exponent;
    /** The result's significand, left-aligned: bit 63 is the integer bit. */
    long significand;

    /**
     * A precision and a range of exponents.
     *
     * @param precision bits of the significand, the integer bit included
     * @param lowest the exponent of the smallest normal number, with the bias of the extended format
     * @param highest the exponent of the largest finite number, likewise
     */
    record Format(int precision, int lowest, int highest) {}

    /**
     * Rounds {@code u}, which is normalised or zero.
     *
     * @param mode the rounding control
     * @param unmasked the unmasked exceptions: for overflow and underflow among them the exponent is adjusted, by
     *     {@link #ADJUSTMENT}, instead of the response of the masked exception
     */
    void round(Unrounded u, Format format, int mode, int unmasked) {
        flags = 0;
        up = false;
        int precision = format.precision;
        long rest;
        long kept;
        if (precision == 64) {
            kept = u.high;
            rest = u.low;
        } else {
            kept = u.high >>> (64 - precision);
            rest = (u.high << precision) | (u.low != 0 ? 1 : 0);
        }
        exponent = u.exponent;
        if (u.isZero()) {
            exponent = 0;
            significand = 0;
            return;
        }
        if (exponent < format.lowest) {
            if (roundTiny(u, format, mode, unmasked, kept, rest)) {
                return;
            }
        }
        up = RoundingControl.awayFromZero(mode, u.negative, (kept & 1) != 0, rest);
        if (rest != 0) {
            flags |= FloatExceptions.PRECISION;
        }
        significand = kept << (64 - precision);
        if (up) {
            significand += 1L << (64 - precision);
            if (significand == 0) {
                significand = Long.MIN_VALUE;
                exponent++;
            }
        }
        if (exponent > format.highest && (flags & FloatExceptions.UNDERFLOW) == 0) {
            overflow(format, mode, unmasked, u.negative);
        }
    }

    /** Returns false when the ordinary way of rounding is to go on, with {@link #exponent} perhaps adjusted. */
    private boolean roundTiny(Unrounded u, Format format, int mode, int unmasked, long kept, long rest) {
        int precision = format.precision;
        boolean carries = RoundingControl.awayFromZero(mode, u.negative, (kept & 1) != 0, rest)
                && kept == (-1L >>> (64 - precision));
        boolean tiny = u.exponent < format.lowest - 1 || !carries;
        if (tiny && (unmasked & FloatExceptions.UNDERFLOW) != 0) {
            flags |= FloatExceptions.UNDERFLOW;
            exponent += ADJUSTMENT;
            if (exponent < format.lowest) {
                // FSCALE alone gets so far down that the adjustment does not help: zero.
                flags |= FloatExceptions.PRECISION;
                exponent = 0;
                significand = 0;
                return true;
            }
            return false;
        }
        int distance = format.lowest - u.exponent;
        long high;
        long low;
        if (distance < 64) {
            high = u.high >>> distance;
            low = (u.high << (64 - distance)) | (u.low >>> distance) | ((u.low << (64 - distance)) != 0 ? 1 : 0);
        } else if (distance == 64) {
            high = 0;
            low = u.high | (u.low != 0 ? 1 : 0);
        } else {
            high = 0;
            low = 1 | (distance < 128 ? u.high >>> (distance - 64) : 0);
        }
        long place = 1L << (64 - precision);
        if (precision < 64) {
            rest = (high << precision) | (low != 0 ? 1 : 0);
            high &= -place;
        } else {
            rest = low;
        }
        up = RoundingControl.awayFromZero(mode, u.negative, (high & place) != 0, rest);
        significand = up ? high + place : high;
        exponent = significand < 0 ? format.lowest : 0;
        if (rest != 0) {
            flags |= FloatExceptions.PRECISION | (tiny ? FloatExceptions.UNDERFLOW : 0);
        }
        return true;
    }

    private void overflow(Format format, int mode, int unmasked, boolean negative) {
        flags |= FloatExceptions.OVERFLOW;
        if ((unmasked & FloatExceptions.OVERFLOW) != 0) {
            exponent -= ADJUSTMENT;
            if (exponent > format.highest) {
                // FSCALE again: infinity.
                flags |= FloatExceptions.PRECISION;
                exponent = SPECIAL;
                significand = Long.MIN_VALUE;
                up = true;
            }
            return;
        }
        flags |= FloatExceptions.PRECISION;
        up = mode == RoundingControl.NEAREST || mode == (negative ? RoundingControl.DOWN : RoundingControl.UP);
        if (up) {
            exponent = SPECIAL;
            significand = Long.MIN_VALUE;
        } else {
            exponent = format.highest;
            significand = -1L << (64 - format.precision);
        }
    }
}

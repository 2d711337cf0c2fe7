package org.thirdmode.x86.fp;

/**
 * The rounds of the Advanced Encryption Standard, as AES-NI splits them. The state is a matrix of bytes, column by column:
 * byte 4c + r is row r of column c. FIPS 197; SDM 1 "Advanced Encryption Standard (AES)".
 */
final class Aes {
    private static final byte[] S_BOX = new byte[256];
    private static final byte[] INVERSE_S_BOX = new byte[256];

    static {
        // The multiplicative inverse in GF(2^8), by way of the powers of the generator 3, then the affine map.
        int power = 1;
        int inverse = 1;
        do {
            power ^= twice(power);
            // Division by 3 is multiplication by its inverse, f6H.
            inverse = multiply(inverse, 0xf6);
            int spread = inverse * 0x101;
            int mapped = inverse ^ (spread >> 7) ^ (spread >> 6) ^ (spread >> 5) ^ (spread >> 4) ^ 0x63;
            set(power, mapped & 0xff);
        } while (power != 1);
        set(0, 0x63);
    }

    private static void set(int from, int to) {
        S_BOX[from] = (byte) to;
        INVERSE_S_BOX[to] = (byte) from;
    }

    long low;
    long high;

    /** Doubling in GF(2^8). */
    private static int twice(int value) {
        int shifted = value << 1;
        return (shifted & 0x100) != 0 ? shifted ^ 0x11b : shifted;
    }

    private static int multiply(int a, int b) {
        int result = 0;
        int factor = a;
        for (int rest = b; rest != 0; rest >>= 1) {
            if ((rest & 1) != 0) {
                result ^= factor;
            }
            factor = twice(factor);
        }
        return result;
    }

    private static int at(long low, long high, int place) {
        return (int) ((place < 8 ? low : high) >>> (8 * (place & 7))) & 0xff;
    }

    /** A round without the round key: ShiftRows, SubBytes and, but for the last, MixColumns. */
    void encrypt(long stateLow, long stateHigh, boolean last) {
        shiftAndSubstitute(stateLow, stateHigh, 4, S_BOX);
        if (!last) {
            mix(low, high, 2, 3, 1, 1);
        }
    }

    /** An inverse round without the round key. */
    void decrypt(long stateLow, long stateHigh, boolean last) {
        shiftAndSubstitute(stateLow, stateHigh, -4, INVERSE_S_BOX);
        if (!last) {
            inverseMixColumns(low, high);
        }
    }

    void inverseMixColumns(long stateLow, long stateHigh) {
        mix(stateLow, stateHigh, 14, 11, 13, 9);
    }

    private void shiftAndSubstitute(long stateLow, long stateHigh, int step, byte[] box) {
        low = 0;
        high = 0;
        for (int place = 0; place < 16; place++) {
            int row = place & 3;
            put(place, box[at(stateLow, stateHigh, (place + step * row) & 15)] & 0xff);
        }
    }

    private void put(int place, int value) {
        if (place < 8) {
            low |= (long) value << (8 * place);
        } else {
            high |= (long) value << (8 * (place - 8));
        }
    }

    private void mix(long stateLow, long stateHigh, int c0, int c1, int c2, int c3) {
        low = 0;
        high = 0;
        for (int place = 0; place < 16; place++) {
            int column = place & ~3;
            put(
                    place,
                    multiply(at(stateLow, stateHigh, place), c0)
                            ^ multiply(at(stateLow, stateHigh, column | ((place + 1) & 3)), c1)
                            ^ multiply(at(stateLow, stateHigh, column | ((place + 2) & 3)), c2)
                            ^ multiply(at(stateLow, stateHigh, column | ((place + 3) & 3)), c3));
        }
    }

    /** AESKEYGENASSIST. */
    void assistKeyGeneration(long keyLow, long keyHigh, int roundConstant) {
        low = assist((int) (keyLow >>> 32), roundConstant);
        high = assist((int) (keyHigh >>> 32), roundConstant);
    }

    private static long assist(int word, int roundConstant) {
        int substituted = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            substituted |= (S_BOX[(word >>> shift) & 0xff] & 0xff) << shift;
        }
        long rotated = (Integer.rotateRight(substituted, 8) ^ roundConstant) & 0xffff_ffffL;
        return (substituted & 0xffff_ffffL) | (rotated << 32);
    }
}

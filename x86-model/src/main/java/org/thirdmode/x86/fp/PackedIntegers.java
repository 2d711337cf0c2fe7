package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.state.ModelBug;

/**
 * The integer operations of MMX and SSE2 on packed bytes, words, doublewords and quadwords, eight bytes at a time. What
 * works on one element does not see whether its eight bytes are an MMX register or half of an XMM register.
 *
 * <p>SDM 1 "MMX Instructions", SDM 1 "SSE2 128-Bit SIMD Integer Instructions".
 */
final class PackedIntegers {
    private static final long BYTE_SIGNS = 0x8080_8080_8080_8080L;
    private static final long WORD_SIGNS = 0x8000_8000_8000_8000L;
    private static final long DWORD_SIGNS = 0x8000_0000_8000_0000L;
    private static final long BYTE_ONES = 0x0101_0101_0101_0101L;
    private static final long WORD_ONES = 0x0001_0001_0001_0001L;
    private static final long DWORD_ONES = 0x0000_0001_0000_0001L;
    private static final long LOW_HALF = 0xffff_ffffL;

    private PackedIntegers() {}

    /** An operation that takes each element of {@code a} with the same element of {@code b}. */
    static long apply(Operation operation, long a, long b) {
        return switch (operation) {
            case PAND, ANDPS, ANDPD -> a & b;
            case PANDN, ANDNPS, ANDNPD -> ~a & b;
            case POR, ORPS, ORPD -> a | b;
            case PXOR, XORPS, XORPD -> a ^ b;
            case PADDB -> add(a, b, BYTE_SIGNS);
            case PADDW -> add(a, b, WORD_SIGNS);
            case PADDD -> add(a, b, DWORD_SIGNS);
            case PADDQ -> a + b;
            case PSUBB -> subtract(a, b, BYTE_SIGNS);
            case PSUBW -> subtract(a, b, WORD_SIGNS);
            case PSUBD -> subtract(a, b, DWORD_SIGNS);
            case PSUBQ -> a - b;
            case PCMPEQB -> equal(a, b, BYTE_SIGNS, BYTE_ONES, 8);
            case PCMPEQW -> equal(a, b, WORD_SIGNS, WORD_ONES, 16);
            case PCMPEQD -> equal(a, b, DWORD_SIGNS, DWORD_ONES, 32);
            case PCMPEQQ -> a == b ? -1 : 0;
            case PCMPGTQ -> a > b ? -1 : 0;
            case PMULDQ -> (long) (int) a * (int) b;
            case PMULUDQ -> (a & LOW_HALF) * (b & LOW_HALF);
            case PSADBW -> sumOfDifferences(a, b);
            case PCMPGTB, PADDSB, PADDUSB, PSUBSB, PSUBUSB, PMINUB, PMAXUB, PAVGB, PMINSB, PMAXSB, PSIGNB, PABSB ->
                bytes(operation, a, b);
            case PCMPGTD, PMINSD, PMINUD, PMAXSD, PMAXUD, PMULLD, PSIGND, PABSD ->
                (dword(operation, (int) a, (int) b) & LOW_HALF)
                        | ((long) dword(operation, (int) (a >>> 32), (int) (b >>> 32)) << 32);
            case PMADDWD -> multiplyAdd(a, b);
            case PMADDUBSW -> multiplyAddBytes(a, b);
            default -> words(operation, a, b);
        };
    }

    private static long add(long a, long b, long signs) {
        return ((a & ~signs) + (b & ~signs)) ^ ((a ^ b) & signs);
    }

    private static long subtract(long a, long b, long signs) {
        return ((a | signs) - (b & ~signs)) ^ ((a ^ ~b) & signs);
    }

    /** All ones in every element of {@code width} bits that is equal. */
    private static long equal(long a, long b, long signs, long ones, int width) {
        long difference = a ^ b;
        // The sign of each element becomes 1 where any bit differs.
        long differs = ((((difference & ~signs) + ~signs) | difference) & signs) >>> (width - 1);
        return ~(differs * (-1L >>> (64 - width))) & all(ones, width);
    }

    private static long all(long ones, int width) {
        return ones * (-1L >>> (64 - width));
    }

    private static long sumOfDifferences(long a, long b) {
        int sum = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            sum += Math.abs((int) ((a >>> shift) & 0xff) - (int) ((b >>> shift) & 0xff));
        }
        return sum;
    }

    private static long bytes(Operation operation, long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            byte x = (byte) (a >>> shift);
            byte y = (byte) (b >>> shift);
            int ux = x & 0xff;
            int uy = y & 0xff;
            int value = switch (operation) {
                case PCMPGTB -> x > y ? -1 : 0;
                case PADDSB -> signedByte(x + y);
                case PADDUSB -> Math.min(ux + uy, 0xff);
                case PSUBSB -> signedByte(x - y);
                case PSUBUSB -> Math.max(ux - uy, 0);
                case PMINUB -> Math.min(ux, uy);
                case PMAXUB -> Math.max(ux, uy);
                case PMINSB -> Math.min(x, y);
                case PMAXSB -> Math.max(x, y);
                case PSIGNB -> x * Integer.signum(y);
                case PABSB -> Math.abs(y);
                default -> (ux + uy + 1) >> 1;
            };
            result |= (value & 0xffL) << shift;
        }
        return result;
    }

    private static long words(Operation operation, long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            short x = (short) (a >>> shift);
            short y = (short) (b >>> shift);
            int ux = x & 0xffff;
            int uy = y & 0xffff;
            int value = switch (operation) {
                case PCMPGTW -> x > y ? -1 : 0;
                case PADDSW -> signedWord(x + y);
                case PADDUSW -> Math.min(ux + uy, 0xffff);
                case PSUBSW -> signedWord(x - y);
                case PSUBUSW -> Math.max(ux - uy, 0);
                case PMINSW -> Math.min(x, y);
                case PMAXSW -> Math.max(x, y);
                case PAVGW -> (ux + uy + 1) >> 1;
                case PMULLW -> x * y;
                case PMULHW -> (x * y) >> 16;
                case PMULHUW -> (ux * uy) >>> 16;
                case PMULHRSW -> (((x * y) >> 14) + 1) >> 1;
                case PMINUW -> Math.min(ux, uy);
                case PMAXUW -> Math.max(ux, uy);
                case PSIGNW -> x * Integer.signum(y);
                case PABSW -> Math.abs(y);
                default -> throw new ModelBug("no packed operation: " + operation);
            };
            result |= (value & 0xffffL) << shift;
        }
        return result;
    }

    private static int dword(Operation operation, int a, int b) {
        return switch (operation) {
            case PCMPGTD -> a > b ? -1 : 0;
            case PMINSD -> Math.min(a, b);
            case PMAXSD -> Math.max(a, b);
            case PMINUD -> Integer.compareUnsigned(a, b) < 0 ? a : b;
            case PMAXUD -> Integer.compareUnsigned(a, b) > 0 ? a : b;
            case PMULLD -> a * b;
            case PSIGND -> a * Integer.signum(b);
            default -> Math.abs(b);
        };
    }

    private static long multiplyAddBytes(long a, long b) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            int sum = (int) ((a >>> shift) & 0xff) * (byte) (b >>> shift)
                    + (int) ((a >>> (shift + 8)) & 0xff) * (byte) (b >>> (shift + 8));
            result |= (signedWord(sum) & 0xffffL) << shift;
        }
        return result;
    }

    /** PHADD, PHSUB: each pair of elements of {@code a} added or subtracted, packed into four bytes. */
    static long horizontal(Operation operation, long a) {
        short first = (short) a;
        short second = (short) (a >>> 16);
        short third = (short) (a >>> 32);
        short fourth = (short) (a >>> 48);
        return switch (operation) {
            case PHADDW -> ((first + second) & 0xffffL) | (((third + fourth) & 0xffffL) << 16);
            case PHADDSW -> (signedWord(first + second) & 0xffffL) | ((signedWord(third + fourth) & 0xffffL) << 16);
            case PHADDD -> ((int) a + (int) (a >>> 32)) & LOW_HALF;
            case PHSUBW -> ((first - second) & 0xffffL) | (((third - fourth) & 0xffffL) << 16);
            case PHSUBSW -> (signedWord(first - second) & 0xffffL) | ((signedWord(third - fourth) & 0xffffL) << 16);
            default -> ((int) a - (int) (a >>> 32)) & LOW_HALF;
        };
    }

    private static long multiplyAdd(long a, long b) {
        int low = (short) a * (short) b + (short) (a >>> 16) * (short) (b >>> 16);
        int high = (short) (a >>> 32) * (short) (b >>> 32) + (short) (a >>> 48) * (short) (b >>> 48);
        return (low & LOW_HALF) | ((long) high << 32);
    }

    private static int signedByte(int value) {
        return Math.max(Math.min(value, 127), -128);
    }

    private static int signedWord(int value) {
        return Math.max(Math.min(value, 32767), -32768);
    }

    /** Shifts every element by {@code count}, an unsigned number of any size. */
    static long shift(Operation operation, long a, long count) {
        boolean small = count >= 0 && count < 64;
        int n = (int) count;
        return switch (operation) {
            case PSRLW -> small && n < 16 ? (a >>> n) & (WORD_ONES * (0xffff >>> n)) : 0;
            case PSRLD -> small && n < 32 ? (a >>> n) & (DWORD_ONES * (LOW_HALF >>> n)) : 0;
            case PSRLQ -> small ? a >>> n : 0;
            case PSLLW -> small && n < 16 ? (a << n) & (WORD_ONES * ((0xffff << n) & 0xffff)) : 0;
            case PSLLD -> small && n < 32 ? (a << n) & (DWORD_ONES * ((LOW_HALF << n) & LOW_HALF)) : 0;
            case PSLLQ -> small ? a << n : 0;
            case PSRAW -> arithmeticWords(a, small ? Math.min(n, 15) : 15);
            case PSRAD -> arithmeticDwords(a, small ? Math.min(n, 31) : 31);
            default -> throw new ModelBug("no packed shift: " + operation);
        };
    }

    private static long arithmeticWords(long a, int n) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            result |= (((short) (a >>> shift) >> n) & 0xffffL) << shift;
        }
        return result;
    }

    private static long arithmeticDwords(long a, int n) {
        return (((int) a >> n) & LOW_HALF) | ((long) ((int) (a >>> 32) >> n) << 32);
    }

    /** The elements of {@code a}'s low four bytes between those of {@code b}'s: PUNPCKL, eight bytes of the result. */
    static long interleave(Operation operation, int a, int b) {
        return switch (operation) {
            case PUNPCKLBW, PUNPCKHBW -> spreadBytes(a) | (spreadBytes(b) << 8);
            case PUNPCKLWD, PUNPCKHWD -> spreadWords(a) | (spreadWords(b) << 16);
            default -> (a & LOW_HALF) | ((long) b << 32);
        };
    }

    private static long spreadWords(int value) {
        return (value & 0xffffL) | ((value & 0xffff_0000L) << 16);
    }

    private static long spreadBytes(int value) {
        long words = spreadWords(value);
        return (words & 0x0000_00ff_0000_00ffL) | ((words & 0x0000_ff00_0000_ff00L) << 8);
    }

    /** Four bytes (from words) or two words (from doublewords) of PACKSS and PACKUS. */
    static long pack(Operation operation, long a) {
        if (operation == Operation.PACKUSDW) {
            return Math.clamp((int) a, 0, 0xffff) | ((long) Math.clamp((int) (a >>> 32), 0, 0xffff) << 16);
        }
        if (operation == Operation.PACKSSDW) {
            return (signedWord((int) a) & 0xffffL) | ((signedWord((int) (a >>> 32)) & 0xffffL) << 16);
        }
        long result = 0;
        for (int n = 0; n < 4; n++) {
            int value = (short) (a >>> (16 * n));
            value = operation == Operation.PACKSSWB ? signedByte(value) : Math.max(Math.min(value, 255), 0);
            result |= (value & 0xffL) << (8 * n);
        }
        return result;
    }

    /** PSHUFW on eight bytes. */
    static long shuffleWords(long a, int order) {
        long result = 0;
        for (int n = 0; n < 4; n++) {
            result |= ((a >>> (16 * ((order >>> (2 * n)) & 3))) & 0xffff) << (16 * n);
        }
        return result;
    }

    /** The signs of eight bytes. */
    static int byteSigns(long a) {
        // Gathers bit 7 of byte n into bit n.
        return (int) ((((a & BYTE_SIGNS) >>> 7) * 0x0102_0408_1020_4080L) >>> 56);
    }
}

package org.thirdmode.x86.exec;

import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Segment;

/**
 * What a {@link Region} calls: results, sign-extended from their size, and the carries behind them as {@link Flags#aux} has
 * them. Each is small enough for the JVM to make it a part of its caller, where what nobody asks for goes away.
 */
final class RegionArithmetic {
    private static final long LOW32 = 0xffff_ffffL;
    private static final int CARRY = 1 << 31;
    private static final int INTO_TOP = 1 << 30;
    private static final int TOP2 = CARRY | INTO_TOP;
    private static final int AF = 1 << 3;

    private RegionArithmetic() {}

    // ---- x + y, x + y + CF ----

    static long add8(long x, long y) {
        return (byte) (x + y);
    }

    static long add32(long x, long y) {
        return (int) (x + y);
    }

    static long add64(long x, long y) {
        return x + y;
    }

    static int addCarries8(long x, long y, long z) {
        return RunLoop.aux8((int) ((x & y) | ((x | y) & ~z)));
    }

    static int addCarries32(long x, long y, long z) {
        return (int) ((x & y) | ((x | y) & ~z)) & RunLoop.KEEP32;
    }

    static int addCarries64(long x, long y, long z) {
        return RunLoop.aux64((x & y) | ((x | y) & ~z));
    }

    static long adc32(long x, long y, int aux) {
        return (int) (x + y + (aux >>> 31));
    }

    static long adc64(long x, long y, int aux) {
        return x + y + (aux >>> 31);
    }

    // ---- x - y, x - y - CF ----

    static long sub8(long x, long y) {
        return (byte) (x - y);
    }

    static long sub32(long x, long y) {
        return (int) (x - y);
    }

    static long sub64(long x, long y) {
        return x - y;
    }

    static int subCarries8(long x, long y, long z) {
        return RunLoop.aux8((int) ((~x & y) | ((~x | y) & z)));
    }

    static int subCarries32(long x, long y, long z) {
        return (int) ((~x & y) | ((~x | y) & z)) & RunLoop.KEEP32;
    }

    static int subCarries64(long x, long y, long z) {
        return RunLoop.aux64((~x & y) | ((~x | y) & z));
    }

    static long sbb32(long x, long y, int aux) {
        return (int) (x - y - (aux >>> 31));
    }

    static long sbb64(long x, long y, int aux) {
        return x - y - (aux >>> 31);
    }

    // ---- logic ----

    static long and8(long x, long y) {
        return (byte) (x & y);
    }

    static long and32(long x, long y) {
        return (int) (x & y);
    }

    static long and64(long x, long y) {
        return x & y;
    }

    static long or8(long x, long y) {
        return (byte) (x | y);
    }

    static long or32(long x, long y) {
        return (int) (x | y);
    }

    static long or64(long x, long y) {
        return x | y;
    }

    static long xor8(long x, long y) {
        return (byte) (x ^ y);
    }

    static long xor32(long x, long y) {
        return (int) (x ^ y);
    }

    static long xor64(long x, long y) {
        return x ^ y;
    }

    // ---- shifts and rotations by n, which is masked: where it is 0 the flags stay ----

    static long shl32(long x, int n) {
        return (int) (x << n);
    }

    static long shr32(long x, int n) {
        return (int) ((x & LOW32) >>> n);
    }

    static long sar32(long x, int n) {
        return (int) x >> n;
    }

    static long rol32(long x, int n) {
        return Integer.rotateLeft((int) x, n);
    }

    static long ror32(long x, int n) {
        return Integer.rotateRight((int) x, n);
    }

    static long shl64(long x, int n) {
        return x << n;
    }

    static long shr64(long x, int n) {
        return x >>> n;
    }

    static long sar64(long x, int n) {
        return x >> n;
    }

    static long rol64(long x, int n) {
        return Long.rotateLeft(x, n);
    }

    static long ror64(long x, int n) {
        return Long.rotateRight(x, n);
    }

    static int shlCarries32(long x, int n, long z, int aux) {
        return n == 0 ? aux : AF | (((int) x << (n - 1)) & CARRY) | (((int) z >>> 1) & INTO_TOP);
    }

    static int shrCarries32(long x, int n, long z, int aux) {
        int out = (int) x >>> (n - 1) << 31;
        return n == 0 ? aux : AF | out | ((out >>> 1) ^ ((n == 1 ? (int) x >>> 1 : 0) & INTO_TOP));
    }

    static int sarCarries32(long x, int n, long z, int aux) {
        int out = (int) x >> (n - 1) << 31;
        return n == 0 ? aux : AF | out | (out >>> 1);
    }

    static int rolCarries32(long x, int n, long z, int aux) {
        return n == 0 ? aux : (aux & ~TOP2) | ((int) z << 31) | (((int) z >>> 1) & INTO_TOP);
    }

    static int rorCarries32(long x, int n, long z, int aux) {
        return n == 0 ? aux : (aux & ~TOP2) | ((int) z & TOP2);
    }

    static int shlCarries64(long x, int n, long z, int aux) {
        return n == 0 ? aux : AF | ((int) ((x << (n - 1)) >>> 32) & CARRY) | ((int) (z >>> 33) & INTO_TOP);
    }

    static int shrCarries64(long x, int n, long z, int aux) {
        int out = (int) (x >>> (n - 1)) << 31;
        return n == 0 ? aux : AF | out | ((out >>> 1) ^ ((n == 1 ? (int) (x >>> 33) : 0) & INTO_TOP));
    }

    static int sarCarries64(long x, int n, long z, int aux) {
        int out = (int) (x >> (n - 1)) << 31;
        return n == 0 ? aux : AF | out | (out >>> 1);
    }

    static int rolCarries64(long x, int n, long z, int aux) {
        return n == 0 ? aux : (aux & ~TOP2) | ((int) z << 31) | ((int) (z >>> 33) & INTO_TOP);
    }

    static int rorCarries64(long x, int n, long z, int aux) {
        return n == 0 ? aux : (aux & ~TOP2) | ((int) (z >>> 32) & TOP2);
    }

    /** The result that ZF, SF and PF are taken of. */
    static long shifted(int n, long z, long result) {
        return n == 0 ? result : z;
    }

    // ---- multiplication ----

    static long imul32(long x, long y) {
        return (int) (x * y);
    }

    static long imul64(long x, long y) {
        return x * y;
    }

    static int imulCarries32(long x, long y, int aux) {
        long product = (long) (int) x * (int) y;
        return (aux & ~TOP2) | ((int) product == product ? 0 : CARRY);
    }

    static int imulCarries64(long x, long y, int aux) {
        return (aux & ~TOP2) | (Math.multiplyHigh(x, y) == (x * y) >> 63 ? 0 : CARRY);
    }

    /** After MUL: CF and OF tell whether the upper half is needed. */
    static int mulCarries(long high, int aux) {
        return (aux & ~TOP2) | (high != 0 ? CARRY : 0);
    }

    // ---- single bits ----

    static int carry(boolean set, int aux) {
        return aux ^ (set != aux < 0 ? TOP2 : 0);
    }

    // ---- conditions that a comparison of x and y has just made ----

    static boolean holdsAfterComparison(int code, boolean equal, boolean below, boolean less) {
        boolean holds = switch (code >>> 1) {
            case 1 -> below;
            case 2 -> equal;
            case 3 -> below || equal;
            case 6 -> less;
            default -> less || equal;
        };
        return holds == ((code & 1) == 0);
    }

    static boolean holds32(int code, long x, long y) {
        return holdsAfterComparison(
                code, (int) x == (int) y, Integer.compareUnsigned((int) x, (int) y) < 0, (int) x < (int) y);
    }

    static boolean holds64(int code, long x, long y) {
        return holdsAfterComparison(code, x == y, Long.compareUnsigned(x, y) < 0, x < y);
    }

    /** Whether {@link #holds32} knows the condition: not OF, SF, PF. */
    static boolean comparable(int code) {
        return switch (code >>> 1) {
            case 1, 2, 3, 6, 7 -> true;
            default -> false;
        };
    }

    /** What a near call pushes: RIP of the instruction that ends at {@code end} of the page in execution. */
    static long returnAddress(Processor cpu, int end) {
        CpuState s = cpu.state;
        return (s.r[CpuState.RIP_PAGE] - s.segmentBase[Segment.CS] + end) & s.ripMask;
    }
}

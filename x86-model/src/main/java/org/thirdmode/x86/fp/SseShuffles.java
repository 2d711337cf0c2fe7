package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.Flags;

/**
 * The instructions of SSE3, SSSE3 and SSE4.1 that move, extend, select and gather elements, AES and PCLMULQDQ. SDM 1
 * "Programming with Intel SSE3, SSSE3, Intel SSE4, and Intel AES-NI".
 */
final class SseShuffles {
    private final Processor cpu;
    private final SseOperands operands;

    SseShuffles(Processor cpu, SseOperands operands) {
        this.cpu = cpu;
        this.operands = operands;
    }

    /** Executes an instruction of this class; false for any other operation. */
    boolean execute(Instruction i) {
        switch (i.operation) {
            case MOVDDUP -> {
                operands.source(i);
                operands.setXmm(i.a, operands.low, operands.low);
            }
            case MOVSLDUP -> {
                operands.source(i);
                operands.setXmm(i.a, twiceLow(operands.low), twiceLow(operands.high));
            }
            case MOVSHDUP -> {
                operands.source(i);
                operands.setXmm(i.a, twiceLow(operands.low >>> 32), twiceLow(operands.high >>> 32));
            }
            case PHADDW, PHADDD, PHADDSW, PHSUBW, PHSUBD, PHSUBSW -> horizontal(i);
            case PSHUFB -> shuffleBytes(i);
            case PALIGNR -> align(i);
            case PMOVSXBW, PMOVSXBD, PMOVSXBQ, PMOVSXWD, PMOVSXWQ, PMOVSXDQ -> extend(i, true);
            case PMOVZXBW, PMOVZXBD, PMOVZXBQ, PMOVZXWD, PMOVZXWQ, PMOVZXDQ -> extend(i, false);
            case PBLENDVB, BLENDVPS, BLENDVPD -> blendBySigns(i);
            case BLENDPS, BLENDPD, PBLENDW -> blendByImmediate(i);
            case PTEST -> test(i);
            case PHMINPOSUW -> minimumPosition(i);
            case MPSADBW -> sumsOfDifferences(i);
            case PEXTRB, PEXTRW, PEXTRD, PEXTRQ, EXTRACTPS -> extract(i);
            case PINSRB, PINSRD, PINSRQ -> insert(i);
            case INSERTPS -> insertSingle(i);
            case AESENC, AESENCLAST, AESDEC, AESDECLAST, AESIMC, AESKEYGENASSIST -> cipher(i);
            case PCLMULQDQ -> carrylessMultiply(i);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static long twiceLow(long value) {
        return (value & 0xffff_ffffL) | (value << 32);
    }

    private void horizontal(Instruction i) {
        operands.source(i);
        if (SseOperands.isMmx(i.a)) {
            operands.setMmx(
                    i.a,
                    PackedIntegers.horizontal(i.operation, operands.mmx(i.a))
                            | (PackedIntegers.horizontal(i.operation, operands.low) << 32));
        } else {
            operands.setXmm(
                    i.a,
                    PackedIntegers.horizontal(i.operation, operands.xmmLow(i.a))
                            | (PackedIntegers.horizontal(i.operation, operands.xmmHigh(i.a)) << 32),
                    PackedIntegers.horizontal(i.operation, operands.low)
                            | (PackedIntegers.horizontal(i.operation, operands.high) << 32));
        }
    }

    private void shuffleBytes(Instruction i) {
        operands.source(i);
        if (SseOperands.isMmx(i.a)) {
            long a = operands.mmx(i.a);
            operands.setMmx(i.a, pickBytes(a, a, operands.low));
        } else {
            long low = operands.xmmLow(i.a);
            long high = operands.xmmHigh(i.a);
            operands.setXmm(i.a, pickBytes(low, high, operands.low), pickBytes(low, high, operands.high));
        }
    }

    private static long pickBytes(long low, long high, long order) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            int from = (int) (order >>> shift);
            if ((from & 0x80) == 0) {
                long half = (from & 8) == 0 ? low : high;
                result |= ((half >>> (8 * (from & 7))) & 0xff) << shift;
            }
        }
        return result;
    }

    /** The destination above the source, shifted right by bytes. */
    private void align(Instruction i) {
        operands.source(i);
        int bytes = (int) i.immediate & 0xff;
        if (SseOperands.isMmx(i.a)) {
            operands.setMmx(i.a, eightBytes(operands.low, operands.mmx(i.a), 0, 0, bytes));
        } else {
            long low = operands.xmmLow(i.a);
            long high = operands.xmmHigh(i.a);
            operands.setXmm(
                    i.a,
                    eightBytes(operands.low, operands.high, low, high, bytes),
                    eightBytes(operands.low, operands.high, low, high, bytes + 8));
        }
    }

    /** Eight bytes from place {@code from} of 32; beyond them zero. */
    private static long eightBytes(long first, long second, long third, long fourth, int from) {
        long result = 0;
        for (int n = 0; n < 8; n++) {
            int at = from + n;
            long quad = switch (at >> 3) {
                case 0 -> first;
                case 1 -> second;
                case 2 -> third;
                case 3 -> fourth;
                default -> 0;
            };
            result |= ((quad >>> (8 * (at & 7))) & 0xff) << (8 * n);
        }
        return result;
    }

    private void extend(Instruction i, boolean signed) {
        operands.source(i);
        int from = switch (i.operation) {
            case PMOVSXBW, PMOVZXBW, PMOVSXBD, PMOVZXBD, PMOVSXBQ, PMOVZXBQ -> 8;
            case PMOVSXDQ, PMOVZXDQ -> 32;
            default -> 16;
        };
        int to = switch (i.operation) {
            case PMOVSXBW, PMOVZXBW -> 16;
            case PMOVSXBD, PMOVZXBD, PMOVSXWD, PMOVZXWD -> 32;
            default -> 64;
        };
        long source = operands.low;
        int elements = 64 / to;
        operands.setXmm(
                i.a, extended(source, from, to, signed), extended(source >>> (from * elements), from, to, signed));
    }

    private static long extended(long source, int from, int to, boolean signed) {
        long result = 0;
        for (int n = 0; n < 64 / to; n++) {
            long element = source << (64 - from * (n + 1));
            element = signed ? element >> (64 - from) : element >>> (64 - from);
            result |= (element & (-1L >>> (64 - to))) << (n * to);
        }
        return result;
    }

    private void blendBySigns(Instruction i) {
        operands.source(i);
        int width = switch (i.operation) {
            case PBLENDVB -> 8;
            case BLENDVPS -> 32;
            default -> 64;
        };
        long maskLow = spreadSigns(operands.xmmLow(Operand.XMM), width);
        long maskHigh = spreadSigns(operands.xmmHigh(Operand.XMM), width);
        blend(i, maskLow, maskHigh);
    }

    private void blend(Instruction i, long maskLow, long maskHigh) {
        operands.setXmm(
                i.a,
                (operands.low & maskLow) | (operands.xmmLow(i.a) & ~maskLow),
                (operands.high & maskHigh) | (operands.xmmHigh(i.a) & ~maskHigh));
    }

    private static long spreadSigns(long value, int width) {
        long result = 0;
        for (int shift = 0; shift < 64; shift += width) {
            if (((value >>> (shift + width - 1)) & 1) != 0) {
                result |= (-1L >>> (64 - width)) << shift;
            }
        }
        return result;
    }

    private void blendByImmediate(Instruction i) {
        operands.source(i);
        int width = switch (i.operation) {
            case PBLENDW -> 16;
            case BLENDPS -> 32;
            default -> 64;
        };
        int elements = 64 / width;
        blend(i, spread((int) i.immediate, width), spread((int) i.immediate >> elements, width));
    }

    private static long spread(int bits, int width) {
        long result = 0;
        for (int n = 0; n < 64 / width; n++) {
            if ((bits & (1 << n)) != 0) {
                result |= (-1L >>> (64 - width)) << (n * width);
            }
        }
        return result;
    }

    private void test(Instruction i) {
        operands.source(i);
        long low = operands.xmmLow(i.a);
        long high = operands.xmmHigh(i.a);
        boolean zero = ((operands.low & low) | (operands.high & high)) == 0;
        boolean carry = ((operands.low & ~low) | (operands.high & ~high)) == 0;
        cpu.state.flags.setStatus((zero ? Flags.ZF : 0) | (carry ? Flags.CF : 0));
    }

    private void minimumPosition(Instruction i) {
        operands.source(i);
        int minimum = 0x1_0000;
        int position = 0;
        for (int n = 0; n < 8; n++) {
            long half = n < 4 ? operands.low : operands.high;
            int word = (int) (half >>> (16 * (n & 3))) & 0xffff;
            if (word < minimum) {
                minimum = word;
                position = n;
            }
        }
        operands.setXmm(i.a, minimum | (position << 16), 0);
    }

    private void sumsOfDifferences(Instruction i) {
        operands.source(i);
        int sourceBlock = ((int) i.immediate & 3) * 4;
        int destinationBlock = (((int) i.immediate >> 2) & 1) * 4;
        long low = operands.xmmLow(i.a);
        long high = operands.xmmHigh(i.a);
        long[] result = {0, 0};
        for (int n = 0; n < 8; n++) {
            int sum = 0;
            for (int k = 0; k < 4; k++) {
                sum += Math.abs(byteAt(low, high, destinationBlock + n + k)
                        - byteAt(operands.low, operands.high, sourceBlock + k));
            }
            result[n >> 2] |= (long) sum << (16 * (n & 3));
        }
        operands.setXmm(i.a, result[0], result[1]);
    }

    private static int byteAt(long low, long high, int at) {
        return (int) ((at < 8 ? low : high) >>> (8 * (at & 7))) & 0xff;
    }

    private void extract(Instruction i) {
        int size = switch (i.operation) {
            case PEXTRB -> 1;
            case PEXTRW -> 2;
            case PEXTRQ -> 8;
            default -> 4;
        };
        int at = ((int) i.immediate * size) & 15;
        long half = at < 8 ? operands.xmmLow(i.b) : operands.xmmHigh(i.b);
        long value = (half >>> (8 * (at & 7))) & (-1L >>> (64 - 8 * size));
        cpu.operands.set(i, i.a, i.a == Operand.MEMORY ? size : Math.max(size, 4), value);
    }

    private void insert(Instruction i) {
        int size = switch (i.operation) {
            case PINSRB -> 1;
            case PINSRQ -> 8;
            default -> 4;
        };
        operands.read(i, i.b, size, false);
        int at = ((int) i.immediate * size) & 15;
        long mask = (-1L >>> (64 - 8 * size)) << (8 * (at & 7));
        long value = (operands.low << (8 * (at & 7))) & mask;
        if (at < 8) {
            operands.setXmmLow(i.a, (operands.xmmLow(i.a) & ~mask) | value);
        } else {
            operands.setXmmHigh(i.a, (operands.xmmHigh(i.a) & ~mask) | value);
        }
    }

    private void insertSingle(Instruction i) {
        operands.source(i);
        int immediate = (int) i.immediate;
        // From memory there is one element; from a register, bits 7:6 choose.
        int from = i.b == Operand.MEMORY ? 0 : (immediate >> 6) & 3;
        long element = ((from & 2) == 0 ? operands.low : operands.high) >>> (32 * (from & 1));
        int to = (immediate >> 4) & 3;
        long select = spread(1 << (to & 1), 32);
        long value = twiceLow(element) & select;
        long low = operands.xmmLow(i.a);
        long high = operands.xmmHigh(i.a);
        if (to < 2) {
            low = (low & ~select) | value;
        } else {
            high = (high & ~select) | value;
        }
        operands.setXmm(i.a, low & ~spread(immediate, 32), high & ~spread((immediate >> 2) & 3, 32));
    }

    private void cipher(Instruction i) {
        operands.source(i);
        long low = operands.low;
        long high = operands.high;
        Aes aes = new Aes();
        switch (i.operation) {
            case AESIMC -> aes.inverseMixColumns(low, high);
            case AESKEYGENASSIST -> aes.assistKeyGeneration(low, high, (int) i.immediate & 0xff);
            default -> {
                boolean last = i.operation == Operation.AESENCLAST || i.operation == Operation.AESDECLAST;
                if (i.operation == Operation.AESENC || i.operation == Operation.AESENCLAST) {
                    aes.encrypt(operands.xmmLow(i.a), operands.xmmHigh(i.a), last);
                } else {
                    aes.decrypt(operands.xmmLow(i.a), operands.xmmHigh(i.a), last);
                }
                aes.low ^= low;
                aes.high ^= high;
            }
        }
        operands.setXmm(i.a, aes.low, aes.high);
    }

    private void carrylessMultiply(Instruction i) {
        operands.source(i);
        long a = (i.immediate & 1) == 0 ? operands.xmmLow(i.a) : operands.xmmHigh(i.a);
        long b = (i.immediate & 0x10) == 0 ? operands.low : operands.high;
        long low = 0;
        long high = 0;
        for (int n = 0; n < 64; n++) {
            if (((b >>> n) & 1) != 0) {
                low ^= a << n;
                high ^= n == 0 ? 0 : a >>> (64 - n);
            }
        }
        operands.setXmm(i.a, low, high);
    }
}

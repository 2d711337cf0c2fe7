package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Processor;

/** The instructions on packed integers, and those on floating-point registers that only move or combine bits. */
final class SseIntegers {
    private final Processor cpu;
    private final FpuState fpu;
    private final SseOperands operands;

    SseIntegers(Processor cpu, SseOperands operands) {
        this.cpu = cpu;
        fpu = cpu.fpu;
        this.operands = operands;
    }

    /** Executes an instruction on integers; false for any other operation. */
    boolean execute(Instruction i) {
        switch (i.operation) {
            case PADDB,
                    PADDW,
                    PADDD,
                    PADDQ,
                    PSUBB,
                    PSUBW,
                    PSUBD,
                    PSUBQ,
                    PADDSB,
                    PADDSW,
                    PADDUSB,
                    PADDUSW,
                    PSUBSB,
                    PSUBSW,
                    PSUBUSB,
                    PSUBUSW,
                    PMULLW,
                    PMULHW,
                    PMULHUW,
                    PMULUDQ,
                    PMADDWD,
                    PSADBW,
                    PAVGB,
                    PAVGW,
                    PMINUB,
                    PMINSW,
                    PMAXUB,
                    PMAXSW,
                    PCMPEQB,
                    PCMPEQW,
                    PCMPEQD,
                    PCMPGTB,
                    PCMPGTW,
                    PCMPGTD,
                    PCMPEQQ,
                    PCMPGTQ,
                    PMULDQ,
                    PMULLD,
                    PMULHRSW,
                    PMADDUBSW,
                    PMINSB,
                    PMINUW,
                    PMINSD,
                    PMINUD,
                    PMAXSB,
                    PMAXUW,
                    PMAXSD,
                    PMAXUD,
                    PSIGNB,
                    PSIGNW,
                    PSIGND,
                    PABSB,
                    PABSW,
                    PABSD,
                    PAND,
                    PANDN,
                    POR,
                    PXOR,
                    ANDPS,
                    ANDPD,
                    ANDNPS,
                    ANDNPD,
                    ORPS,
                    ORPD,
                    XORPS,
                    XORPD -> elements(i);
            case PSRLW, PSRLD, PSRLQ, PSRAW, PSRAD, PSLLW, PSLLD, PSLLQ -> shift(i);
            case PSRLDQ, PSLLDQ -> shiftBytes(i);
            case PUNPCKLBW, PUNPCKLWD, PUNPCKLDQ, UNPCKLPS -> unpackLow(i);
            case PUNPCKHBW, PUNPCKHWD, PUNPCKHDQ, UNPCKHPS -> unpackHigh(i);
            case PUNPCKLQDQ, UNPCKLPD -> {
                operands.source(i);
                operands.setXmmHigh(i.a, operands.low);
            }
            case PUNPCKHQDQ, UNPCKHPD -> {
                operands.source(i);
                operands.setXmm(i.a, operands.xmmHigh(i.a), operands.high);
            }
            case PACKSSWB, PACKSSDW, PACKUSWB, PACKUSDW -> pack(i);
            case PSHUFW, PSHUFD, PSHUFHW, PSHUFLW, SHUFPS, SHUFPD -> shuffle(i);
            case PINSRW -> insert(i);
            case PEXTRW -> {
                if (i.opcodeByte != 0xc5) {
                    // The form of SSE4.1, to memory as well.
                    return false;
                }
                extract(i);
            }
            case PMOVMSKB, MOVMSKPS, MOVMSKPD -> signs(i);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void elements(Instruction i) {
        operands.source(i);
        if (SseOperands.isMmx(i.a)) {
            operands.setMmx(i.a, PackedIntegers.apply(i.operation, operands.mmx(i.a), operands.low));
        } else {
            operands.setXmm(
                    i.a,
                    PackedIntegers.apply(i.operation, operands.xmmLow(i.a), operands.low),
                    PackedIntegers.apply(i.operation, operands.xmmHigh(i.a), operands.high));
        }
    }

    /** The count is all of the second operand's low eight bytes, or an immediate byte. */
    private void shift(Instruction i) {
        operands.source(i);
        long count = operands.low;
        if (SseOperands.isMmx(i.a)) {
            operands.setMmx(i.a, PackedIntegers.shift(i.operation, operands.mmx(i.a), count));
        } else {
            operands.setXmm(
                    i.a,
                    PackedIntegers.shift(i.operation, operands.xmmLow(i.a), count),
                    PackedIntegers.shift(i.operation, operands.xmmHigh(i.a), count));
        }
    }

    private void shiftBytes(Instruction i) {
        int bits = (int) Math.min(i.immediate & 0xff, 16) * 8;
        long low = operands.xmmLow(i.a);
        long high = operands.xmmHigh(i.a);
        boolean left = i.operation == Operation.PSLLDQ;
        if (bits == 128) {
            low = 0;
            high = 0;
        } else if (bits >= 64) {
            low = left ? 0 : high >>> (bits - 64);
            high = left ? operands.xmmLow(i.a) << (bits - 64) : 0;
        } else if (bits > 0) {
            long carried = left ? low >>> (64 - bits) : high << (64 - bits);
            low = left ? low << bits : (low >>> bits) | carried;
            high = left ? (high << bits) | carried : high >>> bits;
        }
        operands.setXmm(i.a, low, high);
    }

    private void unpackLow(Instruction i) {
        operands.source(i);
        long b = operands.low;
        if (SseOperands.isMmx(i.a)) {
            operands.setMmx(i.a, PackedIntegers.interleave(i.operation, (int) operands.mmx(i.a), (int) b));
        } else {
            interleave(i, operands.xmmLow(i.a), b);
        }
    }

    private void unpackHigh(Instruction i) {
        operands.source(i);
        if (SseOperands.isMmx(i.a)) {
            operands.setMmx(i.a, PackedIntegers.interleave(i.operation, (int) (operands.mmx(i.a) >>> 32), (int)
                    (operands.low >>> 32)));
        } else {
            interleave(i, operands.xmmHigh(i.a), operands.high);
        }
    }

    private void interleave(Instruction i, long a, long b) {
        operands.setXmm(
                i.a,
                PackedIntegers.interleave(i.operation, (int) a, (int) b),
                PackedIntegers.interleave(i.operation, (int) (a >>> 32), (int) (b >>> 32)));
    }

    private void pack(Instruction i) {
        operands.source(i);
        if (SseOperands.isMmx(i.a)) {
            operands.setMmx(
                    i.a,
                    PackedIntegers.pack(i.operation, operands.mmx(i.a))
                            | (PackedIntegers.pack(i.operation, operands.low) << 32));
        } else {
            operands.setXmm(
                    i.a,
                    PackedIntegers.pack(i.operation, operands.xmmLow(i.a))
                            | (PackedIntegers.pack(i.operation, operands.xmmHigh(i.a)) << 32),
                    PackedIntegers.pack(i.operation, operands.low)
                            | (PackedIntegers.pack(i.operation, operands.high) << 32));
        }
    }

    private void shuffle(Instruction i) {
        operands.source(i);
        int order = (int) i.immediate & 0xff;
        long low = operands.low;
        long high = operands.high;
        switch (i.operation) {
            case PSHUFW -> operands.setMmx(i.a, PackedIntegers.shuffleWords(low, order));
            case PSHUFLW -> operands.setXmm(i.a, PackedIntegers.shuffleWords(low, order), high);
            case PSHUFHW -> operands.setXmm(i.a, low, PackedIntegers.shuffleWords(high, order));
            case PSHUFD ->
                operands.setXmm(
                        i.a,
                        pair(dword(low, high, order), dword(low, high, order >> 2)),
                        pair(dword(low, high, order >> 4), dword(low, high, order >> 6)));
            case SHUFPS -> {
                long aLow = operands.xmmLow(i.a);
                long aHigh = operands.xmmHigh(i.a);
                operands.setXmm(
                        i.a,
                        pair(dword(aLow, aHigh, order), dword(aLow, aHigh, order >> 2)),
                        pair(dword(low, high, order >> 4), dword(low, high, order >> 6)));
            }
            default ->
                operands.setXmm(
                        i.a,
                        (order & 1) == 0 ? operands.xmmLow(i.a) : operands.xmmHigh(i.a),
                        (order & 2) == 0 ? low : high);
        }
    }

    private static long dword(long low, long high, int which) {
        long half = (which & 2) == 0 ? low : high;
        return (which & 1) == 0 ? half & 0xffff_ffffL : half >>> 32;
    }

    private static long pair(long first, long second) {
        return first | (second << 32);
    }

    private void insert(Instruction i) {
        operands.read(i, i.b, 2, false);
        long word = operands.low & 0xffff;
        if (SseOperands.isMmx(i.a)) {
            int shift = ((int) i.immediate & 3) * 16;
            operands.setMmx(i.a, (operands.mmx(i.a) & ~(0xffffL << shift)) | (word << shift));
        } else {
            int place = SseOperands.place(i.a) + (((int) i.immediate >> 2) & 1);
            int shift = ((int) i.immediate & 3) * 16;
            fpu.xmm[place] = (fpu.xmm[place] & ~(0xffffL << shift)) | (word << shift);
        }
    }

    private void extract(Instruction i) {
        int shift = ((int) i.immediate & 3) * 16;
        long half;
        if (SseOperands.isMmx(i.b)) {
            half = operands.mmx(i.b);
            fpu.enterMmx();
        } else {
            half = (i.immediate & 4) == 0 ? operands.xmmLow(i.b) : operands.xmmHigh(i.b);
        }
        setGeneral(i, (half >>> shift) & 0xffff);
    }

    private void signs(Instruction i) {
        operands.source(i);
        long low = operands.low;
        long high = operands.high;
        long value = switch (i.operation) {
            case MOVMSKPS -> ((low >>> 31) & 1) | ((low >>> 62) & 2) | ((high >>> 29) & 4) | ((high >>> 60) & 8);
            case MOVMSKPD -> (low >>> 63) | ((high >>> 62) & 2);
            default ->
                PackedIntegers.byteSigns(low) | (SseOperands.isXmm(i.b) ? PackedIntegers.byteSigns(high) << 8 : 0);
        };
        if (SseOperands.isMmx(i.b)) {
            fpu.enterMmx();
        }
        setGeneral(i, value);
    }

    private void setGeneral(Instruction i, long value) {
        cpu.operands.setRegister(i.a - Operand.GPR, 4, value);
    }
}

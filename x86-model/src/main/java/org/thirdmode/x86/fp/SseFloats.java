package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Vector;

/**
 * The floating-point instructions of SSE and SSE2: every element through {@link SseArithmetic}, then the exceptions of
 * all of them at once, then the result.
 *
 * <p>SDM 1 "SIMD Floating-Point Exceptions": an unmasked exception leaves the destination as it is; MXCSR shows it.
 */
final class SseFloats {
    private static final long LOW32 = 0xffff_ffffL;

    private final Processor cpu;
    private final FpuState fpu;
    private final SseOperands operands;
    private final SseArithmetic arithmetic = new SseArithmetic();

    SseFloats(Processor cpu, SseOperands operands) {
        this.cpu = cpu;
        fpu = cpu.fpu;
        this.operands = operands;
    }

    void execute(Instruction i) {
        arithmetic.begin(fpu.mxcsr);
        operands.source(i);
        switch (i.operation) {
            case ADDPS, SUBPS, MULPS, DIVPS, MINPS, MAXPS, SQRTPS, RCPPS, RSQRTPS, CMPPS -> packed(i, SseFormat.SINGLE);
            case ADDPD, SUBPD, MULPD, DIVPD, MINPD, MAXPD, SQRTPD, CMPPD -> packed(i, SseFormat.DOUBLE);
            case ADDSS, SUBSS, MULSS, DIVSS, MINSS, MAXSS, SQRTSS, RCPSS, RSQRTSS, CMPSS ->
                scalar(i, SseFormat.SINGLE, element(i, SseFormat.SINGLE, operands.xmmLow(i.a), operands.low));
            case ADDSD, SUBSD, MULSD, DIVSD, MINSD, MAXSD, SQRTSD, CMPSD ->
                scalar(i, SseFormat.DOUBLE, element(i, SseFormat.DOUBLE, operands.xmmLow(i.a), operands.low));
            case UCOMISS, COMISS -> compare(i, SseFormat.SINGLE, i.operation == Operation.COMISS);
            case UCOMISD, COMISD -> compare(i, SseFormat.DOUBLE, i.operation == Operation.COMISD);
            case ADDSUBPS, HADDPS, HSUBPS, DPPS -> acrossSingles(i);
            case ADDSUBPD, HADDPD, HSUBPD, DPPD -> acrossDoubles(i);
            case ROUNDPS, ROUNDPD, ROUNDSS, ROUNDSD -> roundToIntegers(i);
            default -> convert(i);
        }
    }

    /** Sets the exceptions in MXCSR; an unmasked one is a fault. */
    private void finish() {
        int raised = arithmetic.raised();
        if (raised == 0) {
            return;
        }
        fpu.mxcsr |= raised;
        if (arithmetic.faults()) {
            throw cpu.fault((cpu.state.cr4 & Cr4.OSXMMEXCPT) != 0 ? Vector.XM : Vector.UD);
        }
    }

    /** Ends an instruction whose result is the low element of the destination. */
    private void scalar(Instruction i, SseFormat f, long result) {
        finish();
        if (f == SseFormat.SINGLE) {
            operands.setXmmSingle(i.a, (int) result);
        } else {
            operands.setXmmLow(i.a, result);
        }
    }

    // ---- arithmetic ----

    private void packed(Instruction i, SseFormat f) {
        long bHigh = operands.high;
        long low = half(i, f, operands.xmmLow(i.a), operands.low);
        long high = half(i, f, operands.xmmHigh(i.a), bHigh);
        finish();
        operands.setXmm(i.a, low, high);
    }

    /** 64 bits: two singles or a double. */
    private long half(Instruction i, SseFormat f, long a, long b) {
        return f == SseFormat.DOUBLE
                ? element(i, f, a, b)
                : pair(element(i, f, a, b), element(i, f, a >>> 32, b >>> 32));
    }

    private static long pair(long low, long high) {
        return (low & LOW32) | (high << 32);
    }

    /** One element, of whose operands bits above the format are ignored. */
    private long element(Instruction i, SseFormat f, long first, long second) {
        long a = f == SseFormat.SINGLE ? first & LOW32 : first;
        long b = f == SseFormat.SINGLE ? second & LOW32 : second;
        return switch (i.operation) {
            case ADDPS, ADDSS, ADDPD, ADDSD -> arithmetic.add(f, a, b);
            case SUBPS, SUBSS, SUBPD, SUBSD -> arithmetic.subtract(f, a, b);
            case MULPS, MULSS, MULPD, MULSD -> arithmetic.multiply(f, a, b);
            case DIVPS, DIVSS, DIVPD, DIVSD -> arithmetic.divide(f, a, b);
            case MINPS, MINSS, MINPD, MINSD -> arithmetic.minimum(f, a, b);
            case MAXPS, MAXSS, MAXPD, MAXSD -> arithmetic.maximum(f, a, b);
            case SQRTPS, SQRTSS, SQRTPD, SQRTSD -> arithmetic.squareRoot(f, b);
            case RCPPS, RCPSS -> arithmetic.reciprocal(b);
            case RSQRTPS, RSQRTSS -> arithmetic.reciprocalRoot(b);
            default -> {
                int predicate = (int) i.immediate & 7;
                yield holds(predicate, arithmetic.compare(f, a, b, signaling(predicate))) ? -1 : 0;
            }
        };
    }

    private void compare(Instruction i, SseFormat f, boolean signaling) {
        long mask = f == SseFormat.SINGLE ? LOW32 : -1L;
        int comparison = arithmetic.compare(f, operands.xmmLow(i.a) & mask, operands.low & mask, signaling);
        finish();
        cpu.state.flags.setStatus(FpuInstructions.flagsOf(comparison));
    }

    private long addSingles(boolean subtract, long pair) {
        long a = pair & LOW32;
        long b = pair >>> 32;
        return subtract ? arithmetic.subtract(SseFormat.SINGLE, a, b) : arithmetic.add(SseFormat.SINGLE, a, b);
    }

    /** ADDSUBPS, HADDPS, HSUBPS, DPPS. */
    private void acrossSingles(Instruction i) {
        long aLow = operands.xmmLow(i.a);
        long aHigh = operands.xmmHigh(i.a);
        long low = operands.low;
        long high = operands.high;
        boolean subtract = i.operation == Operation.HSUBPS;
        switch (i.operation) {
            case ADDSUBPS -> {
                low = addSub(aLow, low);
                high = addSub(aHigh, high);
            }
            case DPPS -> {
                int mask = (int) i.immediate;
                long sum = products(aLow, low, mask >> 4);
                long rest = products(aHigh, high, mask >> 6);
                // An unmasked exception of one step keeps the next from taking place.
                finish();
                sum = addSingles(false, sum) | (addSingles(false, rest) << 32);
                finish();
                sum = addSingles(false, sum);
                low = ((mask & 1) != 0 ? sum : 0) | ((mask & 2) != 0 ? sum << 32 : 0);
                high = ((mask & 4) != 0 ? sum : 0) | ((mask & 8) != 0 ? sum << 32 : 0);
            }
            default -> {
                long first = addSingles(subtract, aLow) | (addSingles(subtract, aHigh) << 32);
                high = addSingles(subtract, low) | (addSingles(subtract, high) << 32);
                low = first;
            }
        }
        finish();
        operands.setXmm(i.a, low, high);
    }

    private long addSub(long a, long b) {
        SseFormat f = SseFormat.SINGLE;
        return pair(arithmetic.subtract(f, a & LOW32, b & LOW32), arithmetic.add(f, a >>> 32, b >>> 32));
    }

    private long products(long a, long b, int mask) {
        SseFormat f = SseFormat.SINGLE;
        long low = (mask & 1) != 0 ? arithmetic.multiply(f, a & LOW32, b & LOW32) : 0;
        long high = (mask & 2) != 0 ? arithmetic.multiply(f, a >>> 32, b >>> 32) : 0;
        return pair(low, high);
    }

    /** ADDSUBPD, HADDPD, HSUBPD, DPPD. */
    private void acrossDoubles(Instruction i) {
        long aLow = operands.xmmLow(i.a);
        long aHigh = operands.xmmHigh(i.a);
        long low = operands.low;
        long high = operands.high;
        switch (i.operation) {
            case ADDSUBPD -> {
                low = arithmetic.subtract(SseFormat.DOUBLE, aLow, low);
                high = arithmetic.add(SseFormat.DOUBLE, aHigh, high);
            }
            case DPPD -> {
                int mask = (int) i.immediate;
                long first = (mask & 0x10) != 0 ? arithmetic.multiply(SseFormat.DOUBLE, aLow, low) : 0;
                long second = (mask & 0x20) != 0 ? arithmetic.multiply(SseFormat.DOUBLE, aHigh, high) : 0;
                finish();
                long sum = arithmetic.add(SseFormat.DOUBLE, first, second);
                low = (mask & 1) != 0 ? sum : 0;
                high = (mask & 2) != 0 ? sum : 0;
            }
            case HADDPD -> {
                high = arithmetic.add(SseFormat.DOUBLE, low, high);
                low = arithmetic.add(SseFormat.DOUBLE, aLow, aHigh);
            }
            default -> {
                high = arithmetic.subtract(SseFormat.DOUBLE, low, high);
                low = arithmetic.subtract(SseFormat.DOUBLE, aLow, aHigh);
            }
        }
        finish();
        operands.setXmm(i.a, low, high);
    }

    /** ROUNDPS and its like: the rounding control from the immediate or MXCSR, inexactness reported unless bit 3 is set. */
    private void roundToIntegers(Instruction i) {
        long low = operands.low;
        long high = operands.high;
        int mode = (i.immediate & 4) != 0 ? arithmetic.mode() : (int) i.immediate & 3;
        boolean quiet = (i.immediate & 8) != 0;
        switch (i.operation) {
            case ROUNDPS -> {
                low = roundSingles(low, mode, quiet);
                high = roundSingles(high, mode, quiet);
            }
            case ROUNDSS -> {
                low = pair(
                        arithmetic.roundToInteger(SseFormat.SINGLE, low & LOW32, mode, quiet),
                        operands.xmmLow(i.a) >>> 32);
                high = operands.xmmHigh(i.a);
            }
            case ROUNDPD -> {
                low = arithmetic.roundToInteger(SseFormat.DOUBLE, low, mode, quiet);
                high = arithmetic.roundToInteger(SseFormat.DOUBLE, high, mode, quiet);
            }
            default -> {
                low = arithmetic.roundToInteger(SseFormat.DOUBLE, low, mode, quiet);
                high = operands.xmmHigh(i.a);
            }
        }
        finish();
        operands.setXmm(i.a, low, high);
    }

    private long roundSingles(long value, int mode, boolean quiet) {
        return pair(
                arithmetic.roundToInteger(SseFormat.SINGLE, value & LOW32, mode, quiet),
                arithmetic.roundToInteger(SseFormat.SINGLE, value >>> 32, mode, quiet));
    }

    /** LT, LE, NLT and NLE signal QNaNs. SDM 2 "Comparison Predicate for CMPPD and CMPPS Instructions". */
    private static boolean signaling(int predicate) {
        return (predicate & 3) == 1 || (predicate & 3) == 2;
    }

    private static boolean holds(int predicate, int comparison) {
        boolean plain = switch (predicate & 3) {
            case 0 -> comparison == ExtendedArithmetic.EQUAL;
            case 1 -> comparison == ExtendedArithmetic.LESS;
            case 2 -> comparison == ExtendedArithmetic.LESS || comparison == ExtendedArithmetic.EQUAL;
            default -> comparison == ExtendedArithmetic.UNORDERED;
        };
        return plain != (predicate >= 4);
    }

    // ---- conversions ----

    private void convert(Instruction i) {
        long low = operands.low;
        long high = operands.high;
        int mode = arithmetic.mode();
        switch (i.operation) {
            case CVTSS2SD -> scalar(i, SseFormat.DOUBLE, arithmetic.singleToDouble(low & LOW32));
            case CVTSD2SS -> scalar(i, SseFormat.SINGLE, arithmetic.doubleToSingle(low));
            case CVTPS2PD -> {
                long first = arithmetic.singleToDouble(low & LOW32);
                long second = arithmetic.singleToDouble(low >>> 32);
                finish();
                operands.setXmm(i.a, first, second);
            }
            case CVTPD2PS -> {
                long first = arithmetic.doubleToSingle(low);
                long second = arithmetic.doubleToSingle(high);
                finish();
                operands.setXmm(i.a, pair(first, second), 0);
            }
            case CVTDQ2PS -> {
                long first = integersToSingles(low);
                long second = integersToSingles(high);
                finish();
                operands.setXmm(i.a, first, second);
            }
            case CVTDQ2PD -> integersToDoubles(i, low);
            case CVTPS2DQ, CVTTPS2DQ -> {
                int rounding = i.operation == Operation.CVTPS2DQ ? mode : RoundingControl.ZERO;
                long first = singlesToIntegers(low, rounding);
                long second = singlesToIntegers(high, rounding);
                finish();
                operands.setXmm(i.a, first, second);
            }
            case CVTPD2DQ, CVTTPD2DQ -> {
                long result =
                        doublesToIntegers(low, high, i.operation == Operation.CVTPD2DQ ? mode : RoundingControl.ZERO);
                finish();
                operands.setXmm(i.a, result, 0);
            }
            default -> convertGeneral(i, low, high);
        }
    }

    /** Between XMM and general or MMX registers. */
    private void convertGeneral(Instruction i, long low, long high) {
        int mode = arithmetic.mode();
        switch (i.operation) {
            case CVTSI2SS -> fromInteger(i, SseFormat.SINGLE, low);
            case CVTSI2SD -> fromInteger(i, SseFormat.DOUBLE, low);
            case CVTSS2SI -> toInteger(i, SseFormat.SINGLE, low & LOW32, mode);
            case CVTTSS2SI -> toInteger(i, SseFormat.SINGLE, low & LOW32, RoundingControl.ZERO);
            case CVTSD2SI -> toInteger(i, SseFormat.DOUBLE, low, mode);
            case CVTTSD2SI -> toInteger(i, SseFormat.DOUBLE, low, RoundingControl.ZERO);
            case CVTPI2PS -> {
                long result = integersToSingles(low);
                enterMmx(i.b);
                finish();
                operands.setXmmLow(i.a, result);
            }
            case CVTPI2PD -> {
                enterMmx(i.b);
                integersToDoubles(i, low);
            }
            case CVTPS2PI, CVTTPS2PI -> {
                long result = singlesToIntegers(low, i.operation == Operation.CVTPS2PI ? mode : RoundingControl.ZERO);
                enterMmx(i.a);
                finish();
                operands.setMmx(i.a, result);
            }
            case CVTPD2PI, CVTTPD2PI -> {
                long result =
                        doublesToIntegers(low, high, i.operation == Operation.CVTPD2PI ? mode : RoundingControl.ZERO);
                enterMmx(i.a);
                finish();
                operands.setMmx(i.a, result);
            }
            default -> throw new ModelBug("no SSE operation: " + i.operation);
        }
    }

    private void enterMmx(int operand) {
        if (SseOperands.isMmx(operand)) {
            fpu.enterMmx();
        }
    }

    private void fromInteger(Instruction i, SseFormat f, long value) {
        scalar(i, f, arithmetic.fromInteger(f, i.sizeB == 8 ? value : (int) value));
    }

    private void toInteger(Instruction i, SseFormat f, long value, int rounding) {
        long result = arithmetic.toInteger(f, value, i.sizeA * 8, rounding);
        finish();
        cpu.operands.setRegister(i.a, i.sizeA, result);
    }

    private long integersToSingles(long value) {
        return pair(
                arithmetic.fromInteger(SseFormat.SINGLE, (int) value),
                arithmetic.fromInteger(SseFormat.SINGLE, (int) (value >>> 32)));
    }

    /** Always exact. */
    private void integersToDoubles(Instruction i, long value) {
        operands.setXmm(
                i.a,
                arithmetic.fromInteger(SseFormat.DOUBLE, (int) value),
                arithmetic.fromInteger(SseFormat.DOUBLE, (int) (value >>> 32)));
    }

    private long singlesToIntegers(long value, int rounding) {
        return pair(
                arithmetic.toInteger(SseFormat.SINGLE, value & LOW32, 32, rounding),
                arithmetic.toInteger(SseFormat.SINGLE, value >>> 32, 32, rounding));
    }

    private long doublesToIntegers(long low, long high, int rounding) {
        return pair(
                arithmetic.toInteger(SseFormat.DOUBLE, low, 32, rounding),
                arithmetic.toInteger(SseFormat.DOUBLE, high, 32, rounding));
    }
}

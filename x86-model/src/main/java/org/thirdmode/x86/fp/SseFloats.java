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
            case ADDPS, SUBPS, MULPS, DIVPS, MINPS, MAXPS, SQRTPS, RCPPS, RSQRTPS, CMPPS -> packedSingles(i);
            case ADDPD, SUBPD, MULPD, DIVPD, MINPD, MAXPD, SQRTPD, CMPPD -> packedDoubles(i);
            case ADDSS, SUBSS, MULSS, DIVSS, MINSS, MAXSS, SQRTSS, RCPSS, RSQRTSS, CMPSS -> {
                int result = single(i, (int) operands.xmmLow(i.a), (int) operands.low);
                finish();
                operands.setXmmSingle(i.a, result);
            }
            case ADDSD, SUBSD, MULSD, DIVSD, MINSD, MAXSD, SQRTSD, CMPSD -> {
                long result = twice(i, operands.xmmLow(i.a), operands.low);
                finish();
                operands.setXmmLow(i.a, result);
            }
            case UCOMISS, COMISS -> {
                int comparison = arithmetic.compareSingle(
                        (int) operands.xmmLow(i.a), (int) operands.low, i.operation == Operation.COMISS);
                finish();
                cpu.state.flags.setStatus(FpuInstructions.flagsOf(comparison));
            }
            case UCOMISD, COMISD -> {
                int comparison =
                        arithmetic.compareDouble(operands.xmmLow(i.a), operands.low, i.operation == Operation.COMISD);
                finish();
                cpu.state.flags.setStatus(FpuInstructions.flagsOf(comparison));
            }
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

    // ---- arithmetic ----

    private void packedSingles(Instruction i) {
        long bLow = operands.low;
        long bHigh = operands.high;
        long low = singles(i, operands.xmmLow(i.a), bLow);
        long high = singles(i, operands.xmmHigh(i.a), bHigh);
        finish();
        operands.setXmm(i.a, low, high);
    }

    private long singles(Instruction i, long a, long b) {
        return pair(single(i, (int) a, (int) b), single(i, (int) (a >>> 32), (int) (b >>> 32)));
    }

    private static long pair(int low, int high) {
        return (low & 0xffff_ffffL) | ((long) high << 32);
    }

    private void packedDoubles(Instruction i) {
        long bHigh = operands.high;
        long low = twice(i, operands.xmmLow(i.a), operands.low);
        long high = twice(i, operands.xmmHigh(i.a), bHigh);
        finish();
        operands.setXmm(i.a, low, high);
    }

    private long addSingles(boolean subtract, long pair) {
        int a = (int) pair;
        int b = (int) (pair >>> 32);
        return (subtract ? arithmetic.subtractSingle(a, b) : arithmetic.addSingle(a, b)) & 0xffff_ffffL;
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
        return pair(
                arithmetic.subtractSingle((int) a, (int) b), arithmetic.addSingle((int) (a >>> 32), (int) (b >>> 32)));
    }

    private long products(long a, long b, int mask) {
        int low = (mask & 1) != 0 ? arithmetic.multiplySingle((int) a, (int) b) : 0;
        int high = (mask & 2) != 0 ? arithmetic.multiplySingle((int) (a >>> 32), (int) (b >>> 32)) : 0;
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
                low = arithmetic.subtractDouble(aLow, low);
                high = arithmetic.addDouble(aHigh, high);
            }
            case DPPD -> {
                int mask = (int) i.immediate;
                long first = (mask & 0x10) != 0 ? arithmetic.multiplyDouble(aLow, low) : 0;
                long second = (mask & 0x20) != 0 ? arithmetic.multiplyDouble(aHigh, high) : 0;
                finish();
                long sum = arithmetic.addDouble(first, second);
                low = (mask & 1) != 0 ? sum : 0;
                high = (mask & 2) != 0 ? sum : 0;
            }
            case HADDPD -> {
                high = arithmetic.addDouble(low, high);
                low = arithmetic.addDouble(aLow, aHigh);
            }
            default -> {
                high = arithmetic.subtractDouble(low, high);
                low = arithmetic.subtractDouble(aLow, aHigh);
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
                low = pair(arithmetic.roundSingle((int) low, mode, quiet), (int) (operands.xmmLow(i.a) >>> 32));
                high = operands.xmmHigh(i.a);
            }
            case ROUNDPD -> {
                low = arithmetic.roundDouble(low, mode, quiet);
                high = arithmetic.roundDouble(high, mode, quiet);
            }
            default -> {
                low = arithmetic.roundDouble(low, mode, quiet);
                high = operands.xmmHigh(i.a);
            }
        }
        finish();
        operands.setXmm(i.a, low, high);
    }

    private long roundSingles(long value, int mode, boolean quiet) {
        return pair(
                arithmetic.roundSingle((int) value, mode, quiet),
                arithmetic.roundSingle((int) (value >>> 32), mode, quiet));
    }

    private int single(Instruction i, int a, int b) {
        return switch (i.operation) {
            case ADDPS, ADDSS -> arithmetic.addSingle(a, b);
            case SUBPS, SUBSS -> arithmetic.subtractSingle(a, b);
            case MULPS, MULSS -> arithmetic.multiplySingle(a, b);
            case DIVPS, DIVSS -> arithmetic.divideSingle(a, b);
            case MINPS, MINSS -> arithmetic.minimumSingle(a, b);
            case MAXPS, MAXSS -> arithmetic.maximumSingle(a, b);
            case SQRTPS, SQRTSS -> arithmetic.squareRootSingle(b);
            case RCPPS, RCPSS -> arithmetic.reciprocal(b);
            case RSQRTPS, RSQRTSS -> arithmetic.reciprocalRoot(b);
            default -> {
                int predicate = (int) i.immediate & 7;
                yield holds(predicate, arithmetic.compareSingle(a, b, signaling(predicate))) ? -1 : 0;
            }
        };
    }

    private long twice(Instruction i, long a, long b) {
        return switch (i.operation) {
            case ADDPD, ADDSD -> arithmetic.addDouble(a, b);
            case SUBPD, SUBSD -> arithmetic.subtractDouble(a, b);
            case MULPD, MULSD -> arithmetic.multiplyDouble(a, b);
            case DIVPD, DIVSD -> arithmetic.divideDouble(a, b);
            case MINPD, MINSD -> arithmetic.minimumDouble(a, b);
            case MAXPD, MAXSD -> arithmetic.maximumDouble(a, b);
            case SQRTPD, SQRTSD -> arithmetic.squareRootDouble(b);
            default -> {
                int predicate = (int) i.immediate & 7;
                yield holds(predicate, arithmetic.compareDouble(a, b, signaling(predicate))) ? -1 : 0;
            }
        };
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
            case CVTSS2SD -> {
                long result = arithmetic.singleToDouble((int) low);
                finish();
                operands.setXmmLow(i.a, result);
            }
            case CVTSD2SS -> {
                int result = arithmetic.doubleToSingle(low);
                finish();
                operands.setXmmSingle(i.a, result);
            }
            case CVTPS2PD -> {
                long first = arithmetic.singleToDouble((int) low);
                long second = arithmetic.singleToDouble((int) (low >>> 32));
                finish();
                operands.setXmm(i.a, first, second);
            }
            case CVTPD2PS -> {
                int first = arithmetic.doubleToSingle(low);
                int second = arithmetic.doubleToSingle(high);
                finish();
                operands.setXmm(i.a, pair(first, second), 0);
            }
            case CVTDQ2PS -> {
                long first = integersToSingles(low);
                long second = integersToSingles(high);
                finish();
                operands.setXmm(i.a, first, second);
            }
            case CVTDQ2PD ->
                operands.setXmm(
                        i.a, arithmetic.integerToDouble((int) low), arithmetic.integerToDouble((int) (low >>> 32)));
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
            case CVTSI2SS -> {
                int result = arithmetic.integerToSingle(i.sizeB == 8 ? low : (int) low);
                finish();
                operands.setXmmSingle(i.a, result);
            }
            case CVTSI2SD -> {
                long result = arithmetic.integerToDouble(i.sizeB == 8 ? low : (int) low);
                finish();
                operands.setXmmLow(i.a, result);
            }
            case CVTSS2SI, CVTTSS2SI -> {
                long result = arithmetic.singleToInteger(
                        (int) low, i.sizeA * 8, i.operation == Operation.CVTSS2SI ? mode : RoundingControl.ZERO);
                finish();
                cpu.operands.setRegister(i.a, i.sizeA, result);
            }
            case CVTSD2SI, CVTTSD2SI -> {
                long result = arithmetic.doubleToInteger(
                        low, i.sizeA * 8, i.operation == Operation.CVTSD2SI ? mode : RoundingControl.ZERO);
                finish();
                cpu.operands.setRegister(i.a, i.sizeA, result);
            }
            case CVTPI2PS -> {
                long result = integersToSingles(low);
                enterMmx(i.b);
                finish();
                operands.setXmmLow(i.a, result);
            }
            case CVTPI2PD -> {
                enterMmx(i.b);
                operands.setXmm(
                        i.a, arithmetic.integerToDouble((int) low), arithmetic.integerToDouble((int) (low >>> 32)));
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

    private long integersToSingles(long value) {
        return pair(arithmetic.integerToSingle((int) value), arithmetic.integerToSingle((int) (value >>> 32)));
    }

    private long singlesToIntegers(long value, int rounding) {
        return pair((int) arithmetic.singleToInteger((int) value, 32, rounding), (int)
                arithmetic.singleToInteger((int) (value >>> 32), 32, rounding));
    }

    private long doublesToIntegers(long low, long high, int rounding) {
        return pair((int) arithmetic.doubleToInteger(low, 32, rounding), (int)
                arithmetic.doubleToInteger(high, 32, rounding));
    }
}

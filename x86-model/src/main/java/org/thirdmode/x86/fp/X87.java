package org.thirdmode.x86.fp;

import static org.thirdmode.x86.fp.FpuState.STATUS_B;
import static org.thirdmode.x86.fp.FpuState.STATUS_C0;
import static org.thirdmode.x86.fp.FpuState.STATUS_C1;
import static org.thirdmode.x86.fp.FpuState.STATUS_C2;
import static org.thirdmode.x86.fp.FpuState.STATUS_C3;
import static org.thirdmode.x86.fp.FpuState.STATUS_ES;
import static org.thirdmode.x86.fp.FpuState.STATUS_SF;

/**
 * The x87 FPU's register stack around {@link ExtendedArithmetic}: each method is an instruction, or a group of them, as
 * far as it concerns no memory and no other part of the processor. Operands from memory come as bits. A store leaves its
 * value in {@link #stored} and is finished by {@link #finishStore} once memory took it, so that a page fault leaves the
 * FPU as it was.
 *
 * <p>Where an unmasked exception found before computation keeps an instruction from taking place, the stack stays as it
 * is; an unmasked exception found afterwards delivers the result and waits (SDM 1 "x87 FPU Exception Synchronization").
 */
public final class X87 {
    /** The six operations of the arithmetic instructions, in the order of the opcode map's reg field. */
    public static final int ADD = 0;

    public static final int MUL = 1;
    public static final int SUB = 4;
    public static final int SUBR = 5;
    public static final int DIV = 6;
    public static final int DIVR = 7;

    private static final int CONDITION = STATUS_C0 | STATUS_C2 | STATUS_C3;

    /** What a store of up to 64 bits is to write; the significand of a store of 80 bits. */
    public long stored;
    /** Sign and exponent of a store of 80 bits; the upper 16 bits of a packed BCD integer. */
    public int storedHigh;

    private int storeFlags;
    private boolean storeUp;

    private final FpuState s;
    private final ExtendedArithmetic arithmetic = new ExtendedArithmetic();
    private final Transcendental transcendental = new Transcendental(arithmetic);

    // The operand that came from memory, widened.
    private int operandSe;
    private long operand;

    public X87(FpuState state) {
        s = state;
    }

    // ---- the stack ----

    private int physical(int i) {
        return (s.top + i) & 7;
    }

    private boolean empty(int i) {
        return (s.valid & (1 << physical(i))) == 0;
    }

    private int se(int i) {
        return s.signExponent[physical(i)];
    }

    private long sig(int i) {
        return s.significand[physical(i)];
    }

    private void put(int i, int se, long sig) {
        int register = physical(i);
        s.signExponent[register] = se;
        s.significand[register] = sig;
        s.valid |= 1 << register;
    }

    private void putIndefinite(int i) {
        put(i, Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
    }

    private void pop() {
        s.valid &= ~(1 << s.top);
        s.top = (s.top + 1) & 7;
    }

    private void push(int se, long sig) {
        s.top = (s.top - 1) & 7;
        put(0, se, sig);
    }

    private void pop(int count) {
        for (int i = 0; i < count; i++) {
            pop();
        }
    }

    // ---- exceptions ----

    private void c1(boolean set) {
        s.status = set ? s.status | STATUS_C1 : s.status & ~STATUS_C1;
    }

    /** Notes exceptions; true when the instruction must not take place. */
    private boolean raise(int flags) {
        int unmasked = flags & ~s.control & FloatExceptions.ALL;
        if (unmasked == 0) {
            s.status |= flags;
            return false;
        }
        boolean before = (unmasked & FloatExceptions.PRE_COMPUTATION) != 0;
        s.status |= (before ? flags & (FloatExceptions.PRE_COMPUTATION | STATUS_SF) : flags) | STATUS_ES | STATUS_B;
        return before;
    }

    private boolean stackUnderflow() {
        c1(false);
        return raise(FloatExceptions.INVALID | STATUS_SF);
    }

    private boolean stackOverflow() {
        boolean stop = raise(FloatExceptions.INVALID | STATUS_SF);
        c1(true);
        return stop;
    }

    /** Sets C1 and the exceptions of the last operation; true when its result must not be stored. */
    private boolean outcome() {
        boolean stop = raise(arithmetic.flags);
        c1(arithmetic.up && !stop);
        return stop;
    }

    private void prepare() {
        arithmetic.setControl(s.control);
    }

    // ---- arithmetic ----

    private void operate(int operation, int aSe, long a, int bSe, long b) {
        switch (operation) {
            case ADD -> arithmetic.add(aSe, a, bSe, b);
            case MUL -> arithmetic.multiply(aSe, a, bSe, b);
            case SUB -> arithmetic.subtract(aSe, a, bSe, b);
            case SUBR -> arithmetic.subtract(bSe, b, aSe, a);
            case DIV -> arithmetic.divide(aSe, a, bSe, b);
            default -> arithmetic.divide(bSe, b, aSe, a);
        }
    }

    /** ST(destination) = ST(destination) operation ST(source), then pops if asked. */
    public void arithmetic(int operation, int destination, int source, boolean pops) {
        prepare();
        if (empty(destination) || empty(source)) {
            if (stackUnderflow()) {
                return;
            }
            putIndefinite(destination);
        } else {
            operate(operation, se(destination), sig(destination), se(source), sig(source));
            if (outcome()) {
                return;
            }
            put(destination, arithmetic.signExponent, arithmetic.significand);
        }
        if (pops) {
            pop();
        }
    }

    private void arithmeticWithOperand(int operation) {
        prepare();
        if (empty(0)) {
            if (!stackUnderflow()) {
                putIndefinite(0);
            }
            return;
        }
        operate(operation, se(0), sig(0), operandSe, operand);
        arithmetic.memoryDenormal = false;
        if (!outcome()) {
            put(0, arithmetic.signExponent, arithmetic.significand);
        }
    }

    private void takeSingle(int bits) {
        operandSe = Float80.signExponentOfSingle(bits);
        operand = Float80.significandOfSingle(bits);
        arithmetic.memoryDenormal = (bits & 0x7f80_0000) == 0 && (bits & 0x7f_ffff) != 0;
    }

    private void takeDouble(long bits) {
        operandSe = Float80.signExponentOfDouble(bits);
        operand = Float80.significandOfDouble(bits);
        arithmetic.memoryDenormal = (bits & 0x7ff0_0000_0000_0000L) == 0 && (bits & 0xf_ffff_ffff_ffffL) != 0;
    }

    private void takeInteger(long value) {
        operandSe = Float80.signExponentOfInteger(value);
        operand = Float80.significandOfInteger(value);
    }

    /** FADD m32fp and its like. */
    public void arithmeticSingle(int operation, int bits) {
        takeSingle(bits);
        arithmeticWithOperand(operation);
        arithmetic.memoryDenormal = false;
    }

    /** FADD m64fp and its like. */
    public void arithmeticDouble(int operation, long bits) {
        takeDouble(bits);
        arithmeticWithOperand(operation);
        arithmetic.memoryDenormal = false;
    }

    /** FIADD m16int, m32int and their like. */
    public void arithmeticInteger(int operation, int value) {
        takeInteger(value);
        arithmeticWithOperand(operation);
    }

    // ---- comparison ----

    private void condition(int comparison) {
        int code = switch (comparison) {
            case ExtendedArithmetic.LESS -> STATUS_C0;
            case ExtendedArithmetic.EQUAL -> STATUS_C3;
            case ExtendedArithmetic.GREATER -> 0;
            default -> CONDITION;
        };
        s.status = (s.status & ~CONDITION) | code;
    }

    /** FCOM, FUCOM, FCOMP and their like: compares ST(0) with ST(i), then pops {@code pops} times. */
    public void compare(int i, boolean quiet, int pops) {
        if (empty(0) || empty(i)) {
            boolean stop = stackUnderflow();
            condition(ExtendedArithmetic.UNORDERED);
            if (!stop) {
                pop(pops);
            }
            return;
        }
        finishComparison(arithmetic.compare(se(0), sig(0), se(i), sig(i), quiet), pops);
    }

    private void finishComparison(int comparison, int pops) {
        boolean stop = raise(arithmetic.flags);
        c1(false);
        condition(comparison);
        if (!stop) {
            pop(pops);
        }
    }

    private void compareWithOperand(int pops) {
        if (empty(0)) {
            boolean stop = stackUnderflow();
            condition(ExtendedArithmetic.UNORDERED);
            if (!stop) {
                pop(pops);
            }
            return;
        }
        finishComparison(arithmetic.compare(se(0), sig(0), operandSe, operand, false), pops);
    }

    /** FCOM m32fp, FCOMP m32fp. */
    public void compareSingle(int bits, int pops) {
        takeSingle(bits);
        compareWithOperand(pops);
        arithmetic.memoryDenormal = false;
    }

    /** FCOM m64fp, FCOMP m64fp. */
    public void compareDouble(long bits, int pops) {
        takeDouble(bits);
        compareWithOperand(pops);
        arithmetic.memoryDenormal = false;
    }

    /** FICOM, FICOMP. */
    public void compareInteger(int value, int pops) {
        takeInteger(value);
        compareWithOperand(pops);
    }

    /** FTST. */
    public void test() {
        takeInteger(0);
        compareWithOperand(0);
    }

    /**
     * FCOMI, FUCOMI and their like.
     *
     * @return the comparison as {@link ExtendedArithmetic} names it, for EFLAGS
     */
    public int compareToFlags(int i, boolean quiet, boolean pops) {
        int comparison;
        boolean stop;
        if (empty(0) || empty(i)) {
            stop = stackUnderflow();
            comparison = ExtendedArithmetic.UNORDERED;
        } else {
            comparison = arithmetic.compare(se(0), sig(0), se(i), sig(i), quiet);
            stop = raise(arithmetic.flags);
            c1(false);
        }
        if (pops && !stop) {
            pop();
        }
        return comparison;
    }

    /** FXAM. */
    public void examine() {
        int se = se(0);
        long sig = sig(0);
        c1(Float80.isNegative(se));
        int code;
        if (empty(0)) {
            code = STATUS_C3 | STATUS_C0;
        } else if (Float80.isUnsupported(se, sig)) {
            code = 0;
        } else if (Float80.isNan(se, sig)) {
            code = STATUS_C0;
        } else if (Float80.isInfinity(se, sig)) {
            code = STATUS_C2 | STATUS_C0;
        } else if (Float80.isZero(se, sig)) {
            code = STATUS_C3;
        } else if (Float80.isDenormal(se, sig)) {
            code = STATUS_C3 | STATUS_C2;
        } else {
            code = STATUS_C2;
        }
        s.status = (s.status & ~CONDITION) | code;
    }

    // ---- loads ----

    /** Makes room for a push; false when the instruction is over. */
    private boolean roomToPush() {
        if (!empty(7)) {
            if (!stackOverflow()) {
                push(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
            }
            return false;
        }
        return true;
    }

    private void pushConverted() {
        // A denormal is loaded even where that exception is unmasked; an SNaN is not.
        outcome();
        if ((arithmetic.flags & ~s.control & FloatExceptions.INVALID) == 0) {
            push(arithmetic.signExponent, arithmetic.significand);
        }
    }

    /** FLD m32fp. */
    public void loadSingle(int bits) {
        if (roomToPush()) {
            arithmetic.fromSingle(bits);
            pushConverted();
        }
    }

    /** FLD m64fp. */
    public void loadDouble(long bits) {
        if (roomToPush()) {
            arithmetic.fromDouble(bits);
            pushConverted();
        }
    }

    /** FLD m80fp: any bits, no exception but the stack's. */
    public void loadExtended(int se, long sig) {
        if (roomToPush()) {
            c1(false);
            push(se & 0xffff, sig);
        }
    }

    /** FILD. */
    public void loadInteger(long value) {
        loadExtended(Float80.signExponentOfInteger(value), Float80.significandOfInteger(value));
    }

    /** FBLD: 18 digits in {@code high}'s two and {@code low}'s sixteen, the sign in bit 15 of {@code high}. */
    public void loadBcd(long low, int high) {
        long value = 0;
        for (int shift = 4; shift >= 0; shift -= 4) {
            value = value * 10 + ((high >>> shift) & 0xf);
        }
        for (int shift = 60; shift >= 0; shift -= 4) {
            value = value * 10 + ((low >>> shift) & 0xf);
        }
        int sign = high & Float80.SIGN;
        loadExtended(Float80.signExponentOfInteger(value) | sign, Float80.significandOfInteger(value));
    }

    /** FLD ST(i). */
    public void loadRegister(int i) {
        if (!roomToPush()) {
            return;
        }
        if (empty(i)) {
            if (!stackUnderflow()) {
                push(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
            }
            return;
        }
        c1(false);
        push(se(i), sig(i));
    }

    /** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: {@code which} 0..6, as the opcodes D9 E8..EE go. */
    public void loadConstant(int which) {
        if (!roomToPush()) {
            return;
        }
        c1(false);
        int mode = (s.control >>> 10) & 3;
        boolean down = mode == RoundingControl.DOWN || mode == RoundingControl.ZERO;
        switch (which) {
            case 0 -> push(Float80.ONE, Float80.INTEGER_BIT);
            case 1 -> push(0x4000, mode == RoundingControl.UP ? 0xd49a_784b_cd1b_8affL : 0xd49a_784b_cd1b_8afeL);
            case 2 -> push(0x3fff, down ? 0xb8aa_3b29_5c17_f0bbL : 0xb8aa_3b29_5c17_f0bcL);
            case 3 -> push(0x4000, down ? 0xc90f_daa2_2168_c234L : 0xc90f_daa2_2168_c235L);
            case 4 -> push(0x3ffd, down ? 0x9a20_9a84_fbcf_f798L : 0x9a20_9a84_fbcf_f799L);
            case 5 -> push(0x3ffe, down ? 0xb172_17f7_d1cf_79abL : 0xb172_17f7_d1cf_79acL);
            default -> push(0, 0);
        }
    }

    // ---- stores ----

    /**
     * Whether a store from ST(0) may go on. An empty register stores {@link #stored} as the caller set it, an indefinite;
     * unmasked, nothing.
     */
    private boolean storeUnderflow() {
        storeFlags = FloatExceptions.INVALID | STATUS_SF;
        storeUp = false;
        return (s.control & FloatExceptions.INVALID) != 0;
    }

    private boolean prepareStore() {
        storeFlags = arithmetic.flags;
        storeUp = arithmetic.up;
        // A store to memory with an unmasked overflow or underflow writes nothing, as with those found beforehand.
        int preventing = FloatExceptions.PRE_COMPUTATION | FloatExceptions.OVERFLOW | FloatExceptions.UNDERFLOW;
        return (storeFlags & ~s.control & preventing) == 0;
    }

    /**
     * FST m32fp, FSTP m32fp: prepares {@link #stored}.
     *
     * @return whether memory is to be written; {@link #finishStore} in both cases
     */
    public boolean storeSingle() {
        prepare();
        if (empty(0)) {
            stored = 0xffc0_0000L;
            return storeUnderflow();
        }
        stored = arithmetic.toSingle(se(0), sig(0));
        return prepareStore();
    }

    /** FST m64fp, FSTP m64fp, as {@link #storeSingle}. */
    public boolean storeDouble() {
        prepare();
        if (empty(0)) {
            stored = 0xfff8_0000_0000_0000L;
            return storeUnderflow();
        }
        stored = arithmetic.toDouble(se(0), sig(0));
        return prepareStore();
    }

    /** FSTP m80fp, as {@link #storeSingle}. */
    public boolean storeExtended() {
        if (empty(0)) {
            storedHigh = Float80.INDEFINITE_SIGN_EXPONENT;
            stored = Float80.INDEFINITE_SIGNIFICAND;
            return storeUnderflow();
        }
        storedHigh = se(0);
        stored = sig(0);
        storeFlags = 0;
        storeUp = false;
        return true;
    }

    /** FIST, FISTP, FISTTP to {@code bits} bits, as {@link #storeSingle}. */
    public boolean storeInteger(int bits, boolean chop) {
        prepare();
        if (empty(0)) {
            stored = -1L << (bits - 1);
            return storeUnderflow();
        }
        stored = arithmetic.toInteger(se(0), sig(0), bits, chop ? RoundingControl.ZERO : arithmetic.mode());
        return prepareStore();
    }

    /** FBSTP, as {@link #storeSingle}; 80 bits in {@link #stored} and {@link #storedHigh}. */
    public boolean storeBcd() {
        prepare();
        if (empty(0)) {
            stored = 0xc000_0000_0000_0000L;
            storedHigh = 0xffff;
            return storeUnderflow();
        }
        int se = se(0);
        long value = Math.abs(arithmetic.toInteger(se, sig(0), 64, arithmetic.mode()));
        if (value > 999_999_999_999_999_999L || value < 0) {
            arithmetic.flags = FloatExceptions.INVALID;
            arithmetic.up = false;
            stored = 0xc000_0000_0000_0000L;
            storedHigh = 0xffff;
            return prepareStore();
        }
        stored = 0;
        for (int shift = 0; shift < 64; shift += 4) {
            stored |= (value % 10) << shift;
            value /= 10;
        }
        storedHigh = (int) ((value % 10) | ((value / 10) << 4)) | (se & Float80.SIGN);
        return prepareStore();
    }

    /** Ends a store to memory: notes its exceptions and pops if asked and not prevented. */
    public void finishStore(boolean written, boolean pops) {
        c1(storeUp && written);
        raise(storeFlags);
        if (written && pops) {
            pop();
        }
    }

    /** FST ST(i), FSTP ST(i). */
    public void storeRegister(int i, boolean pops) {
        if (empty(0)) {
            if (stackUnderflow()) {
                return;
            }
            putIndefinite(i);
        } else {
            c1(false);
            put(i, se(0), sig(0));
        }
        if (pops) {
            pop();
        }
    }

    // ---- registers ----

    /** FXCH ST(i). */
    public void exchange(int i) {
        if (empty(0) || empty(i)) {
            if (stackUnderflow()) {
                return;
            }
            if (empty(0)) {
                putIndefinite(0);
            }
            if (empty(i)) {
                putIndefinite(i);
            }
        } else {
            c1(false);
        }
        int se = se(0);
        long sig = sig(0);
        put(0, se(i), sig(i));
        put(i, se, sig);
    }

    /** FCMOVcc ST(0), ST(i). */
    public void conditionalMove(int i, boolean condition) {
        if (empty(0) || empty(i)) {
            if (!stackUnderflow()) {
                putIndefinite(0);
            }
            return;
        }
        if (condition) {
            put(0, se(i), sig(i));
        }
    }

    /** FCHS. */
    public void changeSign() {
        sign(se(0) ^ Float80.SIGN);
    }

    /** FABS. */
    public void absolute() {
        sign(se(0) & Float80.EXPONENT);
    }

    private void sign(int se) {
        if (empty(0)) {
            if (!stackUnderflow()) {
                putIndefinite(0);
            }
            return;
        }
        c1(false);
        put(0, se, sig(0));
    }

    /** FFREE ST(i), FFREEP ST(i). */
    public void free(int i, boolean pops) {
        s.valid &= ~(1 << physical(i));
        c1(false);
        if (pops) {
            pop();
        }
    }

    /** FINCSTP (+1), FDECSTP (-1). */
    public void rotate(int by) {
        s.top = (s.top + by) & 7;
        c1(false);
    }

    // ---- one operand ----

    private boolean missingOperand() {
        prepare();
        if (empty(0)) {
            if (!stackUnderflow()) {
                putIndefinite(0);
            }
            return true;
        }
        return false;
    }

    private void putResult() {
        if (!outcome()) {
            put(0, arithmetic.signExponent, arithmetic.significand);
        }
    }

    /** FSQRT. */
    public void squareRoot() {
        if (!missingOperand()) {
            arithmetic.squareRoot(se(0), sig(0));
            putResult();
        }
    }

    /** FRNDINT. */
    public void roundToInteger() {
        if (!missingOperand()) {
            arithmetic.roundToInteger(se(0), sig(0));
            putResult();
        }
    }

    /** F2XM1. */
    public void exponential() {
        if (!missingOperand()) {
            transcendental.exponential(se(0), sig(0));
            putResult();
        }
    }

    /** FSIN, FCOS: C2 when ST(0) is out of range. */
    public void sine(boolean cosine) {
        s.status &= ~STATUS_C2;
        if (missingOperand()) {
            return;
        }
        if (transcendental.outOfRange(se(0), sig(0))) {
            s.status |= STATUS_C2;
            c1(false);
            return;
        }
        transcendental.sine(se(0), sig(0), cosine);
        putResult();
    }

    /** FSINCOS, FPTAN: replaces ST(0) and pushes. */
    public void sineAndPush(boolean tangent) {
        prepare();
        s.status &= ~STATUS_C2;
        if (empty(0) || !empty(7)) {
            boolean stop = empty(0) ? stackUnderflow() : stackOverflow();
            if (!stop) {
                putIndefinite(0);
                push(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
            }
            return;
        }
        int se = se(0);
        long sig = sig(0);
        if (transcendental.outOfRange(se, sig)) {
            s.status |= STATUS_C2;
            c1(false);
            return;
        }
        if (tangent) {
            transcendental.tangent(se, sig);
            if (outcome()) {
                return;
            }
            put(0, arithmetic.signExponent, arithmetic.significand);
            if (Float80.isNan(arithmetic.signExponent, arithmetic.significand)) {
                push(arithmetic.signExponent, arithmetic.significand);
            } else {
                push(Float80.ONE, Float80.INTEGER_BIT);
            }
            return;
        }
        transcendental.sine(se, sig, false);
        if (outcome()) {
            return;
        }
        put(0, arithmetic.signExponent, arithmetic.significand);
        transcendental.sine(se, sig, true);
        outcome();
        push(arithmetic.signExponent, arithmetic.significand);
    }

    /** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
    public void extract() {
        prepare();
        if (empty(0) || !empty(7)) {
            boolean stop = empty(0) ? stackUnderflow() : stackOverflow();
            if (!stop) {
                putIndefinite(0);
                push(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
            }
            return;
        }
        arithmetic.extract(se(0), sig(0));
        if (outcome()) {
            return;
        }
        put(0, arithmetic.extractedSignExponent, arithmetic.extractedSignificand);
        push(arithmetic.signExponent, arithmetic.significand);
    }

    // ---- two operands, ST(0) and ST(1) ----

    private boolean missingOperands(boolean pops) {
        prepare();
        if (empty(0) || empty(1)) {
            if (!stackUnderflow()) {
                putIndefinite(pops ? 1 : 0);
                if (pops) {
                    pop();
                }
            }
            return true;
        }
        return false;
    }

    /** FSCALE. */
    public void scale() {
        if (!missingOperands(false)) {
            arithmetic.scale(se(0), sig(0), se(1), sig(1));
            putResult();
        }
    }

    /** FPREM, FPREM1 ({@code nearest}). */
    public void remainder(boolean nearest) {
        s.status &= ~STATUS_C2;
        if (missingOperands(false)) {
            return;
        }
        arithmetic.remainder(se(0), sig(0), se(1), sig(1), nearest);
        if (outcome()) {
            return;
        }
        put(0, arithmetic.signExponent, arithmetic.significand);
        if (Float80.isNan(arithmetic.signExponent, arithmetic.significand)) {
            return;
        }
        int quotient = arithmetic.quotientBits;
        s.status &= ~CONDITION;
        if (arithmetic.partial) {
            s.status |= STATUS_C2;
        } else {
            s.status |= ((quotient & 4) != 0 ? STATUS_C0 : 0) | ((quotient & 2) != 0 ? STATUS_C3 : 0);
            c1((quotient & 1) != 0);
        }
    }

    /** FYL2X, FYL2XP1 ({@code plusOne}), FPATAN: the result replaces ST(1), ST(0) is popped. */
    public void logarithm(boolean plusOne) {
        if (!missingOperands(true)) {
            transcendental.logarithm(se(0), sig(0), se(1), sig(1), plusOne);
            putAndPop();
        }
    }

    /** FPATAN. */
    public void arctangent() {
        if (!missingOperands(true)) {
            transcendental.arctangent(se(1), sig(1), se(0), sig(0));
            putAndPop();
        }
    }

    private void putAndPop() {
        if (!outcome()) {
            put(1, arithmetic.signExponent, arithmetic.significand);
            pop();
        }
    }

    // ---- control ----

    /** FNCLEX. */
    public void clearExceptions() {
        s.status &= CONDITION | STATUS_C1;
    }
}

package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/**
 * MUL, IMUL, DIV and IDIV. The double-width operand is rDX:rAX, or AX for bytes.
 *
 * <p>SDM 2 leaves SF, ZF, AF and PF undefined after a multiplication, where AMD's processors keep them, and all status
 * flags after a division, where AMD's keep CF and OF, set AF and clear the others.
 */
final class Multiplication {
    private final Processor cpu;
    private final CpuState state;
    private final Flags flags;
    private final Operands operands;

    Multiplication(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        flags = cpu.state.flags;
        operands = cpu.operands;
    }

    void mul(Instruction i) {
        long x = operands.register(CpuState.RAX, i.size);
        long y = operands.get(i, i.a, i.size);
        long low = x * y;
        long high = i.size == 8 ? Math.unsignedMultiplyHigh(x, y) : high(low, i.size);
        setDouble(i.size, high, low);
        multiplied(high != 0);
    }

    void imul(Instruction i) {
        if (i.b == Operand.NONE) {
            imulDouble(i);
            return;
        }
        boolean three = i.c != Operand.NONE;
        long x = operands.get(i, three ? i.b : i.a, i.size);
        long y = operands.get(i, three ? i.c : i.b, i.size);
        long sx = Operands.signExtend(x, i.size);
        long sy = Operands.signExtend(y, i.size);
        long product = sx * sy;
        boolean lost = i.size == 8
                ? Math.multiplyHigh(sx, sy) != product >> 63
                : Operands.signExtend(product, i.size) != product;
        operands.set(i, i.a, i.size, product);
        multiplied(lost);
    }

    private void imulDouble(Instruction i) {
        long x = Operands.signExtend(operands.register(CpuState.RAX, i.size), i.size);
        long y = Operands.signExtend(operands.get(i, i.a, i.size), i.size);
        long low = x * y;
        long high = i.size == 8 ? Math.multiplyHigh(x, y) : high(low, i.size);
        setDouble(i.size, high, low);
        boolean lost = i.size == 8 ? high != low >> 63 : Operands.signExtend(low, i.size) != low;
        multiplied(lost);
    }

    /** CF and OF tell whether the upper half is significant. */
    private void multiplied(boolean significant) {
        flags.setCfOf(significant, significant);
    }

    private static long high(long product, int size) {
        return product >>> (size * 8);
    }

    private void setDouble(int size, long high, long low) {
        if (size == 1) {
            operands.setRegister(CpuState.RAX, 2, low);
            return;
        }
        operands.setRegister(CpuState.RAX, size, low);
        operands.setRegister(CpuState.RDX, size, high);
    }

    void div(Instruction i) {
        long divisor = operands.get(i, i.a, i.size);
        if (i.size == 8) {
            divide128(divisor);
            return;
        }
        long dividend = dividend(i.size);
        if (divisor == 0) {
            throw divideError();
        }
        long quotient = Long.divideUnsigned(dividend, divisor);
        if (Long.compareUnsigned(quotient, Operands.mask(i.size)) > 0) {
            throw divideError();
        }
        setQuotient(i.size, quotient, Long.remainderUnsigned(dividend, divisor));
    }

    void idiv(Instruction i) {
        long divisor = Operands.signExtend(operands.get(i, i.a, i.size), i.size);
        if (i.size == 8) {
            divideSigned128(divisor);
            return;
        }
        long dividend = Operands.signExtend(dividend(i.size), i.size * 2);
        if (divisor == 0) {
            throw divideError();
        }
        // The most negative dividend by -1 overflows in Java too: to a value that the check below rejects as well.
        long quotient = dividend / divisor;
        if (Operands.signExtend(quotient, i.size) != quotient) {
            throw divideError();
        }
        setQuotient(i.size, quotient, dividend % divisor);
    }

    private long dividend(int size) {
        if (size == 1) {
            return operands.register(CpuState.RAX, 2);
        }
        return (operands.register(CpuState.RDX, size) << (size * 8)) | operands.register(CpuState.RAX, size);
    }

    private void setQuotient(int size, long quotient, long remainder) {
        flags.setStatus(Flags.AF, Flags.STATUS & ~(Flags.CF | Flags.OF));
        if (size == 1) {
            operands.setRegister(CpuState.RAX, 2, (quotient & 0xff) | ((remainder & 0xff) << 8));
            return;
        }
        operands.setRegister(CpuState.RAX, size, quotient);
        operands.setRegister(CpuState.RDX, size, remainder);
    }

    private void divide128(long divisor) {
        long high = state.r[CpuState.RDX];
        long low = state.r[CpuState.RAX];
        // A quotient of more than 64 bits, or division by 0.
        if (Long.compareUnsigned(high, divisor) >= 0) {
            throw divideError();
        }
        long quotient = quotient128(high, low, divisor);
        setQuotient(8, quotient, low - quotient * divisor);
    }

    private void divideSigned128(long divisor) {
        long high = state.r[CpuState.RDX];
        long low = state.r[CpuState.RAX];
        boolean negativeDividend = high < 0;
        if (negativeDividend) {
            low = -low;
            high = ~high + (low == 0 ? 1 : 0);
        }
        // As an unsigned number, the negation of the most negative divisor is its magnitude too.
        long magnitude = divisor < 0 ? -divisor : divisor;
        if (Long.compareUnsigned(high, magnitude) >= 0) {
            throw divideError();
        }
        long quotient = quotient128(high, low, magnitude);
        long remainder = low - quotient * magnitude;
        boolean negative = negativeDividend != (divisor < 0);
        // A magnitude of 2^63 fits only a negative quotient.
        if (quotient < 0 && !(negative && quotient == Long.MIN_VALUE)) {
            throw divideError();
        }
        setQuotient(8, negative ? -quotient : quotient, negativeDividend ? -remainder : remainder);
    }

    /**
     * The quotient of the 128-bit number high:low by a divisor above {@code high}, all unsigned: two digits of 32 bits, as
     * in D. Knuth, "The Art of Computer Programming", volume 2, algorithm 4.3.1 D.
     */
    private static long quotient128(long high, long low, long divisor) {
        if (high == 0) {
            return Long.divideUnsigned(low, divisor);
        }
        // The top bit of the divisor set, so that a digit's first guess is at most 2 too large.
        int shift = Long.numberOfLeadingZeros(divisor);
        long d = divisor << shift;
        long top = (high << shift) | (low >>> 1 >>> (63 - shift));
        long rest = low << shift;
        long first = digit(top, rest >>> 32, d);
        long remainder = ((top << 32) | (rest >>> 32)) - first * d;
        return (first << 32) | digit(remainder, rest & 0xffff_ffffL, d);
    }

    /** The quotient, below 2^32, of {@code high} * 2^32 + {@code next} by a normalized divisor above {@code high}. */
    private static long digit(long high, long next, long divisor) {
        long top = divisor >>> 32;
        long bottom = divisor & 0xffff_ffffL;
        long digit = Long.divideUnsigned(high, top);
        long remainder = high - digit * top;
        while (digit >>> 32 != 0 || Long.compareUnsigned(digit * bottom, (remainder << 32) | next) > 0) {
            digit--;
            remainder += top;
            if (remainder >>> 32 != 0) {
                break;
            }
        }
        return digit;
    }

    private GuestFault divideError() {
        return cpu.fault(Vector.DE);
    }
}

package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.Flags;

/**
 * Shifts and rotates. A count is taken modulo 32, or modulo 64 for 64-bit operands; a count of 0 changes nothing, but a
 * 32-bit register is still written.
 *
 * <p>SDM 2 leaves OF undefined for counts other than 1, AF after shifts, and all of SHLD and SHRD for a count beyond a
 * 16-bit operand. AMD's processors compute OF as for a count of 1, from the last two states of the sign, and set AF.
 */
final class Shifts {
    private final Flags flags;
    private final Operands operands;

    Shifts(Processor cpu) {
        flags = cpu.state.flags;
        operands = cpu.operands;
    }

    private int count(Instruction i, int operand) {
        return (int) operands.get(i, operand, 1) & (i.size == 8 ? 63 : 31);
    }

    private long destination(Instruction i) {
        return operands.getForUpdate(i, i.a, i.size);
    }

    private static long bit(long value, int number) {
        return (value >>> number) & 1;
    }

    void shl(Instruction i) {
        long x = destination(i);
        int count = count(i, i.b);
        int width = i.size * 8;
        long result = x << count;
        operands.set(i, i.a, i.size, result);
        if (count == 0) {
            return;
        }
        boolean carry = count <= width && bit(x, width - count) != 0;
        shifted(i.size, result, carry, carry != (bit(result, width - 1) != 0));
    }

    void shr(Instruction i) {
        long x = destination(i);
        int count = count(i, i.b);
        int width = i.size * 8;
        long result = x >>> count;
        operands.set(i, i.a, i.size, result);
        if (count != 0) {
            shifted(i.size, result, bit(x, count - 1) != 0, signChanges(result, width));
        }
    }

    void sar(Instruction i) {
        long x = Operands.signExtend(destination(i), i.size);
        int count = count(i, i.b);
        long result = x >> count;
        operands.set(i, i.a, i.size, result);
        if (count != 0) {
            shifted(i.size, result, bit(x, count - 1) != 0, false);
        }
    }

    private void shifted(int size, long result, boolean carry, boolean overflow) {
        flags.logic(Operands.signExtend(result, size));
        flags.setCfOf(carry, overflow);
        flags.setAf(true);
    }

    /** Whether the two upper bits differ: a shift right by one changed the sign. */
    private static boolean signChanges(long result, int width) {
        return bit(result ^ (result << 1), width - 1) != 0;
    }

    void rol(Instruction i) {
        long x = destination(i);
        int count = count(i, i.b);
        int width = i.size * 8;
        int turn = count & (width - 1);
        long result = turn == 0 ? x : (x << turn) | (x >>> (width - turn));
        operands.set(i, i.a, i.size, result);
        if (count != 0) {
            boolean carry = bit(result, 0) != 0;
            flags.setCfOf(carry, carry != (bit(result, width - 1) != 0));
        }
    }

    void ror(Instruction i) {
        long x = destination(i);
        int count = count(i, i.b);
        int width = i.size * 8;
        int turn = count & (width - 1);
        long result = turn == 0 ? x : (x >>> turn) | (x << (width - turn));
        operands.set(i, i.a, i.size, result);
        if (count != 0) {
            flags.setCfOf(bit(result, width - 1) != 0, signChanges(result, width));
        }
    }

    void rcl(Instruction i) {
        long x = destination(i);
        int width = i.size * 8;
        int count = count(i, i.b);
        int turn = count % (width + 1);
        long carryIn = flags.cf() ? 1 : 0;
        long result = x;
        if (turn != 0) {
            long wrapped = turn == 1 ? 0 : x >>> (width + 1 - turn);
            result = (turn == 64 ? 0 : x << turn) | (carryIn << (turn - 1)) | wrapped;
        }
        operands.set(i, i.a, i.size, result);
        if (count != 0) {
            boolean carry = turn == 0 ? flags.cf() : bit(x, width - turn) != 0;
            flags.setCfOf(carry, carry != (bit(result, width - 1) != 0));
        }
    }

    void rcr(Instruction i) {
        long x = destination(i);
        int width = i.size * 8;
        int count = count(i, i.b);
        int turn = count % (width + 1);
        long carryIn = flags.cf() ? 1 : 0;
        long result = x;
        if (turn != 0) {
            long wrapped = turn == 1 ? 0 : x << (width + 1 - turn);
            result = (turn == 64 ? 0 : x >>> turn) | (carryIn << (width - turn)) | wrapped;
        }
        operands.set(i, i.a, i.size, result);
        if (count != 0) {
            flags.setCfOf(turn == 0 ? flags.cf() : bit(x, turn - 1) != 0, signChanges(result, width));
        }
    }

    void shld(Instruction i) {
        long x = destination(i);
        int count = count(i, i.c);
        int width = i.size * 8;
        if (count == 0) {
            operands.set(i, i.a, i.size, x);
            return;
        }
        long y = operands.get(i, i.b, i.size);
        if (count > width) {
            beyond(i, (y << (count - width)) | (y >>> (2 * width - count)), false);
            return;
        }
        long result = (x << count) | (y >>> (width - count));
        operands.set(i, i.a, i.size, result);
        boolean carry = bit(x, width - count) != 0;
        // The sign that the destination alone would have: none is left of 16 bits after 16.
        shifted(i.size, result, carry, carry != (bit(x << count, width - 1) != 0));
    }

    void shrd(Instruction i) {
        long x = destination(i);
        int count = count(i, i.c);
        int width = i.size * 8;
        if (count == 0) {
            operands.set(i, i.a, i.size, x);
            return;
        }
        long y = operands.get(i, i.b, i.size);
        if (count > width) {
            long result = (y >>> (count - width)) | (y << (2 * width - count));
            beyond(i, result, signChanges(result, width));
            return;
        }
        long result = (x >>> count) | (y << (width - count));
        operands.set(i, i.a, i.size, result);
        shifted(i.size, result, bit(x, count - 1) != 0, signChanges(result, width));
    }

    /** Sixteen bits, by 17 to 31: the source is shifted out behind itself, as AMD's processors do. */
    private void beyond(Instruction i, long result, boolean overflow) {
        operands.set(i, i.a, i.size, result);
        shifted(i.size, result, false, overflow);
    }

    // ---- without flags: BMI2 ----

    private int countX(Instruction i, int operand) {
        return (int) operands.get(i, operand, i.size) & (i.size == 8 ? 63 : 31);
    }

    void rorx(Instruction i) {
        long x = operands.get(i, i.b, i.size);
        int turn = countX(i, i.c);
        operands.set(i, i.a, i.size, turn == 0 ? x : (x >>> turn) | (x << (i.size * 8 - turn)));
    }

    void sarx(Instruction i) {
        operands.set(i, i.a, i.size, Operands.signExtend(operands.get(i, i.b, i.size), i.size) >> countX(i, i.c));
    }

    void shlx(Instruction i) {
        operands.set(i, i.a, i.size, operands.get(i, i.b, i.size) << countX(i, i.c));
    }

    void shrx(Instruction i) {
        operands.set(i, i.a, i.size, operands.get(i, i.b, i.size) >>> countX(i, i.c));
    }
}

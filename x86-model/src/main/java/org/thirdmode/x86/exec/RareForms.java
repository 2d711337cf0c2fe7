package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;

/**
 * Fast forms that are not frequent enough to stand in the run loop, which must stay small: divisions, single bits,
 * exchanges, and the 8- and 16-bit arithmetic that compilers avoid. They touch registers and status flags only; the run
 * loop has read a memory operand before. What could fault is left to the second level.
 */
final class RareForms {
    private static final long LOW32 = 0xffff_ffffL;

    /** CF and what makes OF of it, AF: bits of {@link Flags#aux}. */
    private static final int TOP2 = 3 << 30;

    private static final int AF = 1 << 3;

    private RareForms() {}

    /**
     * Executes an instruction with a form from {@link Forms#FIRST_RARE} on.
     *
     * @param source its register or immediate source
     * @param m its memory operand if it has one, else {@code source}
     * @return whether it has been executed; if not, nothing has changed, and the second level must execute it
     */
    static boolean execute(Instruction i, long source, long m, long[] r, Flags flags) {
        switch (i.form) {
            case Forms.DIV_32 -> {
                return div32(m & LOW32, r, flags);
            }
            case Forms.DIV_64 -> {
                return div64(m, r, flags);
            }
            case Forms.IDIV_32 -> {
                return idiv32((int) m, r, flags);
            }
            case Forms.IDIV_64 -> {
                return idiv64(m, r, flags);
            }
            case Forms.MUL_32 -> {
                long product = (r[CpuState.RAX] & LOW32) * (m & LOW32);
                multiplied(product & LOW32, product >>> 32, product >>> 32 != 0, r, flags);
            }
            case Forms.MUL_64 -> {
                long high = Math.unsignedMultiplyHigh(r[CpuState.RAX], m);
                multiplied(r[CpuState.RAX] * m, high, high != 0, r, flags);
            }
            case Forms.IMUL1_32 -> {
                long product = (long) (int) r[CpuState.RAX] * (int) m;
                multiplied(product & LOW32, product >>> 32, product != (int) product, r, flags);
            }
            case Forms.IMUL1_64 -> {
                long low = r[CpuState.RAX] * m;
                long high = Math.multiplyHigh(r[CpuState.RAX], m);
                multiplied(low, high, high != low >> 63, r, flags);
            }
            case Forms.BT -> flags.setCf(((i.load == 0 ? r[i.a] : m) & bit(i, source)) != 0);
            case Forms.BTS -> {
                flags.setCf((r[i.a] & bit(i, source)) != 0);
                set(i, r, r[i.a] | bit(i, source));
            }
            case Forms.BTR -> {
                flags.setCf((r[i.a] & bit(i, source)) != 0);
                set(i, r, r[i.a] & ~bit(i, source));
            }
            case Forms.BTC -> {
                flags.setCf((r[i.a] & bit(i, source)) != 0);
                set(i, r, r[i.a] ^ bit(i, source));
            }
            case Forms.BSWAP_32 -> r[i.a] = Integer.reverseBytes((int) r[i.a]) & LOW32;
            case Forms.BSWAP_64 -> r[i.a] = Long.reverseBytes(r[i.a]);
            case Forms.CWDE -> r[CpuState.RAX] = (short) r[CpuState.RAX] & LOW32;
            case Forms.CDQE -> r[CpuState.RAX] = (int) r[CpuState.RAX];
            case Forms.CDQ -> r[CpuState.RDX] = ((int) r[CpuState.RAX] >> 31) & LOW32;
            case Forms.CQO -> r[CpuState.RDX] = r[CpuState.RAX] >> 63;
            case Forms.XCHG_32 -> {
                long a = r[i.a] & LOW32;
                r[i.a] = r[i.b] & LOW32;
                r[i.b] = a;
            }
            case Forms.XCHG_64 -> {
                long a = r[i.a];
                r[i.a] = r[i.b];
                r[i.b] = a;
            }
            case Forms.MOVZX_HIGH -> r[i.a] = operand(r, i, i.b, m) & 0xff;
            default -> narrow(i, m, r, flags);
        }
        return true;
    }

    // ---- multiplication and division: flags as exec.general.Multiplication has them ----

    private static void multiplied(long low, long high, boolean significant, long[] r, Flags flags) {
        r[CpuState.RAX] = low;
        r[CpuState.RDX] = high;
        flags.setCfOf(significant, significant);
    }

    private static boolean div32(long divisor, long[] r, Flags flags) {
        long dividend = (r[CpuState.RDX] << 32) | (r[CpuState.RAX] & LOW32);
        // True of a divisor of 0 too, as of every quotient of more than 32 bits.
        if (dividend >>> 32 >= divisor) {
            return false;
        }
        long quotient = Long.divideUnsigned(dividend, divisor);
        divided(quotient, dividend - quotient * divisor, r, flags);
        return true;
    }

    private static boolean div64(long divisor, long[] r, Flags flags) {
        long dividend = r[CpuState.RAX];
        if (r[CpuState.RDX] != 0 || divisor == 0) {
            return false;
        }
        long quotient = Long.divideUnsigned(dividend, divisor);
        divided(quotient, dividend - quotient * divisor, r, flags);
        return true;
    }

    private static boolean idiv32(int divisor, long[] r, Flags flags) {
        long dividend = (r[CpuState.RDX] << 32) | (r[CpuState.RAX] & LOW32);
        if (divisor == 0) {
            return false;
        }
        long quotient = dividend / divisor;
        if (quotient != (int) quotient) {
            return false;
        }
        divided(quotient & LOW32, (dividend - quotient * divisor) & LOW32, r, flags);
        return true;
    }

    private static boolean idiv64(long divisor, long[] r, Flags flags) {
        long dividend = r[CpuState.RAX];
        if (r[CpuState.RDX] != dividend >> 63 || divisor == 0 || divisor == -1) {
            return false;
        }
        long quotient = dividend / divisor;
        divided(quotient, dividend - quotient * divisor, r, flags);
        return true;
    }

    /** CF and OF stay, AF is set, the others are clear: the result 1 has no ZF, SF or PF. */
    private static void divided(long quotient, long remainder, long[] r, Flags flags) {
        r[CpuState.RAX] = quotient;
        r[CpuState.RDX] = remainder;
        flags.result = 1;
        flags.aux = (flags.aux & TOP2) | AF;
    }

    // ---- single bits ----

    private static long bit(Instruction i, long source) {
        return 1L << ((int) source & (i.size * 8 - 1));
    }

    private static void set(Instruction i, long[] r, long value) {
        switch (i.size) {
            case 2 -> r[i.a] = (r[i.a] & ~0xffffL) | (value & 0xffff);
            case 4 -> r[i.a] = value & LOW32;
            default -> r[i.a] = value;
        }
    }

    // ---- 8 and 16 bits ----

    /** An operand, with anything above its size: a register, bits 15:8 of one, memory or an immediate. */
    private static long operand(long[] r, Instruction i, int operand, long m) {
        if (operand < Operand.HIGH_BYTE) {
            return r[operand];
        }
        if (operand < Operand.MEMORY) {
            return r[operand - Operand.HIGH_BYTE] >>> 8;
        }
        return operand == Operand.MEMORY ? m : i.immediate;
    }

    private static void setNarrow(Instruction i, long[] r, long value) {
        if (i.a >= Operand.HIGH_BYTE) {
            int register = i.a - Operand.HIGH_BYTE;
            r[register] = (r[register] & ~0xff00L) | ((value & 0xff) << 8);
        } else {
            long mask = i.size == 1 ? 0xff : 0xffff;
            r[i.a] = (r[i.a] & ~mask) | (value & mask);
        }
    }

    private static void narrow(Instruction i, long m, long[] r, Flags flags) {
        int size = i.size;
        long x = operand(r, i, i.a, m);
        long y = operand(r, i, i.b, m);
        switch (i.form) {
            case Forms.ADD_NARROW -> {
                setNarrow(i, r, x + y);
                flags.add(size, x, y, x + y);
            }
            case Forms.ADC_NARROW -> {
                long sum = x + y + (flags.aux >>> 31);
                setNarrow(i, r, sum);
                flags.add(size, x, y, sum);
            }
            case Forms.SUB_NARROW -> {
                setNarrow(i, r, x - y);
                flags.subtract(size, x, y, x - y);
            }
            case Forms.SBB_NARROW -> {
                long difference = x - y - (flags.aux >>> 31);
                setNarrow(i, r, difference);
                flags.subtract(size, x, y, difference);
            }
            case Forms.CMP_NARROW -> flags.subtract(size, x, y, x - y);
            case Forms.AND_NARROW -> setLogic(i, r, flags, x & y);
            case Forms.OR_NARROW -> setLogic(i, r, flags, x | y);
            case Forms.XOR_NARROW -> setLogic(i, r, flags, x ^ y);
            case Forms.TEST_NARROW -> logic(size, flags, x & y);
            case Forms.INC_NARROW -> {
                boolean carry = flags.cf();
                setNarrow(i, r, x + 1);
                flags.add(size, x, 1, x + 1);
                flags.setCf(carry);
            }
            case Forms.DEC_NARROW -> {
                boolean carry = flags.cf();
                setNarrow(i, r, x - 1);
                flags.subtract(size, x, 1, x - 1);
                flags.setCf(carry);
            }
            case Forms.NEG_NARROW -> {
                setNarrow(i, r, -x);
                flags.subtract(size, 0, x, -x);
            }
            case Forms.NOT_NARROW -> setNarrow(i, r, ~x);
            default -> setNarrow(i, r, y);
        }
    }

    private static void setLogic(Instruction i, long[] r, Flags flags, long value) {
        setNarrow(i, r, value);
        logic(i.size, flags, value);
    }

    private static void logic(int size, Flags flags, long value) {
        flags.logic(size == 1 ? (byte) value : (short) value);
    }
}

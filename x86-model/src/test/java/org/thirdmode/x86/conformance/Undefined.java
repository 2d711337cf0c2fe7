package org.thirdmode.x86.conformance;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;

/** What the manual leaves undefined: SDM 2, "Flags Affected" of each instruction. */
final class Undefined {
    private Undefined() {}

    /** The status flags whose value after the instruction is undefined. */
    static int flags(Instruction i, Inputs inputs) {
        return switch (i.operation) {
            case AND, OR, XOR, TEST -> Flags.AF;
            case MUL, IMUL -> Flags.SF | Flags.ZF | Flags.AF | Flags.PF;
            case DIV, IDIV -> Flags.STATUS;
            case AAA, AAS -> Flags.OF | Flags.SF | Flags.ZF | Flags.PF;
            case AAM, AAD -> Flags.OF | Flags.AF | Flags.CF;
            case DAA, DAS -> Flags.OF;
            case BT, BTS, BTR, BTC -> Flags.OF | Flags.SF | Flags.AF | Flags.PF;
            case BSF, BSR -> Flags.STATUS & ~Flags.ZF;
            case TZCNT, LZCNT -> Flags.OF | Flags.SF | Flags.PF | Flags.AF;
            case BEXTR -> Flags.AF | Flags.SF | Flags.PF;
            case ANDN, BLSI, BLSMSK, BLSR, BZHI -> Flags.AF | Flags.PF;
            case ROL, ROR, RCL, RCR -> count(i, i.b, inputs) > 1 ? Flags.OF : 0;
            case SHL, SHR, SAR -> shift(i, count(i, i.b, inputs));
            case SHLD, SHRD -> doubleShift(i, count(i, i.c, inputs));
            default -> 0;
        };
    }

    /** Whether the destination itself is undefined. */
    static boolean result(Instruction i, Inputs inputs) {
        return switch (i.operation) {
            case SHLD, SHRD -> count(i, i.c, inputs) > i.size * 8;
            case BSWAP -> i.size == 2;
            // Of these the destination is undefined only where the source is 0: not worth telling apart.
            case BSF, BSR -> true;
            default -> false;
        };
    }

    private static int shift(Instruction i, int count) {
        if (count == 0) {
            return 0;
        }
        boolean carryToo = count >= i.size * 8;
        return Flags.AF | (count > 1 ? Flags.OF : 0) | (carryToo ? Flags.CF : 0);
    }

    private static int doubleShift(Instruction i, int count) {
        return count == 0 ? 0 : count > i.size * 8 ? Flags.STATUS : Flags.AF | (count > 1 ? Flags.OF : 0);
    }

    private static int count(Instruction i, int operand, Inputs inputs) {
        long count = operand == Operand.IMMEDIATE ? i.immediate : inputs.gpr[CpuState.RCX];
        return (int) count & (i.size == 8 ? 63 : 31);
    }
}

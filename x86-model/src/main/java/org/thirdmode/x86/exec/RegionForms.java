package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.state.CpuState;

/** What there is to know of an instruction before it becomes a part of a {@link Region}. */
final class RegionForms {
    private RegionForms() {}

    /** Whether a region can execute the instruction. */
    static boolean known(Instruction i) {
        if (i.codeWidth == 16 || i.form <= Forms.DROPPED || i.form >= Forms.COUNT) {
            return false;
        }
        return switch (i.form) {
            case Forms.CALL_32, Forms.JMP_32, Forms.CALL_64, Forms.JMP_64 -> false;
            case Forms.CALL_REL_32, Forms.CALL_REL_64, Forms.JMP_REL -> inPage(i);
            default -> true;
        };
    }

    /** Whether it ends a block. */
    static boolean branches(Instruction i) {
        return switch (i.form) {
            case Forms.CALL_REL_32, Forms.CALL_REL_64, Forms.RET_32, Forms.RET_64 -> true;
            default -> i.form >= Forms.JMP_REL && i.form < Forms.FIRST_RARE;
        };
    }

    /** Whether what follows it in memory may be executed after it. */
    static boolean fallsThrough(Instruction i) {
        return !branches(i) || i.form >= Forms.JO;
    }

    /** Whether it calls a place in its page. */
    static boolean calls(Instruction i) {
        return i.form == Forms.CALL_REL_32 || i.form == Forms.CALL_REL_64;
    }

    /**
     * Whether it may leave its region to the run loop after it has read memory: then it may read hits alone, because the run
     * loop reads again, and a miss would be counted twice.
     */
    static boolean mayLeaveAfterLoad(Instruction i) {
        return switch (i.form) {
            case Forms.PUSH_32, Forms.PUSH_64 -> true;
            default -> i.form >= Forms.FIRST_RARE;
        };
    }

    /** Whether the target of a relative branch lies in its page. */
    static boolean inPage(Instruction i) {
        return (i.target & -4096) == 0;
    }

    /** The registers that the bytecodes of an instruction name, a bit each. */
    static int touched(Instruction i) {
        return written(i) | bit(i.source) | bit(i.base) | bit(i.index) | operand(i.a) | operand(i.b);
    }

    /** The register that an operand is, or is a part of. */
    private static int operand(int operand) {
        return operand < Operand.HIGH_BYTE
                ? bit(operand)
                : operand < Operand.MEMORY ? bit(operand - Operand.HIGH_BYTE) : 0;
    }

    private static int bit(int register) {
        return register == CpuState.ZERO ? 0 : 1 << register;
    }

    /** Those that it may change. */
    static int written(Instruction i) {
        int bits = i.a < Operand.HIGH_BYTE ? bit(i.a) : 0;
        if (i.form >= Forms.FIRST_RARE) {
            bits |= rareRegisters(i);
        }
        return switch (i.form) {
            case Forms.PUSH_32, Forms.PUSH_64, Forms.POP_32, Forms.POP_64 -> bits | bit(CpuState.RSP);
            case Forms.CALL_REL_32, Forms.CALL_REL_64, Forms.RET_32, Forms.RET_64 -> bit(CpuState.RSP);
            case Forms.LEAVE_32, Forms.LEAVE_64 -> bit(CpuState.RSP) | bit(CpuState.RBP);
            default -> bits;
        };
    }

    /** What {@link RareForms} reads or writes of the register file. */
    static int rareRegisters(Instruction i) {
        return bit(CpuState.RAX) | bit(CpuState.RDX) | bit(i.source) | operand(i.a) | operand(i.b);
    }
}

package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;

/**
 * The fast forms: the instructions that the run loop executes itself, and the choice of one for a decoded instruction.
 *
 * <p>The loop prepares two values before it dispatches: {@code source}, which is {@link Instruction#source} plus {@link
 * Instruction#immediate} and so a register or an immediate, and {@code m}, which is the memory operand where {@link
 * Instruction#load} says so and {@code source} otherwise. A form is named by its operation, its operand size in bits, and
 * by where the destination is:
 *
 * <ul>
 *   <li>{@code ADD_32}: a register; the other operand is {@code m}, whatever that is,
 *   <li>{@code ADD_MR_32}: memory, read as {@code m} and written back; the other operand is {@code source},
 *   <li>{@code STORE_32}: memory, only written,
 *   <li>{@code ADD_NARROW}: 8 bits of which an operand is AH to BH, or 16 bits; {@link RareForms} fetches the operands.
 * </ul>
 *
 * Everything without a form goes to the second level, which can execute every instruction: a form is only a short cut.
 */
final class Forms {
    /** Not here: the second level executes it. */
    static final int SECOND_LEVEL = 0;

    /** Not an instruction: the page ends here. */
    static final int LEAVE_PAGE = 1;

    /** Not an instruction that may be kept: {@link Processor#step} fetches it. */
    static final int CAREFUL = 2;

    /** Its bytes were written: no instruction any more. */
    static final int DROPPED = 3;

    static final int ADD_32 = 4;
    static final int ADC_32 = 5;
    static final int SUB_32 = 6;
    static final int SBB_32 = 7;
    static final int CMP_32 = 8;
    static final int AND_32 = 9;
    static final int TEST_32 = 10;
    static final int OR_32 = 11;
    static final int XOR_32 = 12;
    static final int CMP_MR_32 = 13;
    static final int TEST_MR_32 = 14;
    static final int ADD_MR_32 = 15;
    static final int SUB_MR_32 = 16;
    static final int AND_MR_32 = 17;
    static final int OR_MR_32 = 18;
    static final int XOR_MR_32 = 19;
    static final int INC_32 = 20;
    static final int INC_M_32 = 21;
    static final int DEC_32 = 22;
    static final int DEC_M_32 = 23;
    static final int NEG_32 = 24;
    static final int NOT_32 = 25;
    static final int SHL_32 = 26;
    static final int SHR_32 = 27;
    static final int SAR_32 = 28;
    static final int ROL_32 = 29;
    static final int ROR_32 = 30;
    static final int IMUL_32 = 31;
    static final int IMUL3_32 = 32;
    static final int MOV_32 = 33;
    static final int STORE_32 = 34;
    static final int LEA_32 = 35;
    static final int CMOV_32 = 36;
    static final int MOVSX8_32 = 37;
    static final int MOVSX16_32 = 38;
    static final int PUSH_32 = 39;
    static final int POP_32 = 40;
    static final int LEAVE_32 = 41;
    static final int CALL_REL_32 = 42;
    static final int CALL_32 = 43;
    static final int JMP_32 = 44;
    static final int RET_32 = 45;
    static final int ADD_64 = 46;
    static final int ADC_64 = 47;
    static final int SUB_64 = 48;
    static final int SBB_64 = 49;
    static final int CMP_64 = 50;
    static final int AND_64 = 51;
    static final int TEST_64 = 52;
    static final int OR_64 = 53;
    static final int XOR_64 = 54;
    static final int CMP_MR_64 = 55;
    static final int TEST_MR_64 = 56;
    static final int ADD_MR_64 = 57;
    static final int SUB_MR_64 = 58;
    static final int AND_MR_64 = 59;
    static final int OR_MR_64 = 60;
    static final int XOR_MR_64 = 61;
    static final int INC_64 = 62;
    static final int INC_M_64 = 63;
    static final int DEC_64 = 64;
    static final int DEC_M_64 = 65;
    static final int NEG_64 = 66;
    static final int NOT_64 = 67;
    static final int SHL_64 = 68;
    static final int SHR_64 = 69;
    static final int SAR_64 = 70;
    static final int ROL_64 = 71;
    static final int ROR_64 = 72;
    static final int IMUL_64 = 73;
    static final int IMUL3_64 = 74;
    static final int MOV_64 = 75;
    static final int STORE_64 = 76;
    static final int LEA_64 = 77;
    static final int CMOV_64 = 78;
    static final int MOVSX8_64 = 79;
    static final int MOVSX16_64 = 80;
    static final int PUSH_64 = 81;
    static final int POP_64 = 82;
    static final int LEAVE_64 = 83;
    static final int CALL_REL_64 = 84;
    static final int CALL_64 = 85;
    static final int JMP_64 = 86;
    static final int RET_64 = 87;
    static final int MOVSXD = 88;
    static final int MOVZX8 = 89;
    static final int MOVZX16 = 90;
    static final int MOV_8 = 91;
    static final int MOV_16 = 92;
    static final int STORE_8 = 93;
    static final int STORE_16 = 94;
    static final int CMP_8 = 95;
    static final int CMP_MR_8 = 96;
    static final int TEST_8 = 97;
    static final int TEST_MR_8 = 98;
    static final int SETCC = 99;
    static final int AND_8 = 100;
    static final int OR_8 = 101;
    static final int XOR_8 = 102;
    static final int ADD_8 = 103;
    static final int SUB_8 = 104;
    static final int NOP = 105;
    static final int JMP_REL = 106;
    static final int JO = 107;
    static final int JNO = 108;
    static final int JB = 109;
    static final int JAE = 110;
    static final int JZ = 111;
    static final int JNZ = 112;
    static final int JBE = 113;
    static final int JA = 114;
    static final int JS = 115;
    static final int JNS = 116;
    static final int JP = 117;
    static final int JNP = 118;
    static final int JL = 119;
    static final int JGE = 120;
    static final int JLE = 121;
    static final int JG = 122;

    /** From here on {@link RareForms} executes them. */
    static final int FIRST_RARE = 123;

    static final int DIV_32 = 123;
    static final int DIV_64 = 124;
    static final int IDIV_32 = 125;
    static final int IDIV_64 = 126;
    static final int MUL_32 = 127;
    static final int MUL_64 = 128;
    static final int IMUL1_32 = 129;
    static final int IMUL1_64 = 130;
    static final int BT = 131;
    static final int BTS = 132;
    static final int BTR = 133;
    static final int BTC = 134;
    static final int BSWAP_32 = 135;
    static final int BSWAP_64 = 136;
    static final int CWDE = 137;
    static final int CDQE = 138;
    static final int CDQ = 139;
    static final int CQO = 140;
    static final int XCHG_32 = 141;
    static final int XCHG_64 = 142;
    static final int MOVZX_HIGH = 143;
    static final int ADD_NARROW = 144;
    static final int ADC_NARROW = 145;
    static final int SUB_NARROW = 146;
    static final int SBB_NARROW = 147;
    static final int CMP_NARROW = 148;
    static final int AND_NARROW = 149;
    static final int TEST_NARROW = 150;
    static final int OR_NARROW = 151;
    static final int XOR_NARROW = 152;
    static final int INC_NARROW = 153;
    static final int DEC_NARROW = 154;
    static final int NEG_NARROW = 155;
    static final int NOT_NARROW = 156;
    static final int MOV_NARROW = 157;

    /** One more than the highest form of an instruction. */
    static final int COUNT = 158;

    /** It begins a {@link Region}, which executes it and others. */
    static final int REGION = 158;

    private Forms() {}

    /** Derives what the fast forms need of an instruction at {@code offset} of its page, and chooses its form. */
    static void settle(Instruction i, int offset) {
        i.offset = offset;
        i.end = offset + i.length;
        if (i.base == Instruction.RIP) {
            i.displacement += offset + i.length;
        }
        i.form = i.lock ? SECOND_LEVEL : select(i);
        if (i.a == Operand.RELATIVE) {
            i.target = (int) (offset + i.length + i.immediate);
            boolean stays = (i.target & -4096) == 0;
            // A 16-bit instruction pointer wraps where the page arithmetic of the loop does not: the second level knows
            // how.
            if ((i.size == 2 && (i.codeWidth != 16 || !stays))
                    || (i.codeWidth == 16 && !stays)
                    || i.target != offset + i.length + i.immediate) {
                i.form = SECOND_LEVEL;
            }
        } else if (i.codeWidth == 16 && i.operation.group == Operation.Group.CONTROL) {
            i.form = SECOND_LEVEL;
        }
        if (i.form == SECOND_LEVEL) {
            i.load = 0;
        }
    }

    private static int select(Instruction i) {
        return switch (i.operation) {
            case NOP, PREFETCH, FENCE -> NOP;
            case JMP_NEAR -> i.a == Operand.RELATIVE ? JMP_REL : source(i, i.a, i.size) ? pick(i, JMP_32, JMP_64) : 0;
            case CALL_NEAR ->
                i.a == Operand.RELATIVE
                        ? pick(i, CALL_REL_32, CALL_REL_64)
                        : source(i, i.a, i.size) ? pick(i, CALL_32, CALL_64) : 0;
            case RET_NEAR -> i.a == Operand.NONE ? pick(i, RET_32, RET_64) : 0;
            case JCC -> JO + i.condition;
            case PUSH -> source(i, i.a, i.size) ? pick(i, PUSH_32, PUSH_64) : 0;
            case POP -> register(i.a) ? pick(i, POP_32, POP_64) : 0;
            case LEAVE -> pick(i, LEAVE_32, LEAVE_64);
            case LEA -> pick(i, LEA_32, LEA_64);
            case MOVSXD -> i.size == 8 && source(i, i.b, 4) ? MOVSXD : 0;
            case MOVZX -> movzx(i);
            case MOVSX ->
                !source(i, i.b, i.sizeB)
                        ? 0
                        : i.sizeB == 1 ? pick(i, MOVSX8_32, MOVSX8_64) : pick(i, MOVSX16_32, MOVSX16_64);
            case SETCC -> register(i.a) ? SETCC : 0;
            case IMUL -> imul(i);
            case INC -> one(i, pick(i, INC_32, INC_64), pick(i, INC_M_32, INC_M_64), INC_NARROW);
            case DEC -> one(i, pick(i, DEC_32, DEC_64), pick(i, DEC_M_32, DEC_M_64), DEC_NARROW);
            case NEG -> one(i, pick(i, NEG_32, NEG_64), 0, NEG_NARROW);
            case NOT -> one(i, pick(i, NOT_32, NOT_64), 0, NOT_NARROW);
            case SHL -> shift(i, SHL_32, SHL_64);
            case SHR -> shift(i, SHR_32, SHR_64);
            case SAR -> shift(i, SAR_32, SAR_64);
            case ROL -> shift(i, ROL_32, ROL_64);
            case ROR -> shift(i, ROR_32, ROR_64);
            case MOV -> mov(i);
            case CMOVCC -> two(i, 0, 0, CMOV_32, CMOV_64, 0, 0, 0);
            case ADD -> orNarrow(i, two(i, ADD_8, 0, ADD_32, ADD_64, 0, ADD_MR_32, ADD_MR_64), ADD_NARROW);
            case ADC -> orNarrow(i, two(i, 0, 0, ADC_32, ADC_64, 0, 0, 0), ADC_NARROW);
            case SUB -> orNarrow(i, two(i, SUB_8, 0, SUB_32, SUB_64, 0, SUB_MR_32, SUB_MR_64), SUB_NARROW);
            case SBB -> orNarrow(i, two(i, 0, 0, SBB_32, SBB_64, 0, 0, 0), SBB_NARROW);
            case AND -> orNarrow(i, two(i, AND_8, 0, AND_32, AND_64, 0, AND_MR_32, AND_MR_64), AND_NARROW);
            case OR -> orNarrow(i, two(i, OR_8, 0, OR_32, OR_64, 0, OR_MR_32, OR_MR_64), OR_NARROW);
            case XOR -> orNarrow(i, two(i, XOR_8, 0, XOR_32, XOR_64, 0, XOR_MR_32, XOR_MR_64), XOR_NARROW);
            case CMP ->
                orNarrow(i, readOnly(i, two(i, CMP_8, 0, CMP_32, CMP_64, CMP_MR_8, CMP_MR_32, CMP_MR_64)), CMP_NARROW);
            case TEST ->
                orNarrow(
                        i,
                        readOnly(i, two(i, TEST_8, 0, TEST_32, TEST_64, TEST_MR_8, TEST_MR_32, TEST_MR_64)),
                        TEST_NARROW);
            case DIV -> source(i, i.a, i.size) ? pick(i, DIV_32, DIV_64) : 0;
            case IDIV -> source(i, i.a, i.size) ? pick(i, IDIV_32, IDIV_64) : 0;
            case MUL -> source(i, i.a, i.size) ? pick(i, MUL_32, MUL_64) : 0;
            case BT -> bitTest(i, BT);
            case BTS -> bitTest(i, BTS);
            case BTR -> bitTest(i, BTR);
            case BTC -> bitTest(i, BTC);
            case BSWAP -> pick(i, BSWAP_32, BSWAP_64);
            case CBW -> pick(i, CWDE, CDQE);
            case CWD -> pick(i, CDQ, CQO);
            case XCHG -> register(i.a) && register(i.b) ? pick(i, XCHG_32, XCHG_64) : 0;
            default -> SECOND_LEVEL;
        };
    }

    private static boolean register(int operand) {
        return operand < Operand.HIGH_BYTE;
    }

    private static int pick(Instruction i, int form32, int form64) {
        return i.size == 4 ? form32 : i.size == 8 ? form64 : SECOND_LEVEL;
    }

    /** Makes {@code operand} what the loop prepares; false where the loop cannot. */
    private static boolean source(Instruction i, int operand, int size) {
        if (register(operand)) {
            i.source = operand;
            i.immediate = 0;
            return true;
        }
        if (operand == Operand.MEMORY) {
            i.load = size;
            return true;
        }
        return operand == Operand.IMMEDIATE;
    }

    /** A form of one operand, which is read and written: a register, or memory. */
    private static int one(Instruction i, int inRegister, int inMemory, int narrow) {
        if (i.size <= 2) {
            return orNarrow(i, SECOND_LEVEL, narrow);
        }
        if (register(i.a)) {
            return inRegister;
        }
        if (i.a != Operand.MEMORY || inMemory == SECOND_LEVEL) {
            return SECOND_LEVEL;
        }
        i.load = i.size;
        i.updates = true;
        return inMemory;
    }

    /** A form of two operands: destination a register by size, or memory by size. */
    private static int two(
            Instruction i, int form8, int form16, int form32, int form64, int memory8, int memory32, int memory64) {
        if (register(i.a)) {
            return source(i, i.b, i.size) ? bySize(i, form8, form16, form32, form64) : SECOND_LEVEL;
        }
        if (i.a != Operand.MEMORY || i.b == Operand.MEMORY || !source(i, i.b, i.size)) {
            return SECOND_LEVEL;
        }
        i.load = i.size;
        i.updates = true;
        return bySize(i, memory8, SECOND_LEVEL, memory32, memory64);
    }

    /**
     * {@code form}, if there is one; else that for 8 and 16 bits, unless it would have to write memory.
     *
     * @param form what may have set what the loop prepares
     */
    private static int orNarrow(Instruction i, int form, int narrow) {
        if (form != SECOND_LEVEL) {
            return form;
        }
        boolean writesMemory = i.a == Operand.MEMORY && narrow != CMP_NARROW && narrow != TEST_NARROW;
        if (i.size > 2 || !fetched(i.a) || writesMemory || !(fetched(i.b) || i.b == Operand.NONE)) {
            return SECOND_LEVEL;
        }
        i.updates = false;
        i.load = i.a == Operand.MEMORY || i.b == Operand.MEMORY ? i.size : 0;
        return narrow;
    }

    /** An operand that {@link RareForms} can fetch. */
    private static boolean fetched(int operand) {
        return operand <= Operand.IMMEDIATE;
    }

    private static int movzx(Instruction i) {
        if (i.size < 4) {
            return SECOND_LEVEL;
        }
        if (source(i, i.b, i.sizeB)) {
            return i.sizeB == 1 ? MOVZX8 : MOVZX16;
        }
        return fetched(i.b) ? MOVZX_HIGH : SECOND_LEVEL;
    }

    /** A bit in a register; or one in memory that is only read, by a number that stays within the operand. */
    private static int bitTest(Instruction i, int form) {
        if (i.b == Operand.MEMORY || !source(i, i.b, i.size)) {
            return SECOND_LEVEL;
        }
        if (i.a == Operand.MEMORY && i.b == Operand.IMMEDIATE && form == BT) {
            i.load = i.size;
            return form;
        }
        return register(i.a) ? form : SECOND_LEVEL;
    }

    private static int bySize(Instruction i, int form8, int form16, int form32, int form64) {
        return switch (i.size) {
            case 1 -> form8;
            case 2 -> form16;
            case 4 -> form32;
            default -> form64;
        };
    }

    /** The form only reads its memory operand. */
    private static int readOnly(Instruction i, int form) {
        i.updates = false;
        return form;
    }

    private static int mov(Instruction i) {
        if (register(i.a)) {
            int form = source(i, i.b, i.size) ? bySize(i, MOV_8, MOV_16, MOV_32, MOV_64) : SECOND_LEVEL;
            return orNarrow(i, form, MOV_NARROW);
        }
        if (i.a < Operand.MEMORY) {
            return orNarrow(i, SECOND_LEVEL, MOV_NARROW);
        }
        boolean plain = i.a == Operand.MEMORY && i.b != Operand.MEMORY && source(i, i.b, i.size);
        return plain ? bySize(i, STORE_8, STORE_16, STORE_32, STORE_64) : SECOND_LEVEL;
    }

    private static int shift(Instruction i, int form32, int form64) {
        return register(i.a) && i.b != Operand.MEMORY && source(i, i.b, 1) ? pick(i, form32, form64) : SECOND_LEVEL;
    }

    private static int imul(Instruction i) {
        if (i.c == Operand.IMMEDIATE) {
            if (i.b == Operand.MEMORY) {
                i.load = i.size;
            }
            return pick(i, IMUL3_32, IMUL3_64);
        }
        if (i.b == Operand.NONE) {
            return source(i, i.a, i.size) ? pick(i, IMUL1_32, IMUL1_64) : SECOND_LEVEL;
        }
        return source(i, i.b, i.size) ? pick(i, IMUL_32, IMUL_64) : SECOND_LEVEL;
    }
}

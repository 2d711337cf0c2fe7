package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;

/**
 * The fast forms: the instructions that the run loop executes itself, and the choice of one for a decoded instruction.
 * A form fixes operand kinds and size, so that its case in the loop has nothing left to decide:
 *
 * <ul>
 *   <li>{@code _R}: the destination is a register, the source a register or an immediate ({@link Instruction#source} plus
 *       {@link Instruction#immediate}),
 *   <li>{@code _RM}: the source is memory; {@code _MR}: the destination is,
 *   <li>{@code 32} and {@code 64}: the operand size in bits.
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

    static final int ADD32_R = 3;
    static final int SUB32_R = 4;
    static final int AND32_R = 5;
    static final int OR32_R = 6;
    static final int XOR32_R = 7;
    static final int CMP32_R = 8;
    static final int TEST32_R = 9;
    static final int ADD32_RM = 10;
    static final int SUB32_RM = 11;
    static final int AND32_RM = 12;
    static final int OR32_RM = 13;
    static final int XOR32_RM = 14;
    static final int CMP32_RM = 15;
    static final int CMP32_MR = 16;
    static final int TEST32_MR = 17;
    static final int ADD32_MR = 18;
    static final int SUB32_MR = 19;
    static final int AND32_MR = 20;
    static final int OR32_MR = 21;
    static final int XOR32_MR = 22;
    static final int MOV32_R = 23;
    static final int INC32_R = 24;
    static final int DEC32_R = 25;
    static final int SHL32_R = 26;
    static final int SHR32_R = 27;
    static final int SAR32_R = 28;
    static final int IMUL32_R = 29;
    static final int LOAD_32 = 30;
    static final int STORE_32 = 31;
    static final int LEA_32 = 32;
    static final int PUSH_32 = 33;
    static final int POP_32 = 34;
    static final int CALL_REL_32 = 35;
    static final int CALL_R_32 = 36;
    static final int JMP_R_32 = 37;
    static final int RET_32 = 38;
    static final int MOVSX8_32 = 39;
    static final int MOVSX16_32 = 40;
    static final int MOVSX8_M_32 = 41;
    static final int MOVSX16_M_32 = 42;
    static final int ADD64_R = 43;
    static final int SUB64_R = 44;
    static final int AND64_R = 45;
    static final int OR64_R = 46;
    static final int XOR64_R = 47;
    static final int CMP64_R = 48;
    static final int TEST64_R = 49;
    static final int ADD64_RM = 50;
    static final int SUB64_RM = 51;
    static final int AND64_RM = 52;
    static final int OR64_RM = 53;
    static final int XOR64_RM = 54;
    static final int CMP64_RM = 55;
    static final int CMP64_MR = 56;
    static final int TEST64_MR = 57;
    static final int ADD64_MR = 58;
    static final int SUB64_MR = 59;
    static final int AND64_MR = 60;
    static final int OR64_MR = 61;
    static final int XOR64_MR = 62;
    static final int MOV64_R = 63;
    static final int INC64_R = 64;
    static final int DEC64_R = 65;
    static final int SHL64_R = 66;
    static final int SHR64_R = 67;
    static final int SAR64_R = 68;
    static final int IMUL64_R = 69;
    static final int LOAD_64 = 70;
    static final int STORE_64 = 71;
    static final int LEA_64 = 72;
    static final int PUSH_64 = 73;
    static final int POP_64 = 74;
    static final int CALL_REL_64 = 75;
    static final int CALL_R_64 = 76;
    static final int JMP_R_64 = 77;
    static final int RET_64 = 78;
    static final int MOVSX8_64 = 79;
    static final int MOVSX16_64 = 80;
    static final int MOVSX8_M_64 = 81;
    static final int MOVSX16_M_64 = 82;
    static final int MOVZX8 = 83;
    static final int MOVZX16 = 84;
    static final int MOVZX8_M = 85;
    static final int MOVZX16_M = 86;
    static final int LOAD8 = 87;
    static final int STORE8 = 88;
    static final int MOV8_R = 89;
    static final int CMP8_R = 90;
    static final int CMP8_MR = 91;
    static final int CMP8_RM = 92;
    static final int TEST8_R = 93;
    static final int TEST8_MR = 94;
    static final int MOVSXD_R = 95;
    static final int MOVSXD_M = 96;
    static final int JMP_REL = 97;
    static final int NOP = 98;
    static final int JO = 99;
    static final int JNO = 100;
    static final int JB = 101;
    static final int JAE = 102;
    static final int JZ = 103;
    static final int JNZ = 104;
    static final int JBE = 105;
    static final int JA = 106;
    static final int JS = 107;
    static final int JNS = 108;
    static final int JP = 109;
    static final int JNP = 110;
    static final int JL = 111;
    static final int JGE = 112;
    static final int JLE = 113;
    static final int JG = 114;

    private Forms() {}

    /** Derives what the fast forms need of an instruction at {@code offset} of its page, and chooses its form. */
    static void settle(Instruction i, int offset) {
        if (i.base == Instruction.RIP) {
            i.displacement += offset + i.length;
        }
        if (i.b < Operand.HIGH_BYTE) {
            i.source = i.b;
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
    }

    private static int select(Instruction i) {
        boolean register = i.a < Operand.HIGH_BYTE;
        boolean memory = i.a == Operand.MEMORY;
        boolean plainSource = i.b < Operand.HIGH_BYTE || i.b == Operand.IMMEDIATE;
        boolean memorySource = i.b == Operand.MEMORY;
        boolean is32 = i.size == 4;
        boolean is64 = i.size == 8;
        return switch (i.operation) {
            case NOP -> NOP;
            case JMP_NEAR -> i.a == Operand.RELATIVE ? JMP_REL : register ? size(is32, is64, JMP_R_32, JMP_R_64) : 0;
            case CALL_NEAR ->
                i.a == Operand.RELATIVE
                        ? size(is32, is64, CALL_REL_32, CALL_REL_64)
                        : register ? size(is32, is64, CALL_R_32, CALL_R_64) : 0;
            case RET_NEAR -> i.a == Operand.NONE ? size(is32, is64, RET_32, RET_64) : 0;
            case JCC -> i.condition + JO;
            case PUSH -> register || i.a == Operand.IMMEDIATE ? size(is32, is64, PUSH_32, PUSH_64) : 0;
            case POP -> register && i.a != 4 ? size(is32, is64, POP_32, POP_64) : 0;
            case LEA -> size(is32, is64, LEA_32, LEA_64);
            case MOVSXD -> !is64 ? 0 : memorySource ? MOVSXD_M : MOVSXD_R;
            case MOVZX -> is32 || is64 ? extend(i, MOVZX8, MOVZX16, MOVZX8_M, MOVZX16_M) : 0;
            case MOVSX ->
                is32
                        ? extend(i, MOVSX8_32, MOVSX16_32, MOVSX8_M_32, MOVSX16_M_32)
                        : is64 ? extend(i, MOVSX8_64, MOVSX16_64, MOVSX8_M_64, MOVSX16_M_64) : 0;
            case SHL, SHR, SAR -> register && i.b == Operand.IMMEDIATE ? shift(i, is32, is64) : 0;
            case INC -> register ? size(is32, is64, INC32_R, INC64_R) : 0;
            case DEC -> register ? size(is32, is64, DEC32_R, DEC64_R) : 0;
            case IMUL ->
                register && i.b < Operand.HIGH_BYTE && i.c == Operand.NONE ? size(is32, is64, IMUL32_R, IMUL64_R) : 0;
            default -> {
                if (i.size == 1) {
                    yield select8(i, register, memory, plainSource, memorySource);
                }
                if (!is32 && !is64) {
                    yield SECOND_LEVEL;
                }
                if (register && plainSource) {
                    yield is32 ? r32(i) : r64(i);
                }
                if (register && memorySource) {
                    yield is32 ? rm32(i) : rm64(i);
                }
                yield !(memory && plainSource) ? SECOND_LEVEL : is32 ? mr32(i) : mr64(i);
            }
        };
    }

    private static int size(boolean is32, boolean is64, int form32, int form64) {
        return is32 ? form32 : is64 ? form64 : SECOND_LEVEL;
    }

    private static int extend(Instruction i, int register8, int register16, int memory8, int memory16) {
        if (i.b == Operand.MEMORY) {
            return i.sizeB == 1 ? memory8 : memory16;
        }
        return i.b >= Operand.HIGH_BYTE ? SECOND_LEVEL : i.sizeB == 1 ? register8 : register16;
    }

    private static int shift(Instruction i, boolean is32, boolean is64) {
        long count = i.immediate & (is64 ? 63 : 31);
        if (count == 0) {
            return SECOND_LEVEL;
        }
        return switch (i.operation) {
            case SHL -> size(is32, is64, SHL32_R, SHL64_R);
            case SHR -> size(is32, is64, SHR32_R, SHR64_R);
            default -> size(is32, is64, SAR32_R, SAR64_R);
        };
    }

    private static int select8(
            Instruction i, boolean register, boolean memory, boolean plainSource, boolean memorySource) {
        return switch (i.operation) {
            case MOV ->
                register && plainSource
                        ? MOV8_R
                        : register && memorySource ? LOAD8 : memory && plainSource ? STORE8 : 0;
            case CMP ->
                register && plainSource
                        ? CMP8_R
                        : register && memorySource ? CMP8_RM : memory && plainSource ? CMP8_MR : 0;
            case TEST -> register && plainSource ? TEST8_R : memory && plainSource ? TEST8_MR : 0;
            default -> SECOND_LEVEL;
        };
    }

    private static int r32(Instruction i) {
        return switch (i.operation) {
            case ADD -> ADD32_R;
            case SUB -> SUB32_R;
            case AND -> AND32_R;
            case OR -> OR32_R;
            case XOR -> XOR32_R;
            case CMP -> CMP32_R;
            case TEST -> TEST32_R;
            case MOV -> MOV32_R;
            default -> SECOND_LEVEL;
        };
    }

    private static int rm32(Instruction i) {
        return switch (i.operation) {
            case ADD -> ADD32_RM;
            case SUB -> SUB32_RM;
            case AND -> AND32_RM;
            case OR -> OR32_RM;
            case XOR -> XOR32_RM;
            case CMP -> CMP32_RM;
            case MOV -> LOAD_32;
            default -> SECOND_LEVEL;
        };
    }

    private static int mr32(Instruction i) {
        return switch (i.operation) {
            case ADD -> ADD32_MR;
            case SUB -> SUB32_MR;
            case AND -> AND32_MR;
            case OR -> OR32_MR;
            case XOR -> XOR32_MR;
            case CMP -> CMP32_MR;
            case TEST -> TEST32_MR;
            case MOV -> STORE_32;
            default -> SECOND_LEVEL;
        };
    }

    private static int r64(Instruction i) {
        return switch (i.operation) {
            case ADD -> ADD64_R;
            case SUB -> SUB64_R;
            case AND -> AND64_R;
            case OR -> OR64_R;
            case XOR -> XOR64_R;
            case CMP -> CMP64_R;
            case TEST -> TEST64_R;
            case MOV -> MOV64_R;
            default -> SECOND_LEVEL;
        };
    }

    private static int rm64(Instruction i) {
        return switch (i.operation) {
            case ADD -> ADD64_RM;
            case SUB -> SUB64_RM;
            case AND -> AND64_RM;
            case OR -> OR64_RM;
            case XOR -> XOR64_RM;
            case CMP -> CMP64_RM;
            case MOV -> LOAD_64;
            default -> SECOND_LEVEL;
        };
    }

    private static int mr64(Instruction i) {
        return switch (i.operation) {
            case ADD -> ADD64_MR;
            case SUB -> SUB64_MR;
            case AND -> AND64_MR;
            case OR -> OR64_MR;
            case XOR -> XOR64_MR;
            case CMP -> CMP64_MR;
            case TEST -> TEST64_MR;
            case MOV -> STORE_64;
            default -> SECOND_LEVEL;
        };
    }
}

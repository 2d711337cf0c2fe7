package org.thirdmode.vmx.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;

/**
 * The VM-exit instruction-information field. SDM 3C "Information for VM Exits Due to Instruction Execution": one table a
 * group of instructions, which agree in where they put what a memory operand is made of:
 *
 * <pre>
 *  31    28 27   26   23 22   21   18 17  15 14 13 12 11 10  9   7 6    3 2 1    0
 * +--------+----+-------+----+-------+------+-----+-----+--+------+------+-+------+
 * | Reg2   | no | base  | no | index | seg  |     |     |  |addr. | Reg1 | |scale |
 * |        |base|       |idx |       |      |     |     |  |size  |      | |      |
 * +--------+----+-------+----+-------+------+-----+-----+--+------+------+-+------+
 *                                     bit 10: register operand; 12:11: operand size; 29:28 which instruction
 * </pre>
 */
final class InstructionInformation {
    private static final int REG1_SHIFT = 3;
    private static final int ADDRESS_SIZE_SHIFT = 7;
    private static final int REGISTER = 1 << 10;
    private static final int OPERAND_SIZE_SHIFT = 11;
    private static final int SEGMENT_SHIFT = 15;
    private static final int INDEX_SHIFT = 18;
    private static final int NO_INDEX = 1 << 22;
    private static final int BASE_SHIFT = 23;
    private static final int NO_BASE = 1 << 27;
    private static final int REG2_SHIFT = 28;

    private InstructionInformation() {}

    /** Of VMCLEAR, VMPTRLD, VMPTRST, VMXON, XRSTORS and XSAVES. */
    static int memory(Instruction i) {
        int index = i.index == Instruction.NO_REGISTER ? NO_INDEX : (i.index << INDEX_SHIFT) | i.scale;
        int base = i.base >= Instruction.NO_REGISTER ? NO_BASE : i.base << BASE_SHIFT;
        return index | base | (i.segment << SEGMENT_SHIFT) | addressSize(i);
    }

    private static int addressSize(Instruction i) {
        // 2, 4 or 8 bytes as 0, 1 or 2.
        return (i.addressSize >>> 2) << ADDRESS_SIZE_SHIFT;
    }

    /** Of INVEPT, INVPCID and INVVPID: the register operand comes first. */
    static int invalidation(Instruction i) {
        return memory(i) | (i.a << REG2_SHIFT);
    }

    /** Of VMREAD and VMWRITE. Reg2 names the field, Reg1 or memory is the other operand. */
    static int vmcsAccess(Instruction i) {
        int field = i.operation == Operation.VMREAD ? i.b : i.a;
        int other = i.operation == Operation.VMREAD ? i.a : i.b;
        return (field << REG2_SHIFT) | either(i, other);
    }

    private static int either(Instruction i, int operand) {
        return operand == Operand.MEMORY ? memory(i) : REGISTER | (operand << REG1_SHIFT);
    }

    /** Of LGDT, LIDT, SGDT, SIDT. */
    static int descriptorTable(Instruction i) {
        int identity = switch (i.operation) {
            case SGDT -> 0;
            case SIDT -> 1;
            case LGDT -> 2;
            default -> 3;
        };
        return memory(i) | (i.size == 2 ? 0 : 1 << OPERAND_SIZE_SHIFT) | (identity << REG2_SHIFT);
    }

    /** Of LLDT, LTR, SLDT, STR. */
    static int systemSegment(Instruction i) {
        int identity = switch (i.operation) {
            case SLDT -> 0;
            case STR -> 1;
            case LLDT -> 2;
            default -> 3;
        };
        return either(i, i.a) | (identity << REG2_SHIFT);
    }

    /** Of RDRAND and RDSEED. */
    static int random(Instruction i) {
        return (i.a << REG1_SHIFT) | ((i.size >>> 2) << OPERAND_SIZE_SHIFT);
    }

    /** Of INS and OUTS. */
    static int stringPorts(Instruction i, boolean in) {
        return addressSize(i) | (in ? 0 : i.segment << SEGMENT_SHIFT);
    }

    /**
     * The exit qualification of an instruction with a memory operand: its displacement, sign-extended; relative to RIP: the
     * sum with the RIP of the next instruction, which is {@code address}.
     */
    static long displacement(Instruction i, long address) {
        return i.base == Instruction.RIP ? address : i.displacement;
    }
}

package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.Flags;

/**
 * BT, BTS, BTR, BTC. SDM 2: CF takes the bit, ZF stays; OF, SF, AF and PF are undefined, and processors leave them.
 *
 * <p>A bit offset in a register reaches beyond the memory operand: it is a signed number of bits from its address, and
 * the operand-sized unit that holds the bit is accessed. An immediate offset stays within the operand.
 */
final class BitTests {
    private final Flags flags;
    private final Operands operands;

    BitTests(Processor cpu) {
        flags = cpu.state.flags;
        operands = cpu.operands;
    }

    void bt(Instruction i) {
        long value = reaches(i) ? operands.read(i.segment, unit(i), i.size) : operands.get(i, i.a, i.size);
        flags.setCf((value & bit(i)) != 0);
    }

    void bts(Instruction i) {
        long bit = bit(i);
        long value = value(i);
        store(i, value | bit);
        flags.setCf((value & bit) != 0);
    }

    void btr(Instruction i) {
        long bit = bit(i);
        long value = value(i);
        store(i, value & ~bit);
        flags.setCf((value & bit) != 0);
    }

    void btc(Instruction i) {
        long bit = bit(i);
        long value = value(i);
        store(i, value ^ bit);
        flags.setCf((value & bit) != 0);
    }

    private long bit(Instruction i) {
        return 1L << (operands.get(i, i.b, i.size) & (i.size * 8 - 1));
    }

    private static boolean reaches(Instruction i) {
        return i.a == Operand.MEMORY && i.b < Operand.HIGH_BYTE;
    }

    /** The offset of the unit that the bit lies in. */
    private long unit(Instruction i) {
        long bitOffset = Operands.signExtend(operands.get(i, i.b, i.size), i.size);
        long units = bitOffset >> (Integer.numberOfTrailingZeros(i.size) + 3);
        return (operands.effectiveAddress(i) + units * i.size) & i.addressMask;
    }

    private long value(Instruction i) {
        return reaches(i) ? operands.readForUpdate(i.segment, unit(i), i.size) : operands.getForUpdate(i, i.a, i.size);
    }

    private void store(Instruction i, long value) {
        if (reaches(i)) {
            operands.write(i.segment, unit(i), i.size, value);
        } else {
            operands.set(i, i.a, i.size, value);
        }
    }
}

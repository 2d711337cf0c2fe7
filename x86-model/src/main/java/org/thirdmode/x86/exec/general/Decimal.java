package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Vector;

/**
 * Decimal arithmetic on AL and AX. SDM 1 "Decimal Arithmetic Instructions".
 *
 * <p>SDM 2 leaves OF undefined after all of them, SF, ZF and PF after AAA and AAS, CF and AF after AAM and AAD. AMD's
 * processors have there what the addition or subtraction inside leaves.
 */
final class Decimal {
    private final Processor cpu;
    private final Flags flags;
    private final Operands operands;

    Decimal(Processor cpu) {
        this.cpu = cpu;
        flags = cpu.state.flags;
        operands = cpu.operands;
    }

    void aaa() {
        long ax = operands.register(CpuState.RAX, 2);
        boolean adjust = (ax & 0xf) > 9 || flags.af();
        long adjustment = adjust ? 0x106 : 0;
        operands.setRegister(CpuState.RAX, 2, (ax + adjustment) & 0xff0f);
        flags.add(2, ax, adjustment, ax + adjustment);
        setCarries(adjust, adjust);
    }

    void aas() {
        long ax = operands.register(CpuState.RAX, 2);
        boolean adjust = (ax & 0xf) > 9 || flags.af();
        long adjustment = adjust ? 0x106 : 0;
        operands.setRegister(CpuState.RAX, 2, (ax - adjustment) & 0xff0f);
        flags.subtract(2, ax, adjustment, ax - adjustment);
        setCarries(adjust, adjust);
    }

    void aam(Instruction i) {
        long base = i.immediate & 0xff;
        if (base == 0) {
            throw cpu.fault(Vector.DE);
        }
        long al = operands.register(CpuState.RAX, 1);
        operands.setRegister(CpuState.RAX, 2, ((al / base) << 8) | (al % base));
        flags.logic((byte) (al % base));
    }

    void aad(Instruction i) {
        long al = operands.register(CpuState.RAX, 1);
        long tens = (operands.register(CpuState.RAX, 2) >>> 8) * (i.immediate & 0xff);
        operands.setRegister(CpuState.RAX, 2, (al + tens) & 0xff);
        flags.add(1, al, tens, al + tens);
    }

    void daa() {
        long al = operands.register(CpuState.RAX, 1);
        boolean low = (al & 0xf) > 9 || flags.af();
        boolean high = al > 0x99 || flags.cf();
        long adjustment = (low ? 6L : 0) + (high ? 0x60 : 0);
        operands.setRegister(CpuState.RAX, 1, al + adjustment);
        flags.add(1, al, adjustment, al + adjustment);
        setCarries(high, low);
    }

    void das() {
        long al = operands.register(CpuState.RAX, 1);
        boolean low = (al & 0xf) > 9 || flags.af();
        boolean high = al > 0x99 || flags.cf();
        long adjustment = (low ? 6L : 0) + (high ? 0x60 : 0);
        // Unlike DAA, the lower step alone may borrow.
        boolean borrow = high || (low && al < 6);
        operands.setRegister(CpuState.RAX, 1, al - adjustment);
        flags.subtract(1, al, adjustment, al - adjustment);
        setCarries(borrow, low);
    }

    /** CF and AF as the manual says, whatever the sum carries. */
    private void setCarries(boolean carry, boolean adjust) {
        flags.setCf(carry);
        flags.setAf(adjust);
    }
}

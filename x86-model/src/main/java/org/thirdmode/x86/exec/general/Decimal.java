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
 * <p>SDM 2 leaves OF undefined after all of them, SF, ZF and PF after AAA and AAS, CF and AF after AAM and AAD.
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
        adjustUnpacked(0x106);
    }

    void aas() {
        adjustUnpacked(-0x106);
    }

    private void adjustUnpacked(long adjustment) {
        long ax = operands.register(CpuState.RAX, 2);
        boolean adjust = (ax & 0xf) > 9 || flags.af();
        if (adjust) {
            ax += adjustment;
        }
        operands.setRegister(CpuState.RAX, 2, ax & 0xff0f);
        setFlags(ax & 0xf, adjust, adjust);
    }

    void aam(Instruction i) {
        long base = i.immediate & 0xff;
        if (base == 0) {
            throw cpu.fault(Vector.DE);
        }
        long al = operands.register(CpuState.RAX, 1);
        operands.setRegister(CpuState.RAX, 2, ((al / base) << 8) | (al % base));
        setFlags(al % base, false, false);
    }

    void aad(Instruction i) {
        long ax = operands.register(CpuState.RAX, 2);
        long al = ((ax & 0xff) + (ax >>> 8) * (i.immediate & 0xff)) & 0xff;
        operands.setRegister(CpuState.RAX, 2, al);
        setFlags(al, false, false);
    }

    void daa() {
        adjustPacked(1);
    }

    void das() {
        adjustPacked(-1);
    }

    /** The two "Operation" sections differ in the sign of what is added, and in when the first step carries. */
    private void adjustPacked(int sign) {
        long old = operands.register(CpuState.RAX, 1);
        boolean oldCarry = flags.cf();
        long al = old;
        boolean low = (old & 0xf) > 9 || flags.af();
        boolean carry = false;
        if (low) {
            al += sign * 6L;
            carry = oldCarry || (al & ~0xffL) != 0;
        }
        if (old > 0x99 || oldCarry) {
            al += sign * 0x60L;
            carry = true;
        } else if (sign > 0) {
            carry = false;
        }
        operands.setRegister(CpuState.RAX, 1, al);
        setFlags(al, carry, low);
    }

    private void setFlags(long result, boolean carry, boolean adjust) {
        flags.logic((byte) result);
        flags.setStatus((carry ? Flags.CF : 0) | (adjust ? Flags.AF : 0), Flags.CF | Flags.AF);
    }
}

package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.Processor;

/** Reads and writes the operands of MMX and SSE instructions, wherever they are. */
final class SseOperands {
    /** The low eight bytes of the last operand read. */
    long low;
    /** Its high eight bytes; 0 where it has none. */
    long high;

    private final Processor cpu;
    private final FpuState fpu;
    private final FpuMemory memory;

    SseOperands(Processor cpu, FpuMemory memory) {
        this.cpu = cpu;
        fpu = cpu.fpu;
        this.memory = memory;
    }

    static boolean isXmm(int operand) {
        return operand >= Operand.XMM && operand < Operand.X87;
    }

    static boolean isMmx(int operand) {
        return operand >= Operand.MMX && operand < Operand.MMX + 8;
    }

    /** The place of an XMM register's low half in {@link FpuState#xmm}. */
    static int place(int operand) {
        return (operand - Operand.XMM) * 2;
    }

    /** Reads the second operand into {@link #low} and {@link #high}; 16 bytes of memory must be aligned. */
    void source(Instruction i) {
        read(i, i.b, i.sizeB, true);
    }

    /** Reads an operand of {@code size} bytes into {@link #low} and {@link #high}. */
    void read(Instruction i, int operand, int size, boolean aligned) {
        if (isXmm(operand)) {
            int place = place(operand);
            low = fpu.xmm[place];
            high = fpu.xmm[place + 1];
        } else if (isMmx(operand)) {
            low = fpu.significand[operand - Operand.MMX];
            high = 0;
        } else if (operand == Operand.MEMORY && size == 16) {
            memory.read16(i, aligned);
            low = memory.low;
            high = memory.high;
        } else {
            low = cpu.operands.get(i, operand, size);
            high = 0;
        }
    }

    /** MM{@code operand}. */
    long mmx(int operand) {
        return fpu.significand[operand - Operand.MMX];
    }

    /** Writes an MMX register, with what that does to the x87 state. */
    void setMmx(int operand, long value) {
        fpu.enterMmx();
        fpu.setMmx(operand - Operand.MMX, value);
    }

    long xmmLow(int operand) {
        return fpu.xmm[place(operand)];
    }

    long xmmHigh(int operand) {
        return fpu.xmm[place(operand) + 1];
    }

    void setXmm(int operand, long newLow, long newHigh) {
        int place = place(operand);
        fpu.xmm[place] = newLow;
        fpu.xmm[place + 1] = newHigh;
    }

    void setXmmLow(int operand, long newLow) {
        fpu.xmm[place(operand)] = newLow;
    }

    void setXmmHigh(int operand, long newHigh) {
        fpu.xmm[place(operand) + 1] = newHigh;
    }

    /** Writes the low four bytes of an XMM register. */
    void setXmmSingle(int operand, int bits) {
        int place = place(operand);
        fpu.xmm[place] = (fpu.xmm[place] & 0xffff_ffff_0000_0000L) | (bits & 0xffff_ffffL);
    }
}

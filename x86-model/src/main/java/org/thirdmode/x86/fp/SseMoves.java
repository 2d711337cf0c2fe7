package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;

/** Copies between XMM, MMX and general registers and memory. SDM 1 "SSE Data Transfer Instructions". */
final class SseMoves {
    private final Processor cpu;
    private final FpuState fpu;
    private final SseOperands operands;
    private final FpuMemory memory;

    SseMoves(Processor cpu, SseOperands operands, FpuMemory memory) {
        this.cpu = cpu;
        fpu = cpu.fpu;
        this.operands = operands;
        this.memory = memory;
    }

    /** Executes a move; false for any other operation. */
    boolean execute(Instruction i) {
        switch (i.operation) {
            case MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ, MOVNTDQA -> whole(i, true);
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> whole(i, false);
            case MOVSS -> single(i);
            case MOVSD -> twice(i);
            case MOVLPS, MOVLPD -> {
                if (i.a == Operand.MEMORY) {
                    memory.write(i, 8, operands.xmmLow(i.b));
                } else {
                    operands.setXmmLow(i.a, memory.read(i, 8));
                }
            }
            case MOVHPS, MOVHPD -> {
                if (i.a == Operand.MEMORY) {
                    memory.write(i, 8, operands.xmmHigh(i.b));
                } else {
                    operands.setXmmHigh(i.a, memory.read(i, 8));
                }
            }
            case MOVHLPS -> operands.setXmmLow(i.a, operands.xmmHigh(i.b));
            case MOVLHPS -> operands.setXmmHigh(i.a, operands.xmmLow(i.b));
            case MOVD, MOVQ, MOVNTQ, MOVQ2DQ, MOVDQ2Q -> narrow(i);
            case MASKMOVQ, MASKMOVDQU -> masked(i);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void whole(Instruction i, boolean aligned) {
        if (i.a == Operand.MEMORY) {
            memory.write16(i, aligned, operands.xmmLow(i.b), operands.xmmHigh(i.b));
        } else {
            operands.read(i, i.b, 16, aligned);
            operands.setXmm(i.a, operands.low, operands.high);
        }
    }

    /** From memory the rest of the register is cleared; from a register it stays. */
    private void single(Instruction i) {
        if (i.a == Operand.MEMORY) {
            memory.write(i, 4, operands.xmmLow(i.b));
        } else if (i.b == Operand.MEMORY) {
            operands.setXmm(i.a, memory.read(i, 4), 0);
        } else {
            operands.setXmmSingle(i.a, (int) operands.xmmLow(i.b));
        }
    }

    private void twice(Instruction i) {
        if (i.a == Operand.MEMORY) {
            memory.write(i, 8, operands.xmmLow(i.b));
        } else if (i.b == Operand.MEMORY) {
            operands.setXmm(i.a, memory.read(i, 8), 0);
        } else {
            operands.setXmmLow(i.a, operands.xmmLow(i.b));
        }
    }

    /** Four or eight bytes, zero-extended where the destination is wider. */
    private void narrow(Instruction i) {
        int size = Math.min(i.sizeA, i.sizeB);
        operands.read(i, i.b, size, false);
        long value = size == 4 ? operands.low & 0xffff_ffffL : operands.low;
        if (SseOperands.isXmm(i.a)) {
            operands.setXmm(i.a, value, 0);
        } else if (SseOperands.isMmx(i.a)) {
            operands.setMmx(i.a, value);
            return;
        } else {
            cpu.operands.set(i, i.a, size, value);
        }
        if (SseOperands.isMmx(i.b)) {
            fpu.enterMmx();
        }
    }

    /** Writes the bytes of the first operand whose byte in the second has its sign set, to (E/R)DI. */
    private void masked(Instruction i) {
        operands.read(i, i.b, 16, false);
        boolean wide = SseOperands.isXmm(i.a);
        int mask = PackedIntegers.byteSigns(operands.low) | (wide ? PackedIntegers.byteSigns(operands.high) << 8 : 0);
        long low = wide ? operands.xmmLow(i.a) : operands.mmx(i.a);
        long high = wide ? operands.xmmHigh(i.a) : 0;
        long offset = cpu.state.r[CpuState.RDI] & i.addressMask;
        if (mask != 0) {
            Mmu mmu = cpu.mmu;
            for (int pass = 0; pass < 2; pass++) {
                for (int n = 0; n < 16; n++) {
                    if ((mask & (1 << n)) != 0) {
                        long linear = cpu.operands.linear(i.segment, (offset + n) & i.addressMask, 1, true);
                        if (pass == 0) {
                            mmu.checkWrite(linear, 1);
                        } else {
                            mmu.write(linear, 1, n < 8 ? low >>> (8 * n) : high >>> (8 * (n - 8)));
                        }
                    }
                }
            }
        }
        if (!wide) {
            fpu.enterMmx();
        }
    }
}

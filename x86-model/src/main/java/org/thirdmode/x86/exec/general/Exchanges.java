package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Vector;

/**
 * Instructions that read and write two places. Where one of them is memory it is written first: the address may depend
 * on the register that is written.
 */
final class Exchanges {
    private static final long LOW_HALF = 0xffff_ffffL;

    private final Processor cpu;
    private final CpuState state;
    private final Flags flags;
    private final Operands operands;

    Exchanges(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        flags = cpu.state.flags;
        operands = cpu.operands;
    }

    void xchg(Instruction i) {
        boolean memoryFirst = i.a == Operand.MEMORY;
        int first = memoryFirst ? i.a : i.b;
        int second = memoryFirst ? i.b : i.a;
        long x = operands.getForUpdate(i, first, i.size);
        long y = operands.get(i, second, i.size);
        operands.set(i, first, i.size, y);
        operands.set(i, second, i.size, x);
    }

    void xadd(Instruction i) {
        long x = operands.getForUpdate(i, i.a, i.size);
        long y = operands.get(i, i.b, i.size);
        long sum = x + y;
        if (i.a == Operand.MEMORY) {
            operands.set(i, i.a, i.size, sum);
            operands.set(i, i.b, i.size, x);
        } else {
            // XADD of a register with itself leaves the sum.
            operands.set(i, i.b, i.size, x);
            operands.set(i, i.a, i.size, sum);
        }
        flags.add(i.size, x, y, sum);
    }

    /**
     * Memory is written in either case, with what it holds already where the comparison fails. A register is then not
     * written at all: its upper half stays.
     */
    void cmpxchg(Instruction i) {
        long destination = operands.getForUpdate(i, i.a, i.size);
        long source = operands.get(i, i.b, i.size);
        long accumulator = operands.register(CpuState.RAX, i.size);
        if (accumulator == destination) {
            operands.set(i, i.a, i.size, source);
        } else {
            if (i.a == Operand.MEMORY) {
                operands.set(i, i.a, i.size, destination);
            }
            operands.setRegister(CpuState.RAX, i.size, destination);
        }
        flags.subtract(i.size, accumulator, destination, accumulator - destination);
    }

    void cmpxchg8b(Instruction i) {
        long offset = operands.effectiveAddress(i);
        long destination = operands.readForUpdate(i.segment, offset, 8);
        long[] r = state.r;
        boolean equal = destination == ((r[CpuState.RDX] << 32) | (r[CpuState.RAX] & LOW_HALF));
        if (equal) {
            operands.write(i.segment, offset, 8, (r[CpuState.RCX] << 32) | (r[CpuState.RBX] & LOW_HALF));
        } else {
            operands.write(i.segment, offset, 8, destination);
            operands.setRegister(CpuState.RAX, 4, destination);
            operands.setRegister(CpuState.RDX, 4, destination >>> 32);
        }
        flags.setStatus(equal ? Flags.ZF : 0, Flags.ZF);
    }

    void cmpxchg16b(Instruction i) {
        long offset = operands.effectiveAddress(i);
        if ((operands.linear(i.segment, offset, 16, true) & 15) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        operands.checkWrite(i.segment, offset, 16);
        long low = operands.read(i.segment, offset, 8);
        long high = operands.read(i.segment, offset + 8, 8);
        long[] r = state.r;
        boolean equal = low == r[CpuState.RAX] && high == r[CpuState.RDX];
        operands.write(i.segment, offset, 8, equal ? r[CpuState.RBX] : low);
        operands.write(i.segment, offset + 8, 8, equal ? r[CpuState.RCX] : high);
        if (!equal) {
            r[CpuState.RAX] = low;
            r[CpuState.RDX] = high;
        }
        flags.setStatus(equal ? Flags.ZF : 0, Flags.ZF);
    }
}

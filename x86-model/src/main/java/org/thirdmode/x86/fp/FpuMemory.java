package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Vector;

/**
 * Memory operands wider than a general register. What is read comes in {@link #low} and {@link #high}; a write checks all
 * of its bytes before it changes the first.
 */
final class FpuMemory {
    /** The first eight bytes read. */
    long low;
    /** The rest, zero-extended. */
    long high;

    private final Processor cpu;
    private final CpuState state;
    private final Mmu mmu;
    private final Operands operands;

    FpuMemory(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        mmu = cpu.mmu;
        operands = cpu.operands;
    }

    private long linear(Instruction i, int size, boolean write) {
        return operands.linear(i.segment, operands.effectiveAddress(i), size, write);
    }

    private long after(long linear, int distance) {
        return (linear + distance) & state.linearMask;
    }

    /** Reads the memory operand, 1 to 8 bytes, zero-extended. */
    long read(Instruction i, int size) {
        return operands.read(i.segment, operands.effectiveAddress(i), size);
    }

    /** Writes the memory operand, 1 to 8 bytes. */
    void write(Instruction i, int size, long value) {
        operands.write(i.segment, operands.effectiveAddress(i), size, value);
    }

    /** Reads 10 bytes. */
    void read10(Instruction i) {
        long linear = linear(i, 10, false);
        low = mmu.read(linear, 8);
        high = mmu.read(after(linear, 8), 2);
    }

    /** Writes 10 bytes. */
    void write10(Instruction i, long newLow, int newHigh) {
        long linear = linear(i, 10, true);
        mmu.checkWrite(linear, 10);
        mmu.write(linear, 8, newLow);
        mmu.write(after(linear, 8), 2, newHigh & 0xffff);
    }

    /**
     * Reads 16 bytes.
     *
     * @param aligned whether an address that is no multiple of 16 is a general protection fault
     */
    void read16(Instruction i, boolean aligned) {
        long linear = linear(i, 16, false);
        if (aligned) {
            requireAligned(linear, 15);
        }
        low = mmu.read(linear, 8);
        high = mmu.read(after(linear, 8), 8);
    }

    /** Writes 16 bytes, as {@link #read16}. */
    void write16(Instruction i, boolean aligned, long newLow, long newHigh) {
        long linear = linear(i, 16, true);
        if (aligned) {
            requireAligned(linear, 15);
        }
        mmu.checkWrite(linear, 16);
        mmu.write(linear, 8, newLow);
        mmu.write(after(linear, 8), 8, newHigh);
    }

    private void requireAligned(long linear, int mask) {
        if ((linear & mask) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    /** The linear address of an area of up to 512 bytes, every byte of it checked. */
    long area(Instruction i, int size, int alignment, boolean write) {
        long offset = operands.effectiveAddress(i);
        long linear = operands.linear(i.segment, offset, size, write);
        requireAligned(linear, alignment - 1);
        if (write) {
            mmu.checkWrite(linear, size);
        } else {
            mmu.checkRead(linear, size);
        }
        return linear;
    }

    long readAt(long linear, int distance, int size) {
        return mmu.read(after(linear, distance), size);
    }

    void writeAt(long linear, int distance, int size, long value) {
        mmu.write(after(linear, distance), size, value);
    }
}

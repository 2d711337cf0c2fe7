package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Segment;

/**
 * Operands of the second level: general registers of any size, memory through a segment, immediates. All values are
 * zero-extended longs; {@link #signExtend} widens them where an instruction wants that.
 */
public final class Operands {
    private final CpuState state;
    private final Mmu mmu;
    private final GuestFault fault;

    Operands(CpuState state, Mmu mmu, GuestFault fault) {
        this.state = state;
        this.mmu = mmu;
        this.fault = fault;
    }

    /** All ones in {@code size} bytes. */
    public static long mask(int size) {
        return size == 8 ? -1L : (1L << (size * 8)) - 1;
    }

    /** The low {@code size} bytes of {@code value}, sign-extended to 64 bits. */
    public static long signExtend(long value, int size) {
        int unused = 64 - size * 8;
        return (value << unused) >> unused;
    }

    /** A general register (0..15) of 2, 4 or 8 bytes, or of 1 byte without the high-byte forms. */
    public long register(int index, int size) {
        return state.r[index] & mask(size);
    }

    /** Writes a general register: 8 bytes whole, 4 bytes clear the upper half, 1 and 2 bytes leave the rest. */
    public void setRegister(int index, int size, long value) {
        long[] r = state.r;
        switch (size) {
            case 1 -> r[index] = (r[index] & ~0xffL) | (value & 0xff);
            case 2 -> r[index] = (r[index] & ~0xffffL) | (value & 0xffff);
            case 4 -> r[index] = value & 0xffff_ffffL;
            default -> r[index] = value;
        }
    }

    /** Reads an operand of {@code size} bytes: general register, high byte, memory or immediate. */
    public long get(Instruction i, int operand, int size) {
        if (operand < Operand.HIGH_BYTE) {
            return state.r[operand] & mask(size);
        }
        if (operand < Operand.MEMORY) {
            return (state.r[operand - Operand.HIGH_BYTE] >>> 8) & 0xff;
        }
        if (operand == Operand.MEMORY) {
            return read(i.segment, effectiveAddress(i), size);
        }
        return (operand == Operand.IMMEDIATE2 ? i.immediate2 : i.immediate) & mask(size);
    }

    /**
     * Reads an operand that the same instruction will write: memory is checked for writing too, so that the
     * {@link #set} that follows cannot fault.
     */
    public long getForUpdate(Instruction i, int operand, int size) {
        if (operand == Operand.MEMORY) {
            return readForUpdate(i.segment, effectiveAddress(i), size);
        }
        return get(i, operand, size);
    }

    /** Writes an operand of {@code size} bytes: general register, high byte or memory. */
    public void set(Instruction i, int operand, int size, long value) {
        if (operand < Operand.HIGH_BYTE) {
            setRegister(operand, size, value);
        } else if (operand < Operand.MEMORY) {
            int index = operand - Operand.HIGH_BYTE;
            state.r[index] = (state.r[index] & ~0xff00L) | ((value & 0xff) << 8);
        } else {
            write(i.segment, effectiveAddress(i), size, value);
        }
    }

    /** The offset of the memory operand within its segment. */
    public long effectiveAddress(Instruction i) {
        return (state.r[i.base] + (state.r[i.index] << i.scale) + i.displacement) & i.addressMask;
    }

    /** Reads {@code size} bytes (1, 2, 4 or 8) at an offset of segment register {@code segment} (0..5). */
    public long read(int segment, long offset, int size) {
        return mmu.read(linear(segment, offset, size, false), size);
    }

    /** Writes {@code size} bytes (1, 2, 4 or 8) at an offset of segment register {@code segment} (0..5). */
    public void write(int segment, long offset, int size, long value) {
        mmu.write(linear(segment, offset, size, true), size, value);
    }

    /** Reads {@code size} bytes that will be written by the same instruction: faults as the write would. */
    public long readForUpdate(int segment, long offset, int size) {
        long linear = linear(segment, offset, size, true);
        mmu.checkWrite(linear, size);
        return mmu.read(linear, size);
    }

    /** Faults as a write of {@code size} bytes (1..4096) at an offset of a segment would. */
    public void checkWrite(int segment, long offset, int size) {
        mmu.checkWrite(linear(segment, offset, size, true), size);
    }

    /**
     * The linear address of {@code size} bytes at an offset of a segment, after the segment's checks: usability, type and
     * limit, or canonical form in 64-bit mode.
     *
     * @throws GuestFault #SS(0) for the stack segment, #GP(0) for any other
     */
    public long linear(int segment, long offset, int size, boolean write) {
        long linear = (offset + state.segmentBase[segment]) & state.linearMask;
        long end = write ? state.writeEnd[segment] : state.readEnd[segment];
        if (state.codeWidth == 64) {
            if (!mmu.canonical(linear) || !mmu.canonical(linear + size - 1)) {
                throw fault.as(Mmu.segmentVector(segment), true, 0);
            }
        } else if ((Long.compareUnsigned(offset, end) >= 0 || size > 16)
                && !state.segmentAllows(segment, offset, size, write)) {
            throw fault.as(Mmu.segmentVector(segment), true, 0);
        }
        return linear;
    }

    // ---- the stack ----

    /** Pushes {@code size} bytes (2, 4 or 8): SP moves only if the write succeeds. */
    public void push(int size, long value) {
        long sp = (state.r[CpuState.RSP] - size) & state.stackMask;
        write(Segment.SS, sp, size, value);
        setStackPointer(sp);
    }

    /** Reads {@code size} bytes (2, 4 or 8) at SP + {@code displacement} without moving SP. */
    public long peek(int size, long displacement) {
        long sp = (state.r[CpuState.RSP] + displacement) & state.stackMask;
        return read(Segment.SS, sp, size);
    }

    /** Pops {@code size} bytes (2, 4 or 8). */
    public long pop(int size) {
        long value = peek(size, 0);
        setStackPointer(state.r[CpuState.RSP] + size);
        return value;
    }

    /** Writes SP, ESP or RSP by the width of the stack; bits outside a 16-bit SP are kept. */
    public void setStackPointer(long value) {
        long mask = state.stackMask;
        if (mask == 0xffffL) {
            state.r[CpuState.RSP] = (state.r[CpuState.RSP] & ~0xffffL) | (value & 0xffff);
        } else {
            state.r[CpuState.RSP] = value & mask;
        }
    }
}

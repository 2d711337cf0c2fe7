package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.ModelBug;

/** Data movement: copies, extensions, conditional moves. SDM 1 "Data Transfer Instructions". */
public final class Moves implements InstructionGroup {
    private static final int LAHF_FLAGS = Flags.SF | Flags.ZF | Flags.AF | Flags.PF | Flags.CF;

    private final CpuState state;
    private final Flags flags;
    private final Operands operands;
    private final Exchanges exchanges;

    public Moves(Processor cpu) {
        state = cpu.state;
        flags = cpu.state.flags;
        operands = cpu.operands;
        exchanges = new Exchanges(cpu);
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case MOV, MOVNTI -> operands.set(i, i.a, i.size, operands.get(i, i.b, i.size));
            case MOVZX -> operands.set(i, i.a, i.sizeA, operands.get(i, i.b, i.sizeB));
            case MOVSX, MOVSXD -> signExtended(i);
            case LEA -> operands.set(i, i.a, i.size, operands.effectiveAddress(i));
            case XCHG -> exchanges.xchg(i);
            case XADD -> exchanges.xadd(i);
            case CMPXCHG -> exchanges.cmpxchg(i);
            case CMPXCHG8B -> exchanges.cmpxchg8b(i);
            case CMPXCHG16B -> exchanges.cmpxchg16b(i);
            case XLAT -> translate(i);
            case CMOVCC -> moveIf(i);
            case SETCC -> operands.set(i, i.a, 1, flags.condition(i.condition) ? 1 : 0);
            case BSWAP -> swapBytes(i);
            case MOVBE -> operands.set(i, i.a, i.size, reversed(operands.get(i, i.b, i.size), i.size));
            case CBW -> extendAccumulator(i);
            case CWD -> extendIntoDx(i);
            case LAHF -> operands.setRegister(CpuState.RAX, 2, lowByteAndFlags());
            case SAHF -> flags.setStatus((int) (state.r[CpuState.RAX] >>> 8), LAHF_FLAGS);
            case NOP, PREFETCH, FENCE -> {
                // Hints and orderings: one processor, and no speculation to order.
            }
            default -> throw new ModelBug("not a move: " + i.operation);
        }
    }

    private void signExtended(Instruction i) {
        long source = operands.get(i, i.b, i.sizeB);
        operands.set(i, i.a, i.sizeA, Operands.signExtend(source, i.sizeB));
    }

    private void translate(Instruction i) {
        long offset = (state.r[CpuState.RBX] + (state.r[CpuState.RAX] & 0xff)) & i.addressMask;
        operands.setRegister(CpuState.RAX, 1, operands.read(i.segment, offset, 1));
    }

    /** The source is read, and a 32-bit destination is written, whatever the condition. */
    private void moveIf(Instruction i) {
        long source = operands.get(i, i.b, i.size);
        long destination = operands.get(i, i.a, i.size);
        operands.set(i, i.a, i.size, flags.condition(i.condition) ? source : destination);
    }

    /** Of a 16-bit register the manual calls the result undefined; processors clear it. */
    private void swapBytes(Instruction i) {
        long value = i.size == 2 ? 0 : reversed(operands.get(i, i.a, i.size), i.size);
        operands.set(i, i.a, i.size, value);
    }

    private static long reversed(long value, int size) {
        return Long.reverseBytes(value) >>> (64 - size * 8);
    }

    private void extendAccumulator(Instruction i) {
        long half = operands.register(CpuState.RAX, i.size / 2);
        operands.setRegister(CpuState.RAX, i.size, Operands.signExtend(half, i.size / 2));
    }

    private void extendIntoDx(Instruction i) {
        long accumulator = Operands.signExtend(state.r[CpuState.RAX], i.size);
        operands.setRegister(CpuState.RDX, i.size, accumulator >> 63);
    }

    private long lowByteAndFlags() {
        long image = (flags.status() & LAHF_FLAGS) | 2;
        return (image << 8) | (state.r[CpuState.RAX] & 0xff);
    }
}

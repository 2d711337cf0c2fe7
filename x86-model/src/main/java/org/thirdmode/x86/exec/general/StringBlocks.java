package org.thirdmode.x86.exec.general;

import java.util.Arrays;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/**
 * Many iterations of REP MOVS and REP STOS at once, where nothing could tell the difference: upwards, within one page of
 * the source and one of the destination, in plain memory that the software TLB holds already and that no one watches.
 */
final class StringBlocks {
    private final CpuState state;
    private final Mmu mmu;
    private final Operands operands;

    StringBlocks(Processor cpu) {
        state = cpu.state;
        mmu = cpu.mmu;
        operands = cpu.operands;
    }

    /** Does up to {@code most} iterations and says how many; 0 where they must be done one by one. */
    long iterations(Instruction i, long most) {
        if (most <= 1 || (state.systemFlags & Rflags.DF) != 0) {
            return 0;
        }
        return switch (i.operation) {
            case MOVS -> move(i, most);
            case STOS -> store(i, most);
            default -> 0;
        };
    }

    private long move(Instruction i, long most) {
        long source = state.r[CpuState.RSI] & i.addressMask;
        long destination = state.r[CpuState.RDI] & i.addressMask;
        long from = (source + state.segmentBase[i.segment]) & state.linearMask;
        long to = (destination + state.segmentBase[Segment.ES]) & state.linearMask;
        byte[] sourceBytes = mmu.plainRead(from);
        byte[] destinationBytes = mmu.plainWritten(to);
        if (sourceBytes == null || destinationBytes == null) {
            return 0;
        }
        int first = (int) from & (Frame.SIZE - 1);
        int second = (int) to & (Frame.SIZE - 1);
        int length = whole(Frame.SIZE - Math.max(first, second), i.size, most);
        if (length == 0
                || !within(source, length, state.readEnd[i.segment], i)
                || !within(destination, length, state.writeEnd[Segment.ES], i)) {
            return 0;
        }
        if (sourceBytes == destinationBytes && first < second && second < first + length) {
            // What is written is read again later: this fills memory with a pattern.
            if (second - first < i.size) {
                return 0;
            }
            for (int n = 0; n < length; n++) {
                destinationBytes[second + n] = sourceBytes[first + n];
            }
        } else {
            System.arraycopy(sourceBytes, first, destinationBytes, second, length);
        }
        operands.setRegister(CpuState.RSI, i.addressSize, source + length);
        operands.setRegister(CpuState.RDI, i.addressSize, destination + length);
        return length / i.size;
    }

    private long store(Instruction i, long most) {
        long destination = state.r[CpuState.RDI] & i.addressMask;
        long to = (destination + state.segmentBase[Segment.ES]) & state.linearMask;
        byte[] bytes = mmu.plainWritten(to);
        if (bytes == null) {
            return 0;
        }
        int first = (int) to & (Frame.SIZE - 1);
        int length = whole(Frame.SIZE - first, i.size, most);
        if (length == 0 || !within(destination, length, state.writeEnd[Segment.ES], i)) {
            return 0;
        }
        fill(bytes, first, length, i.size, state.r[CpuState.RAX]);
        operands.setRegister(CpuState.RDI, i.addressSize, destination + length);
        return length / i.size;
    }

    private static void fill(byte[] bytes, int first, int length, int size, long value) {
        if (size == 1 || value == 0) {
            Arrays.fill(bytes, first, first + length, (byte) value);
            return;
        }
        for (int at = first; at < first + length; at += size) {
            switch (size) {
                case 2 -> Frame.SHORT.set(bytes, at, (short) value);
                case 4 -> Frame.INT.set(bytes, at, (int) value);
                default -> Frame.LONG.set(bytes, at, value);
            }
        }
    }

    /** The bytes of as many whole elements as fit into {@code available} bytes, {@code most} at the most. */
    private static int whole(int available, int size, long most) {
        return (int) Math.min(available / size, most) * size;
    }

    /** Whether no byte is beyond the segment's simple limit ({@link CpuState#readEnd}) or wraps the address size. */
    private static boolean within(long offset, int length, long end, Instruction i) {
        long last = offset + length - 1;
        return Long.compareUnsigned(last, end) < 0 && (last & i.addressMask) == last;
    }
}

package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;

/**
 * PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM. SDM 2 "Imm8 Control Byte Operation for PCMPESTRI/PCMPESTRM/PCMPISTRI/
 * PCMPISTRM".
 *
 * <pre>
 *   imm8  0 words, not bytes   1 signed   3:2 any, ranges, each, ordered   5:4 polarity   6 last, or the mask expanded
 * </pre>
 */
final class SseText {
    private static final int EQUAL_ANY = 0;
    private static final int RANGES = 1;
    private static final int EQUAL_EACH = 2;

    private final Processor cpu;
    private final CpuState state;
    private final SseOperands operands;
    private final int[] first = new int[16];
    private final int[] second = new int[16];

    SseText(Processor cpu, SseOperands operands) {
        this.cpu = cpu;
        state = cpu.state;
        this.operands = operands;
    }

    /** Executes a string comparison; false for any other operation. */
    boolean execute(Instruction i) {
        boolean explicit;
        boolean index;
        switch (i.operation) {
            case PCMPESTRI, PCMPESTRM -> explicit = true;
            case PCMPISTRI, PCMPISTRM -> explicit = false;
            default -> {
                return false;
            }
        }
        index = i.operation == Operation.PCMPESTRI || i.operation == Operation.PCMPISTRI;
        int control = (int) i.immediate & 0xff;
        int elements = (control & 1) != 0 ? 8 : 16;
        operands.read(i, i.b, 16, false);
        spread(operands.xmmLow(i.a), operands.xmmHigh(i.a), control, first);
        spread(operands.low, operands.high, control, second);
        boolean wide = explicit && i.size == 8;
        int firstLength = explicit ? length(state.r[CpuState.RAX], wide, elements) : length(first, elements);
        int secondLength = explicit ? length(state.r[CpuState.RDX], wide, elements) : length(second, elements);

        int result = aggregate(control, elements, firstLength, secondLength);
        int all = (1 << elements) - 1;
        switch ((control >> 4) & 3) {
            case 1 -> result ^= all;
            case 3 -> result ^= (1 << secondLength) - 1;
            default -> {
                // Positive polarity, masked or not.
            }
        }
        deliver(index, control, elements, result);
        state.flags.setStatus((result != 0 ? Flags.CF : 0)
                | (secondLength < elements ? Flags.ZF : 0)
                | (firstLength < elements ? Flags.SF : 0)
                | ((result & 1) != 0 ? Flags.OF : 0));
        return true;
    }

    private void deliver(boolean index, int control, int elements, int result) {
        boolean bit6 = (control & 0x40) != 0;
        if (index) {
            int place = elements;
            if (result != 0) {
                place = bit6 ? 31 - Integer.numberOfLeadingZeros(result) : Integer.numberOfTrailingZeros(result);
            }
            cpu.operands.setRegister(CpuState.RCX, 4, place);
            return;
        }
        long low = result;
        long high = 0;
        if (bit6) {
            low = 0;
            int width = 128 / elements;
            for (int n = 0; n < elements; n++) {
                if ((result & (1 << n)) != 0) {
                    long element = (-1L >>> (64 - width)) << ((n * width) & 63);
                    low |= n * width < 64 ? element : 0;
                    high |= n * width < 64 ? 0 : element;
                }
            }
        }
        operands.setXmm(Operand.XMM, low, high);
    }

    private static void spread(long low, long high, int control, int[] to) {
        boolean words = (control & 1) != 0;
        boolean signed = (control & 2) != 0;
        for (int n = 0; n < (words ? 8 : 16); n++) {
            if (words) {
                int value = (int) ((n < 4 ? low : high) >>> (16 * (n & 3)));
                to[n] = signed ? (short) value : value & 0xffff;
            } else {
                int value = (int) ((n < 8 ? low : high) >>> (8 * (n & 7)));
                to[n] = signed ? (byte) value : value & 0xff;
            }
        }
    }

    /** An explicit length: the magnitude of a register, at most all elements. */
    private static int length(long register, boolean wide, int elements) {
        long length = wide ? register : (int) register;
        return length > elements || length < -elements ? elements : (int) Math.abs(length);
    }

    /** An implicit length: up to the first zero. */
    private static int length(int[] text, int elements) {
        int length = 0;
        while (length < elements && text[length] != 0) {
            length++;
        }
        return length;
    }

    /** IntRes1: one bit an element of the second operand. */
    private int aggregate(int control, int elements, int firstLength, int secondLength) {
        int mode = (control >> 2) & 3;
        int result = 0;
        for (int n = 0; n < elements; n++) {
            boolean set = switch (mode) {
                case EQUAL_ANY -> n < secondLength && any(n, firstLength);
                case RANGES -> n < secondLength && inRange(n, firstLength);
                case EQUAL_EACH ->
                    (n < firstLength && n < secondLength)
                            ? first[n] == second[n]
                            : n >= firstLength && n >= secondLength;
                default -> startsHere(n, elements, firstLength, secondLength);
            };
            if (set) {
                result |= 1 << n;
            }
        }
        return result;
    }

    private boolean any(int n, int firstLength) {
        for (int k = 0; k < firstLength; k++) {
            if (first[k] == second[n]) {
                return true;
            }
        }
        return false;
    }

    private boolean inRange(int n, int firstLength) {
        for (int k = 0; k + 1 < firstLength; k += 2) {
            if (first[k] <= second[n] && second[n] <= first[k + 1]) {
                return true;
            }
        }
        return false;
    }

    /** Whether the first text, as far as the register goes, begins at element n of the second. */
    private boolean startsHere(int n, int elements, int firstLength, int secondLength) {
        for (int k = 0; n + k < elements && k < firstLength; k++) {
            if (n + k >= secondLength || first[k] != second[n + k]) {
                return false;
            }
        }
        return true;
    }
}

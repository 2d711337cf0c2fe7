package org.thirdmode.x86.fp;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.state.CpuState;

/**
 * FNSTENV, FLDENV, FNSAVE and FRSTOR: the x87 state in memory, in four formats by operand size and mode.
 *
 * <pre>
 *           protected mode                          real-address and virtual-8086 mode
 *   32 bits  0 FCW  4 FSW  8 FTW                     the same
 *           12 FIP  16 opcode:FCS  20 FDP  24 FDS    12 FIP 15:0  16 FIP 31:16:opcode  20 FDP 15:0  24 FDP 31:16
 *   16 bits  0 FCW  2 FSW  4 FTW                     the same
 *            6 FIP  8 FCS  10 FDP  12 FDS            6 FIP 15:0  8 FIP 19:16:opcode  10 FDP 15:0  12 FDP 19:16
 * </pre>
 *
 * ST(0)..ST(7) follow, 10 bytes each. SDM 1 "Saving the x87 FPU's State with FSTENV/FNSTENV and FSAVE/FNSAVE".
 */
final class FpuEnvironment {
    private final FpuState fpu;
    private final CpuState state;
    private final FpuMemory memory;

    FpuEnvironment(FpuState fpu, CpuState state, FpuMemory memory) {
        this.fpu = fpu;
        this.state = state;
        this.memory = memory;
    }

    private static int length(boolean wide) {
        return wide ? 28 : 14;
    }

    /** Writes the environment and, for FNSAVE, the registers. */
    void store(Instruction i, boolean registers) {
        boolean wide = i.size != 2;
        int length = length(wide);
        long at = memory.area(i, length + (registers ? 80 : 0), 1, true);
        int step = wide ? 4 : 2;
        // Reserved upper halves are written as ones.
        long filler = 0xffff_0000L;
        memory.writeAt(at, 0, step, fpu.control | filler);
        memory.writeAt(at, step, step, fpu.statusWord() | filler);
        memory.writeAt(at, 2 * step, step, fpu.tagWord() | filler);
        long word;
        long selector;
        long data;
        long dataSelector;
        if (state.realSegments()) {
            long instruction = fpu.instructionPointer + ((long) fpu.instructionSelector << 4);
            long operand = fpu.dataPointer + ((long) fpu.dataSelector << 4);
            word = wide ? (instruction & 0xffff) | filler : instruction;
            selector = wide
                    ? fpu.opcode | ((instruction >>> 16) << 12)
                    : fpu.opcode | (((instruction >>> 16) & 0xf) << 12);
            data = wide ? (operand & 0xffff) | filler : operand;
            dataSelector = ((operand >>> 16) << 12) & (wide ? 0x0fff_f000L : 0xf000L);
        } else {
            word = fpu.instructionPointer;
            selector = wide ? fpu.instructionSelector | ((long) fpu.opcode << 16) : fpu.instructionSelector;
            data = fpu.dataPointer;
            dataSelector = fpu.dataSelector | filler;
        }
        memory.writeAt(at, 3 * step, step, word);
        memory.writeAt(at, 4 * step, step, selector);
        memory.writeAt(at, 5 * step, step, data);
        memory.writeAt(at, 6 * step, step, dataSelector);
        if (registers) {
            for (int st = 0; st < 8; st++) {
                int register = (fpu.top + st) & 7;
                // By words: the registers are aligned no better, and must not fail an alignment check.
                for (int n = 0; n < 8; n += 2) {
                    memory.writeAt(at, length + 10 * st + n, 2, (fpu.significand[register] >>> (8 * n)) & 0xffff);
                }
                memory.writeAt(at, length + 10 * st + 8, 2, fpu.signExponent[register]);
            }
        }
    }

    /** Reads the environment and, for FRSTOR, the registers. */
    void load(Instruction i, boolean registers) {
        boolean wide = i.size != 2;
        int length = length(wide);
        long at = memory.area(i, length + (registers ? 80 : 0), 1, false);
        int step = wide ? 4 : 2;
        int control = (int) memory.readAt(at, 0, 2);
        int status = (int) memory.readAt(at, step, 2);
        int tags = (int) memory.readAt(at, 2 * step, 2);
        long word = memory.readAt(at, 3 * step, step);
        long selector = memory.readAt(at, 4 * step, step);
        long data = memory.readAt(at, 5 * step, step);
        long dataSelector = memory.readAt(at, 6 * step, step);
        if (state.realSegments()) {
            fpu.instructionPointer = (word & 0xffff) | ((selector & 0x0fff_f000L) << 4);
            fpu.instructionSelector = 0;
            fpu.opcode = (int) selector & 0x7ff;
            fpu.dataPointer = (data & 0xffff) | ((dataSelector & 0x0fff_f000L) << 4);
            fpu.dataSelector = 0;
        } else {
            fpu.instructionPointer = word;
            fpu.instructionSelector = (int) selector & 0xffff;
            fpu.opcode = wide ? (int) (selector >>> 16) & 0x7ff : 0;
            fpu.dataPointer = data;
            fpu.dataSelector = (int) dataSelector & 0xffff;
        }
        fpu.setControl(control);
        fpu.setStatusWord(status);
        fpu.setTagWord(tags);
        if (registers) {
            for (int st = 0; st < 8; st++) {
                int register = (fpu.top + st) & 7;
                long significand = 0;
                for (int n = 0; n < 8; n += 2) {
                    significand |= memory.readAt(at, length + 10 * st + n, 2) << (8 * n);
                }
                fpu.significand[register] = significand;
                fpu.signExponent[register] = (int) memory.readAt(at, length + 10 * st + 8, 2);
            }
        }
    }
}

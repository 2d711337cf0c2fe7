package org.thirdmode.x86.fp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/** SDM 1 "Saving the x87 FPU's State with FSTENV/FNSTENV and FSAVE/FNSAVE", SDM 2 "FXSAVE". */
class X87StateInMemory {
    private static void one(FloatMachine machine) {
        machine.state.instructionRip = 0x1234;
        machine.state.segments[Segment.CS].selector = 0x2000;
        machine.state.segments[Segment.DS].selector = 0x1000;
        machine.cpu.memory.write(FloatMachine.OPERAND, 8, 0x3ff0_0000_0000_0000L);
        // In real mode DS and CS were loaded without their bases; the pointers are made from the selectors.
        machine.execute(load(machine));
    }

    private static int[] load(FloatMachine machine) {
        return machine.state.codeWidth == 16 ? new int[] {0xdd, 0x05} : new int[] {0xdd, 0x07};
    }

    private static long read(FloatMachine machine, int offset, int size) {
        return machine.cpu.memory.read(FloatMachine.OPERAND + offset, size);
    }

    @Test
    void in32BitProtectedModeTheEnvironmentHas28Bytes() {
        FloatMachine machine = FloatMachine.in32();
        one(machine);
        machine.execute(0xd9, 0x37);
        assertEquals(0xffff_037fL, read(machine, 0, 4));
        assertEquals(0xffff_3800L, read(machine, 4, 4));
        assertEquals(0xffff_3fffL, read(machine, 8, 4));
        assertEquals(0x1234, read(machine, 12, 4));
        assertEquals(0x0507_2000L, read(machine, 16, 4));
        assertEquals(FloatMachine.OPERAND, read(machine, 20, 4));
        assertEquals(0xffff_1000L, read(machine, 24, 4));
    }

    @Test
    void in16BitProtectedModeItHas14() {
        FloatMachine machine = FloatMachine.in32();
        one(machine);
        machine.cpu.memory.write(FloatMachine.OPERAND + 14, 2, 0x5555);
        machine.execute(0x66, 0xd9, 0x37);
        assertEquals(0x037f, read(machine, 0, 2));
        assertEquals(0x3800, read(machine, 2, 2));
        assertEquals(0x3fff, read(machine, 4, 2));
        assertEquals(0x1234, read(machine, 6, 2));
        assertEquals(0x2000, read(machine, 8, 2));
        assertEquals(FloatMachine.OPERAND, read(machine, 10, 2));
        assertEquals(0x1000, read(machine, 12, 2));
        assertEquals(0x5555, read(machine, 14, 2));
    }

    @Test
    void inRealModeThePointersAreLinear() {
        FloatMachine machine = FloatMachine.in16();
        one(machine);
        machine.execute(0xd9, 0x35);
        assertEquals(0x1234, read(machine, 6, 2));
        assertEquals(0x2505, read(machine, 8, 2));
        assertEquals(0x4000, read(machine, 10, 2));
        assertEquals(0x1000, read(machine, 12, 2));
    }

    @Test
    void fnsaveThenFrstorRestoresAll() {
        FloatMachine machine = FloatMachine.in32();
        one(machine);
        machine.execute(0xd9, 0xeb);
        machine.execute(0xdd, 0x37);
        assertEquals(0, machine.fpu.valid);
        assertEquals(0, machine.fpu.statusWord());
        machine.execute(0xdd, 0x27);
        assertEquals(0x3000, machine.fpu.statusWord());
        assertEquals(0xc0, machine.fpu.valid);
        assertEquals(0xc90f_daa2_2168_c235L, machine.fpu.significand[6]);
        assertEquals(0x4000, machine.fpu.signExponent[6]);
        assertEquals(0x3fff, machine.fpu.signExponent[7]);
    }

    @Test
    void theRegistersOfFnsaveFailNoAlignmentCheck() {
        FloatMachine machine = FloatMachine.in64();
        one(machine);
        machine.state.cr0 |= Cr0.AM;
        machine.state.systemFlags |= Rflags.AC;
        machine.state.cpl = 3;
        machine.cpu.modeChanged();
        machine.execute(0xdd, 0x37);
        machine.execute(0xdd, 0x27);
        assertEquals(0x80, machine.fpu.valid);
        assertEquals(0x8000_0000_0000_0000L, machine.fpu.significand[7]);
    }

    @Test
    void fxsaveWritesTheRegistersFromTheTopAndTheAbridgedTagsByNumber() {
        FloatMachine machine = FloatMachine.in64();
        one(machine);
        machine.fpu.xmm[0] = 0x1111;
        machine.fpu.xmm[31] = 0x2222;
        machine.cpu.memory.write(FloatMachine.OPERAND + 416, 8, 0x3333);
        machine.execute(0x48, 0x0f, 0xae, 0x07);
        assertEquals(0x037f, read(machine, 0, 2));
        assertEquals(0x3800, read(machine, 2, 2));
        assertEquals(0x80, read(machine, 4, 2));
        assertEquals(0x507, read(machine, 6, 2));
        assertEquals(0x1234, read(machine, 8, 8));
        assertEquals(FloatMachine.OPERAND, read(machine, 16, 8));
        assertEquals(0x1f80, read(machine, 24, 4));
        assertEquals(0xffff, read(machine, 28, 4));
        assertEquals(0x8000_0000_0000_0000L, read(machine, 32, 8));
        assertEquals(0x3fff, read(machine, 40, 8));
        assertEquals(0x1111, read(machine, 160, 8));
        assertEquals(0x2222, read(machine, 408, 8));
        assertEquals(0x3333, read(machine, 416, 8));
    }

    @Test
    void fxrstorRestoresWhatFxsaveSaved() {
        FloatMachine machine = FloatMachine.in64();
        one(machine);
        machine.fpu.xmm[5] = 0x1234_5678_9abc_def0L;
        machine.fpu.mxcsr = 0x9fc0;
        machine.execute(0x0f, 0xae, 0x07);
        machine.fpu.reset();
        machine.execute(0x0f, 0xae, 0x0f);
        assertEquals(0x1234_5678_9abc_def0L, machine.fpu.xmm[5]);
        assertEquals(0x9fc0, machine.fpu.mxcsr);
        assertEquals(0x3800, machine.fpu.statusWord());
        assertEquals(0x80, machine.fpu.valid);
        assertEquals(0x3fff, machine.fpu.signExponent[7]);
    }

    @Test
    void outside64BitModeFxsaveLeavesTheUpperXmmRegistersOut() {
        FloatMachine machine = FloatMachine.in32();
        machine.fpu.xmm[16] = -1;
        machine.state.r[CpuState.RDI] = FloatMachine.OPERAND;
        machine.execute(0x0f, 0xae, 0x07);
        assertEquals(0, read(machine, 288, 8));
    }
}

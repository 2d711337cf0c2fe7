package org.thirdmode.x86.fp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "Instruction Exception Specification", SDM 1 "SSE and SSE2 Exceptions". */
class SseExceptionConditions {
    private final FloatMachine machine = FloatMachine.in64();

    private void fault(int vector, int... bytes) {
        assertEquals(vector, assertThrows(GuestFault.class, () -> machine.execute(bytes)).vector);
    }

    @Test
    void withoutOsfxsrOnlyMmxRegistersCanBeUsed() {
        machine.state.cr4 &= ~Cr4.OSFXSR;
        fault(Vector.UD, 0x0f, 0x58, 0xc1);
        fault(Vector.UD, 0x66, 0x0f, 0xfc, 0xc1);
        fault(Vector.UD, 0x0f, 0xae, 0x17);
        machine.execute(0x0f, 0xfc, 0xc1);
        machine.execute(0x0f, 0xe0, 0xc1);
    }

    @Test
    void aSwitchedTaskHasNoSse() {
        machine.state.cr0 |= Cr0.TS;
        fault(Vector.NM, 0x0f, 0x58, 0xc1);
        fault(Vector.NM, 0x0f, 0xfc, 0xc1);
        fault(Vector.NM, 0x0f, 0xae, 0x1f);
    }

    @Test
    void aSixteenByteOperandMustBeAligned() {
        machine.state.r[CpuState.RDI]++;
        fault(Vector.GP, 0x0f, 0x58, 0x07);
        fault(Vector.GP, 0x0f, 0x28, 0x07);
        fault(Vector.GP, 0x66, 0x0f, 0x7f, 0x07);
        fault(Vector.GP, 0x0f, 0xae, 0x07);
    }

    @Test
    void exceptForTheUnalignedMovesAndTheNarrowerOperands() {
        machine.state.r[CpuState.RDI]++;
        machine.execute(0x0f, 0x10, 0x07);
        machine.execute(0x0f, 0x11, 0x07);
        machine.execute(0xf3, 0x0f, 0x6f, 0x07);
        machine.execute(0xf2, 0x0f, 0x58, 0x07);
        machine.execute(0x0f, 0x12, 0x07);
        machine.execute(0xf3, 0x0f, 0xe6, 0x07);
    }

    @Test
    void aReservedBitOfMxcsrIsAGeneralProtectionFault() {
        machine.cpu.memory.write(FloatMachine.OPERAND, 4, 0x1_1f80);
        fault(Vector.GP, 0x0f, 0xae, 0x17);
        machine.cpu.memory.write(FloatMachine.OPERAND + 24, 4, 0x1_1f80);
        fault(Vector.GP, 0x0f, 0xae, 0x0f);
    }

    @Test
    void anUnmaskedExceptionIsReportedAtOnceAndLeavesTheDestination() {
        machine.fpu.mxcsr = 0x1d80;
        machine.fpu.xmm[0] = 0x3ff0_0000_0000_0000L;
        machine.fpu.xmm[2] = 0;
        fault(Vector.XM, 0xf2, 0x0f, 0x5e, 0xc1);
        assertEquals(0x3ff0_0000_0000_0000L, machine.fpu.xmm[0]);
        assertEquals(0x1d84, machine.fpu.mxcsr);
    }

    @Test
    void withoutOsxmmexcptItIsUndefined() {
        machine.state.cr4 &= ~Cr4.OSXMMEXCPT;
        machine.fpu.mxcsr = 0x1d80;
        machine.fpu.xmm[0] = 0x3ff0_0000_0000_0000L;
        fault(Vector.UD, 0xf2, 0x0f, 0x5e, 0xc1);
    }

    @Test
    void mmxInstructionsFillTheTagWordAndEmmsEmptiesIt() {
        machine.fpu.top = 3;
        machine.execute(0x0f, 0xfc, 0xc1);
        assertEquals(0xff, machine.fpu.valid);
        assertEquals(0, machine.fpu.top);
        assertEquals(0xffff, machine.fpu.signExponent[0]);
        machine.execute(0x0f, 0x77);
        assertEquals(0, machine.fpu.valid);
    }

    @Test
    void maskmovdquWritesOnlyTheBytesAsked() {
        machine.cpu.memory.write(FloatMachine.OPERAND, 8, -1);
        machine.cpu.memory.write(FloatMachine.OPERAND + 8, 8, -1);
        machine.fpu.xmm[0] = 0x0706_0504_0302_0100L;
        machine.fpu.xmm[1] = 0x0f0e_0d0c_0b0a_0908L;
        machine.fpu.xmm[2] = 0x8000_0000_0000_8000L;
        machine.fpu.xmm[3] = 0x0000_0000_0000_00ffL;
        machine.execute(0x66, 0x0f, 0xf7, 0xc1);
        assertEquals(0x07ff_ffff_ffff_01ffL, machine.cpu.memory.read(FloatMachine.OPERAND, 8));
        assertEquals(0xffff_ffff_ffff_ff08L, machine.cpu.memory.read(FloatMachine.OPERAND + 8, 8));
    }

    @Test
    void aWriteAcrossIntoAnAbsentPageChangesNothing() {
        long end = 0x20_0000L - 8;
        machine.state.r[CpuState.RDI] = end;
        machine.fpu.xmm[0] = -1;
        fault(Vector.PF, 0x0f, 0x11, 0x07);
    }
}

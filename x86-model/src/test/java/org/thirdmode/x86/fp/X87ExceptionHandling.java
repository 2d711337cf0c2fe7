package org.thirdmode.x86.fp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/** SDM 1 "x87 FPU Floating-Point Exception Handling", SDM 3A "Processor Extension". */
class X87ExceptionHandling {
    private final FloatMachine machine = FloatMachine.in64();

    private void fault(int vector, int... bytes) {
        assertEquals(vector, assertThrows(GuestFault.class, () -> machine.execute(bytes)).vector);
    }

    /** 0 / 0 with every exception unmasked. */
    private void invalidOperation() {
        machine.execute(0xd9, 0xee);
        machine.execute(0xd9, 0xee);
        machine.fpu.setControl(0x340);
        machine.execute(0xd8, 0xf1);
    }

    @Test
    void anUnmaskedExceptionIsReportedByTheNextWaitingInstruction() {
        invalidOperation();
        assertEquals(0xb081, machine.fpu.statusWord(), "ES, B, IE; TOP 6");
        fault(Vector.MF, 0xd9, 0xc0);
        fault(Vector.MF, 0x9b);
        fault(Vector.MF, 0x0f, 0x6f, 0xc1);
    }

    @Test
    void theInstructionsWithoutWaitDoNotReportIt() {
        invalidOperation();
        machine.execute(0xdf, 0xe0);
        machine.execute(0xd9, 0x3f);
        machine.execute(0xd9, 0x37);
        invalidOperationAgain();
        machine.execute(0xdb, 0xe2);
        machine.execute(0xd9, 0xc0);
    }

    private void invalidOperationAgain() {
        machine.execute(0xdb, 0xe3);
        invalidOperation();
    }

    @Test
    void withoutNumericErrorReportingTheFerrPinSaysSo() {
        int[] signals = {0};
        machine.cpu.ferr = () -> signals[0]++;
        machine.state.cr0 &= ~Cr0.NE;
        invalidOperation();
        machine.execute(0x9b);
        assertEquals(1, signals[0]);
    }

    @Test
    void aSwitchedTaskHasNoCoprocessor() {
        machine.state.cr0 |= Cr0.TS;
        fault(Vector.NM, 0xd9, 0xee);
        fault(Vector.NM, 0xdb, 0xe3);
        machine.execute(0x9b);
        machine.state.cr0 |= Cr0.MP;
        fault(Vector.NM, 0x9b);
    }

    @Test
    void emulationIsDeviceNotAvailableForX87AndUndefinedForMmx() {
        machine.state.cr0 |= Cr0.EM;
        fault(Vector.NM, 0xd9, 0xee);
        fault(Vector.UD, 0x0f, 0x6f, 0xc1);
        fault(Vector.UD, 0x0f, 0x58, 0xc1);
        fault(Vector.NM, 0x0f, 0xae, 0x07);
    }

    @Test
    void fldenvWithAnUnmaskedExceptionLeavesItPending() {
        machine.cpu.memory.write(FloatMachine.OPERAND, 4, 0x37e);
        machine.cpu.memory.write(FloatMachine.OPERAND + 4, 4, 1);
        machine.execute(0xd9, 0x27);
        fault(Vector.MF, 0x9b);
    }

    @Test
    void fnstenvMasksAllExceptions() {
        invalidOperation();
        machine.execute(0xd9, 0x37);
        assertEquals(0x37f, machine.fpu.control);
        machine.execute(0x9b);
    }

    @Test
    void aStoreThatFaultsLeavesTheStackAlone() {
        machine.execute(0xd9, 0xe8);
        int before = machine.fpu.statusWord();
        machine.state.r[7] = 0x4000_0000L;
        fault(Vector.PF, 0xdd, 0x1f);
        assertEquals(before, machine.fpu.statusWord());
    }
}

package org.thirdmode.x86.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "The VEX Prefix". */
class VexPrefix {
    private static final int CODE = 0x1000;

    /** ANDN EAX, ECX, EDX. */
    private static final byte[] ANDN = {(byte) 0xc4, (byte) 0xe2, 0x70, (byte) 0xf2, (byte) 0xc2};

    @Test
    void isUndefinedInRealAddressMode() {
        Processor cpu = at(TestProcessors.real());
        assertThrows(GuestFault.class, cpu::step);
        assertEquals(Vector.UD, cpu.fault.vector);
    }

    @Test
    void isUndefinedInVirtual8086Mode() {
        Processor cpu = at(TestProcessors.flat32());
        cpu.state.systemFlags |= Rflags.VM;
        assertThrows(GuestFault.class, cpu::step);
        assertEquals(Vector.UD, cpu.fault.vector);
    }

    @Test
    void encodesInstructionsInProtectedMode() {
        Processor cpu = at(TestProcessors.flat32());
        cpu.state.r[CpuState.RCX] = 0x0f0f;
        cpu.state.r[CpuState.RDX] = 0x1234;
        cpu.step();
        assertEquals(0x1030, cpu.state.r[CpuState.RAX]);
    }

    private static Processor at(Processor cpu) {
        cpu.memory.load(CODE, ANDN);
        cpu.state.rip = CODE;
        return cpu;
    }
}

package org.thirdmode.x86.exec.general;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 3B "Mixing 16-Bit and 32-Bit Code", and SDM 3B "Segment Wraparound". */
class InstructionPointerOf16BitCode {
    private static final int HANDLER = 0x5000;

    private final Processor cpu = TestProcessors.real();

    /** Runs through the run loop; RIP afterwards. */
    private long run(long rip, int instructions, int... code) {
        for (int n = 0; n < code.length; n++) {
            cpu.memory.write(rip + n, 1, code[n]);
        }
        cpu.state.rip = rip;
        cpu.run(cpu.now() + instructions);
        return cpu.state.rip;
    }

    private void segmentOf1MByte() {
        cpu.state.segments[Segment.CS].limit = 0xf_ffff;
        cpu.modeChanged();
    }

    private void generalProtectionHandler() {
        cpu.state.r[CpuState.RSP] = 0x4000;
        cpu.state.segments[Segment.SS].set(0, 0, 0xffff, 0x93);
        cpu.state.idtrLimit = 0x3ff;
        cpu.memory.write(4 * Vector.GP, 4, HANDLER);
        cpu.modeChanged();
    }

    @Test
    void aJumpWithA32BitOperandSizeReachesBeyond64KBytes() {
        segmentOf1MByte();
        // jmp dword 12345h
        assertEquals(0x1_2345, run(0x1000, 1, 0x66, 0xe9, 0x3f, 0x13, 0x01, 0x00));
    }

    @Test
    void executionGoesOnBeyond64KBytes() {
        segmentOf1MByte();
        // Four NOPs around the line.
        assertEquals(0x1_0002, run(0xfffe, 4, 0x90, 0x90, 0x90, 0x90));
        assertEquals(0x2_3004, run(0x2_3000, 4, 0x90, 0x90, 0x90, 0x90));
    }

    @Test
    void aBranchWithA16BitOperandSizeClearsTheUpperHalf() {
        segmentOf1MByte();
        // jmp $+4
        assertEquals(0x3004, run(0x2_3000, 1, 0xeb, 0x02));
    }

    @Test
    void executionPastTheLimitIsAGeneralProtectionException() {
        generalProtectionHandler();
        // SDM 3B "Segment Wraparound": the 8086 went on at 0.
        assertEquals(HANDLER, run(0xfffe, 3, 0x90, 0x90));
        assertEquals(0, cpu.memory.read(0x4000 - 6, 2), "the 16 bits of EIP that a frame of real mode holds");
    }

    @Test
    void aJumpBeyondTheLimitIsAGeneralProtectionException() {
        generalProtectionHandler();
        // jmp dword 12345h
        assertEquals(HANDLER, run(0x1000, 1, 0x66, 0xe9, 0x3f, 0x13, 0x01, 0x00));
        assertEquals(0x1000, cpu.memory.read(0x4000 - 6, 2));
    }
}

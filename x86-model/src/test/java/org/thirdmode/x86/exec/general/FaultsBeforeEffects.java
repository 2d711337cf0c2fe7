package org.thirdmode.x86.exec.general;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 3A "Exception Classifications": a fault leaves the machine as it was before the instruction. */
class FaultsBeforeEffects {
    /** Each writes DS:[EBX] or ES:[EDI], which may only be read. */
    @ParameterizedTest
    @CsvSource({
        "ADD, 0103",
        "ADC, 1103",
        "INC, ff03",
        "NEG, f71b",
        "NOT, f713",
        "XCHG, 8703",
        "XADD, 0fc103",
        "CMPXCHG, 0fb10b",
        "CMPXCHG8B, 0fc70b",
        "SHL, d123",
        "RCR, d11b",
        "SHLD, 0fa4030c",
        "BTS, 0fab03",
        "SETE, 0f9403",
        "MOV, 8903",
        "MOVBE, 0f38f103",
        "POP, 8f03",
        "MOVS, a5",
        "STOS, ab",
        "INS, 6d",
        "REP INS, f36d",
    })
    void aDestinationThatMayNotBeWrittenLeavesRegistersAndFlags(String name, String code) {
        List<Integer> touched = new ArrayList<>();
        Processor cpu = TestProcessors.flat32(remembering(touched));
        CpuState s = cpu.state;
        for (int n : new int[] {Segment.DS, Segment.ES}) {
            s.segments[n].attributes &= ~Segment.WRITABLE;
            s.deriveSegment(n);
        }
        s.r[CpuState.RAX] = 0x1234_5678;
        s.r[CpuState.RCX] = 0x9abc_def0L;
        s.r[CpuState.RBX] = 0x2000;
        s.r[CpuState.RDI] = 0x2000;
        s.r[CpuState.RSP] = 0x8000;
        assertFaultWithoutEffect(cpu, name, code, Vector.GP, 0x2000);
        assertEquals(List.of(), touched, name + " touched a port");
    }

    /** The stack segment holds 0..5FFFH; each instruction accesses it beyond. */
    @ParameterizedTest
    @CsvSource({
        "PUSH, 50, 6004",
        "PUSH at 0, 50, 2",
        "POP, 58, 5ffd",
        "PUSHF, 9c, 2",
        "POPF, 9d, 5ffd",
        "PUSHA, 60, 10",
        "POPA, 61, 5ff0",
        "ENTER, c8000000, 2",
        "ENTER nested, c8000003, 8",
        "ENTER that allocates, c8004000, 20",
        "CALL, e800000000, 2",
        "RET, c3, 5ffd",
        "RET and release, c20800, 5ffd",
    })
    void aStackThatEndsLeavesRegistersAndFlags(String name, String code, String sp) {
        Processor cpu = TestProcessors.flat32();
        CpuState s = cpu.state;
        s.segments[Segment.SS].limit = 0x5fff;
        s.deriveSegment(Segment.SS);
        s.r[CpuState.RSP] = Long.parseLong(sp, 16);
        s.r[CpuState.RBP] = 0x3000;
        assertFaultWithoutEffect(cpu, name, code, Vector.SS, 0x3000);
    }

    @Test
    void leaveReadsWhereTheFramePointerPoints() {
        Processor cpu = TestProcessors.flat32();
        cpu.state.segments[Segment.SS].limit = 0x5fff;
        cpu.state.deriveSegment(Segment.SS);
        cpu.state.r[CpuState.RBP] = 0x5ffd;
        cpu.state.r[CpuState.RSP] = 0x4000;
        assertFaultWithoutEffect(cpu, "LEAVE", "c9", Vector.SS, 0x5ff0);
    }

    /** The code segment holds 0..1FFFH; each branch is to 3000H. */
    @ParameterizedTest
    @CsvSource({
        "JMP, e9fb1f0000",
        "JMP to a register, ffe2",
        "JE, 0f84fa1f0000",
        "CALL, e8fb1f0000",
        "CALL a register, ffd2",
        "RET, c3",
    })
    void aTargetBeyondTheCodeSegmentLeavesRegistersAndStack(String name, String code) {
        Processor cpu = TestProcessors.flat32();
        CpuState s = cpu.state;
        s.segments[Segment.CS].limit = 0x1fff;
        cpu.modeChanged();
        s.r[CpuState.RDX] = 0x3000;
        s.r[CpuState.RSP] = 0x8000;
        s.flags.setStatus(Flags.ZF);
        cpu.memory.write(0x8000, 4, 0x3000);
        assertFaultWithoutEffect(cpu, name, code, Vector.GP, 0x7ffc);
    }

    @Test
    void loopToATargetBeyondTheCodeSegmentLeavesItsCount() {
        Processor cpu = TestProcessors.flat32();
        cpu.state.segments[Segment.CS].limit = Programs.CODE + 0x20;
        cpu.modeChanged();
        cpu.state.r[CpuState.RCX] = 5;
        assertFaultWithoutEffect(cpu, "LOOP", "e240", Vector.GP, 0x2000);
    }

    @Test
    void divisionErrorsLeaveTheDividend() {
        Processor cpu = TestProcessors.flat32();
        cpu.state.r[CpuState.RAX] = 5;
        cpu.state.r[CpuState.RDX] = 7;
        assertFaultWithoutEffect(cpu, "DIV", "f7f1", Vector.DE, 0x2000);
    }

    private static void assertFaultWithoutEffect(Processor cpu, String name, String code, int vector, long watched) {
        CpuState s = cpu.state;
        s.flags.setStatus(s.flags.status() | Flags.CF);
        long[] before = Arrays.copyOf(s.r, 16);
        long flags = s.rflags();
        long memory = cpu.memory.read(watched, 8);
        GuestFault fault = Programs.execute(cpu, Programs.bytes(code));
        assertNotNull(fault, name);
        assertEquals(vector, fault.vector, name);
        assertArrayEquals(before, Arrays.copyOf(s.r, 16), name);
        assertEquals(flags, s.rflags(), name);
        assertEquals(memory, cpu.memory.read(watched, 8), name);
        assertEquals(Programs.CODE, s.rip, name);
    }

    @Test
    void withoutPermissionNoPortIsTouchedEvenIfTheCountIs0() {
        List<Integer> touched = new ArrayList<>();
        Processor cpu = TestProcessors.flat32(remembering(touched));
        cpu.state.cpl = 3;
        // A task-state segment without a permission bitmap.
        cpu.state.tr.limit = 103;
        cpu.memory.write(cpu.state.tr.base + 102, 2, 104);
        cpu.state.r[CpuState.RDX] = 0x71;
        assertEquals(Vector.GP, Programs.execute(cpu, 0x6c).vector);
        assertEquals(Vector.GP, Programs.execute(cpu, 0xf3, 0x6e).vector);
        cpu.state.systemFlags |= Rflags.IOPL;
        assertNull(Programs.execute(cpu, 0x6e));
        assertEquals(List.of(0x71), touched);
    }

    private static PortBus remembering(List<Integer> touched) {
        return new PortBus() {
            @Override
            public int read(int port, int size) {
                touched.add(port);
                return 0x55;
            }

            @Override
            public void write(int port, int size, int value) {
                touched.add(port);
            }
        };
    }
}

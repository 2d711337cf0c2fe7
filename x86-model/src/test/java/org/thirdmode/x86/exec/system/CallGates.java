package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 3A "Accessing a Code Segment Through a Call Gate"; SDM 2 "CALL", "RET". */
class CallGates {
    private static final int GATE = GuestMachine.FREE;
    private static final long TARGET = 0x12000;

    /** call GATE|3:0; hlt. */
    private static final String CALL = "9a 00 00 00 00 53 00 f4";

    private final GuestMachine m = GuestMachine.protectedMode().atPrivilege3();

    private void gate(int access, int selector, int parameters) {
        m.descriptor(GATE, GuestMachine.gateDescriptor(access, selector, TARGET, parameters));
        m.cpu.memory.write(TARGET, 1, 0xf4);
    }

    @Test
    void aCallToMorePrivilegeCopiesTheParametersToTheNewStack() {
        gate(GuestMachine.CALL_GATE_32 | GuestMachine.DPL_3, GuestMachine.CODE_0, 2);
        // push 1; push 2; call
        assertEquals(-1, m.run("6a 01 6a 02" + CALL));
        assertEquals(TARGET + 1, m.state.rip);
        assertEquals(0, m.state.cpl);
        assertEquals(GuestMachine.STACK_0 - 24, m.state.r[CpuState.RSP]);
        assertEquals(GuestMachine.CODE + 11, m.slot(0));
        assertEquals(GuestMachine.CODE_3, m.slot(1));
        assertEquals(2, m.slot(2));
        assertEquals(1, m.slot(3));
        assertEquals(GuestMachine.STACK_3 - 8, m.slot(4));
        assertEquals(GuestMachine.DATA_3, m.slot(5));
    }

    @Test
    void retReleasesTheParametersOfBothStacks() {
        gate(GuestMachine.CALL_GATE_32 | GuestMachine.DPL_3, GuestMachine.CODE_0, 2);
        // retf 8; and back at privilege 3 a HLT, which faults there
        m.cpu.memory.load(TARGET, new byte[] {(byte) 0xca, 8, 0});
        assertEquals(Vector.GP, m.run("6a 01 6a 02" + CALL));
        assertEquals(GuestMachine.CODE + 11, m.slot(1));
        assertEquals(GuestMachine.STACK_3, m.slot(4));
    }

    @Test
    void aReturnToLessPrivilegeClearsSegmentsThatItMayNotUse() {
        gate(GuestMachine.CALL_GATE_32 | GuestMachine.DPL_3, GuestMachine.CODE_0, 0);
        // mov ax, 10h; mov ds, ax; retf
        m.cpu.memory.load(TARGET, new byte[] {0x66, (byte) 0xb8, 0x10, 0, (byte) 0x8e, (byte) 0xd8, (byte) 0xcb});
        assertEquals(Vector.GP, m.run(CALL));
        assertEquals(0, m.state.segments[Segment.DS].selector);
        assertEquals(GuestMachine.DATA_3, m.state.segments[Segment.ES].selector);
    }

    @Test
    void aGateOfLessPrivilegeThanCplFaultsWithTheGate() {
        gate(GuestMachine.CALL_GATE_32, GuestMachine.CODE_0, 0);
        assertEquals(Vector.GP, m.run(CALL));
        assertEquals(GATE, m.slot(0));
    }

    @Test
    void aGateThatIsNotPresentFaultsWithNp() {
        gate(0x0c | GuestMachine.DPL_3, GuestMachine.CODE_0, 0);
        assertEquals(Vector.NP, m.run(CALL));
        assertEquals(GATE, m.slot(0));
    }

    @Test
    void aGateToANullSelectorFaultsWithGp0AndToDataWithTheSelector() {
        gate(GuestMachine.CALL_GATE_32 | GuestMachine.DPL_3, 0, 0);
        assertEquals(Vector.GP, m.run(CALL));
        assertEquals(0, m.slot(0));
        GuestMachine other = GuestMachine.protectedMode().atPrivilege3();
        other.descriptor(
                GATE, GuestMachine.gateDescriptor(GuestMachine.CALL_GATE_32 | 0x60, GuestMachine.DATA_3, TARGET, 0));
        assertEquals(Vector.GP, other.run(CALL));
        assertEquals(GuestMachine.DATA_3 & ~3, other.slot(0));
    }

    @Test
    void jmpThroughAGateCannotGainPrivilege() {
        gate(GuestMachine.CALL_GATE_32 | GuestMachine.DPL_3, GuestMachine.CODE_0, 0);
        assertEquals(Vector.GP, m.run("ea 00 00 00 00 53 00"));
        assertEquals(GuestMachine.CODE_0, m.slot(0));
    }

    @Test
    void theOffsetOfTheInstructionIsIgnored() {
        gate(GuestMachine.CALL_GATE_32 | GuestMachine.DPL_3, GuestMachine.CODE_0, 0);
        assertEquals(-1, m.run("9a 78 56 34 12 53 00"));
        assertEquals(TARGET + 1, m.state.rip);
    }

    @Test
    void a64BitGateSwitchesTheStackAndLoadsANullSs() {
        GuestMachine wide = GuestMachine.longMode().atPrivilege3();
        wide.descriptor(
                GATE, GuestMachine.gateDescriptor(GuestMachine.CALL_GATE_32 | 0x60, GuestMachine.CODE_0, TARGET, 0));
        wide.descriptor(GATE + 8, 0);
        wide.cpu.memory.write(TARGET, 1, 0xf4);
        // call far [rip + 0]
        assertEquals(-1, wide.run("ff 1d 00 00 00 00 00 00 00 00 53 00"));
        assertEquals(TARGET + 1, wide.state.rip);
        assertEquals(GuestMachine.STACK_0 - 32, wide.state.r[CpuState.RSP]);
        assertEquals(GuestMachine.CODE + 6, wide.slot(0));
        assertEquals(GuestMachine.CODE_3, wide.slot(1));
        assertEquals(GuestMachine.STACK_3, wide.slot(2));
        assertEquals(GuestMachine.DATA_3, wide.slot(3));
        assertEquals(0, wide.state.segments[Segment.SS].selector);
    }

    @Test
    void a64BitGateWhoseUpperHalfHasATypeFaults() {
        GuestMachine wide = GuestMachine.longMode().atPrivilege3();
        wide.descriptor(
                GATE, GuestMachine.gateDescriptor(GuestMachine.CALL_GATE_32 | 0x60, GuestMachine.CODE_0, TARGET, 0));
        wide.descriptor(GATE + 8, 1L << 40);
        assertEquals(Vector.GP, wide.run("ff 1d 00 00 00 00 00 00 00 00 53 00"));
        assertEquals(GATE, wide.slot(0));
    }
}

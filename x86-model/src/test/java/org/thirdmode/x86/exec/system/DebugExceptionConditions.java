package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** SDM 3B "Debug Exceptions". */
class DebugExceptionConditions {
    private static final long DR6_CLEAR = 0xffff_0ff0L;
    private static final long ON_EXECUTION = 0;
    private static final long ON_WRITE_4 = 0xd0000;
    private static final long ON_ACCESS_4 = 0xf0000;

    private final GuestMachine m = GuestMachine.protectedMode();

    private GuestMachine breakpoint(long address, long kind) {
        m.state.dr[0] = address;
        m.state.dr[7] = 0x401 | kind;
        m.cpu.system.debug.changed();
        return m;
    }

    private void assertDebug(int raised, long dr6, long rip) {
        assertEquals(Vector.DB, raised);
        assertEquals(dr6, m.state.dr[6]);
        assertEquals(rip, m.slot(0));
    }

    @Test
    void singleStepTrapsAfterTheInstructionThatFollowsPopf() {
        // pushf; or dword [esp], 100h; popf; nop; nop
        assertDebug(
                m.run("9c 81 0c 24 00 01 00 00 9d 90 90 f4"), DR6_CLEAR | DebugRegisters.BS, GuestMachine.CODE + 10);
        assertEquals(0, m.state.systemFlags & Rflags.TF);
    }

    @Test
    void softwareInterruptsAreNotStepped() {
        m.state.systemFlags |= Rflags.TF;
        m.cpu.flagsChanged();
        assertEquals(0x80, m.run("cd 80 f4"));
    }

    @Test
    void movSsIsNotSteppedAndTheNextInstructionIs() {
        m.state.systemFlags |= Rflags.TF;
        m.state.r[CpuState.RAX] = GuestMachine.DATA_0;
        m.cpu.flagsChanged();
        assertDebug(m.run("8e d0 90 90 f4"), DR6_CLEAR | DebugRegisters.BS, GuestMachine.CODE + 3);
    }

    @Test
    void anInstructionBreakpointFaultsBeforeTheInstruction() {
        breakpoint(GuestMachine.CODE + 1, ON_EXECUTION);
        assertDebug(m.run("90 40 f4"), DR6_CLEAR | 1, GuestMachine.CODE + 1);
        assertEquals(0, m.state.r[CpuState.RAX]);
        // The image's RF is clear: the handler decides.
        assertEquals(0, m.slot(2) & Rflags.RF);
    }

    @Test
    void rfLetsTheInstructionPass() {
        breakpoint(GuestMachine.CODE, ON_EXECUTION);
        m.state.systemFlags |= Rflags.RF;
        m.cpu.flagsChanged();
        assertEquals(-1, m.run("40 f4"));
        assertEquals(0, m.state.systemFlags & Rflags.RF);
    }

    @Test
    void aDataBreakpointTrapsAfterTheWrite() {
        breakpoint(0x5000, ON_WRITE_4);
        // mov [5000h], eax; nop
        assertDebug(m.run("a3 00 50 00 00 90 f4"), DR6_CLEAR | 1, GuestMachine.CODE + 5);
    }

    @Test
    void aWriteBreakpointIgnoresReadsAndAnAccessBreakpointDoesNot() {
        breakpoint(0x5000, ON_WRITE_4);
        assertEquals(-1, m.run("a1 00 50 00 00 f4"));
        GuestMachine other = GuestMachine.protectedMode();
        other.state.dr[0] = 0x5000;
        other.state.dr[7] = 0x401 | ON_ACCESS_4;
        other.cpu.system.debug.changed();
        assertEquals(Vector.DB, other.run("a1 00 50 00 00 f4"));
    }

    @Test
    void aPartOfTheWatchedBytesIsEnough() {
        breakpoint(0x5000, ON_WRITE_4);
        // mov [5003h], al
        assertDebug(m.run("a2 03 50 00 00 f4"), DR6_CLEAR | 1, GuestMachine.CODE + 5);
    }

    @Test
    void aRepeatedStringInstructionTrapsAfterTheIterationWithRfSetInTheImage() {
        breakpoint(0x5004, ON_WRITE_4);
        m.state.r[CpuState.RDI] = 0x5000;
        m.state.r[CpuState.RCX] = 4;
        // rep stosd
        assertDebug(m.run("f3 ab f4"), DR6_CLEAR | 1, GuestMachine.CODE);
        assertEquals(2, m.state.r[CpuState.RCX]);
        assertEquals(Rflags.RF, m.slot(2) & Rflags.RF);
    }

    @Test
    void generalDetectFaultsAndIsCleared() {
        m.state.dr[7] = 0x400 | DebugRegisters.GD;
        // mov eax, dr0
        assertDebug(m.run("0f 21 c0"), DR6_CLEAR | DebugRegisters.BD, GuestMachine.CODE);
        assertEquals(0, m.state.dr[7] & DebugRegisters.GD);
    }

    @Test
    void int1SetsNoBitOfDr6() {
        assertDebug(m.run("f1 90"), DR6_CLEAR, GuestMachine.CODE + 1);
    }

    @Test
    void dr4IsDr6UnlessDebuggingExtensionsAreOn() {
        m.state.dr[6] = DR6_CLEAR | 5;
        assertEquals(-1, m.run("0f 21 e0 f4"));
        assertEquals(DR6_CLEAR | 5, m.state.r[CpuState.RAX]);
        GuestMachine other = GuestMachine.protectedMode();
        other.state.cr4 |= Cr4.DE;
        assertEquals(Vector.UD, other.run("0f 21 e0 f4"));
    }

    @Test
    void reservedBitsOfDr6AndDr7ReadAsFixed() {
        m.state.r[CpuState.RAX] = 0;
        // mov dr6, eax; mov dr7, eax
        m.run("0f 23 f0 0f 23 f8 f4");
        assertEquals(DR6_CLEAR, m.state.dr[6]);
        assertEquals(0x400, m.state.dr[7]);
        GuestMachine other = GuestMachine.protectedMode();
        other.state.r[CpuState.RAX] = 0xffff_ffffL;
        other.run("0f 23 f0 f4");
        assertEquals(0xffff_efffL, other.state.dr[6]);
    }

    @Test
    void theUpperHalfOfDr7FaultsIn64BitMode() {
        GuestMachine wide = GuestMachine.longMode();
        wide.state.r[CpuState.RAX] = 1L << 32;
        assertEquals(Vector.GP, wide.run("0f 23 f8"));
    }

    @Test
    void singleStepLeavesTheStepOnHltToTheHandler() {
        m.state.systemFlags |= Rflags.TF;
        m.cpu.flagsChanged();
        assertDebug(m.run("f4 90"), DR6_CLEAR | DebugRegisters.BS, GuestMachine.CODE + 1);
    }
}

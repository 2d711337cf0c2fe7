package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "IRET/IRETD/IRETQ—Interrupt Return". */
class ReturnsFromInterrupts {
    private static final long TARGET = 0x12000;

    private final GuestMachine m = GuestMachine.protectedMode();

    private static void push(GuestMachine m, int size, long... values) {
        for (long value : values) {
            m.state.r[CpuState.RSP] -= size;
            m.cpu.memory.write(m.state.r[CpuState.RSP], size, value);
        }
    }

    @Test
    void privilegeDecidesWhichFlagsChange() {
        m.atPrivilege3();
        m.cpu.memory.write(TARGET, 1, 0xf4);
        long everything = 0x3f_7fd7L & ~(Rflags.VM | Rflags.TF | Rflags.NT | Rflags.RF);
        push(m, 4, everything, GuestMachine.CODE_3, TARGET);
        assertEquals(Vector.GP, m.run("cf"));
        // IF was set and stays, IOPL stays 0, VIF and VIP stay clear.
        long kept = Rflags.IOPL | Rflags.VIF | Rflags.VIP;
        assertEquals(0, m.slot(3) & kept);
        assertEquals(Rflags.IF | Rflags.AC | Rflags.ID, m.slot(3) & (Rflags.IF | Rflags.AC | Rflags.ID));
    }

    @Test
    void aReturnToLessPrivilegeTakesTheStackToo() {
        m.cpu.memory.write(TARGET, 1, 0xf4);
        push(m, 4, GuestMachine.DATA_3, GuestMachine.STACK_3, Rflags.FIXED, GuestMachine.CODE_3, TARGET);
        assertEquals(Vector.GP, m.run("cf"));
        assertEquals(TARGET, m.slot(1));
        assertEquals(GuestMachine.STACK_3, m.slot(4));
        // DS held a segment of privilege 0.
        assertEquals(0, m.state.segments[Segment.DS].selector);
    }

    @Test
    void aReturnToMorePrivilegeFaultsWithTheSelector() {
        m.atPrivilege3();
        push(m, 4, Rflags.FIXED, GuestMachine.CODE_0, TARGET);
        assertEquals(Vector.GP, m.run("cf"));
        assertEquals(GuestMachine.CODE_0, m.slot(0));
        assertEquals(GuestMachine.STACK_3 - 12, m.slot(4));
    }

    @Test
    void rfIsLoadedAndLetsTheNextInstructionPassItsBreakpoint() {
        m.state.dr[0] = TARGET;
        m.state.dr[7] = 0x401;
        m.cpu.system.debug.changed();
        m.cpu.memory.write(TARGET, 1, 0xf4);
        push(m, 4, Rflags.RF | Rflags.FIXED, GuestMachine.CODE_0, TARGET);
        assertEquals(-1, m.run("cf"));
    }

    @Test
    void in64BitModeTheStackIsPoppedWithoutAChangeOfPrivilegeToo() {
        GuestMachine wide = GuestMachine.longMode();
        wide.cpu.memory.write(TARGET, 1, 0xf4);
        push(wide, 8, GuestMachine.DATA_0, 0x5555, Rflags.FIXED, GuestMachine.CODE_0, TARGET);
        assertEquals(-1, wide.run("48 cf"));
        assertEquals(0x5555, wide.state.r[CpuState.RSP]);
    }

    @Test
    void inLongModeNtFaultsWithGp0() {
        GuestMachine wide = GuestMachine.longMode();
        wide.state.systemFlags |= Rflags.NT;
        assertEquals(Vector.GP, wide.run("48 cf"));
        assertEquals(0, wide.slot(0));
    }

    @Test
    void aNullStackIsReturnedToBelowPrivilege3In64BitModeOnly() {
        GuestMachine wide = GuestMachine.longMode();
        wide.cpu.memory.write(TARGET, 1, 0xf4);
        push(wide, 8, 0, 0x5000, Rflags.FIXED, GuestMachine.CODE_0, TARGET);
        assertEquals(-1, wide.run("48 cf"));
        wide = GuestMachine.longMode();
        push(wide, 8, 3, 0x5000, Rflags.FIXED, GuestMachine.CODE_3, TARGET);
        assertEquals(Vector.GP, wide.run("48 cf"));
        assertEquals(0, wide.slot(0));
    }

    @Test
    void aNonCanonicalReturnAddressFaultsAtTheIret() {
        GuestMachine wide = GuestMachine.longMode();
        push(wide, 8, GuestMachine.DATA_0, 0x5000, Rflags.FIXED, GuestMachine.CODE_0, 1L << 60);
        assertEquals(Vector.GP, wide.run("48 cf"));
        assertEquals(GuestMachine.CODE, wide.slot(1));
    }
}

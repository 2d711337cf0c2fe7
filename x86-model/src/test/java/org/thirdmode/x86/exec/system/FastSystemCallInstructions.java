package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "SYSCALL", "SYSRET", "SYSENTER", "SYSEXIT". */
class FastSystemCallInstructions {
    private static final long TARGET = 0x12000;
    private static final String SYSCALL = "0f 05";
    private static final String SYSRETQ = "48 0f 07";

    private static GuestMachine user() {
        GuestMachine m = GuestMachine.longMode().atPrivilege3();
        m.cpu.system.msrs.star = (0x13L << 48) | (0x08L << 32);
        m.cpu.system.msrs.lstar = TARGET;
        m.cpu.system.msrs.fmask = Rflags.IF | Rflags.DF;
        m.cpu.memory.write(TARGET, 1, 0xf4);
        return m;
    }

    @Test
    void syscallSavesRipAndRflagsAndMasksThem() {
        GuestMachine m = user();
        assertEquals(-1, m.run(SYSCALL));
        assertEquals(TARGET + 1, m.state.rip);
        assertEquals(GuestMachine.CODE + 2, m.state.r[CpuState.RCX]);
        assertEquals(Rflags.IF | Rflags.FIXED, m.state.r[11]);
        assertEquals(0, m.state.systemFlags & Rflags.IF);
        assertEquals(0, m.state.cpl);
        assertEquals(GuestMachine.CODE_0, m.state.segments[Segment.CS].selector);
        assertEquals(GuestMachine.DATA_0, m.state.segments[Segment.SS].selector);
        // RSP is the handler's business.
        assertEquals(GuestMachine.STACK_3, m.state.r[CpuState.RSP]);
    }

    @Test
    void syscallWithoutSceIsUndefined() {
        GuestMachine m = user();
        m.state.efer &= ~1L;
        assertEquals(Vector.UD, m.run(SYSCALL));
    }

    @Test
    void syscallOutside64BitModeIsUndefinedOnIntel() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.efer |= 1;
        assertEquals(Vector.UD, m.run(SYSCALL));
    }

    @Test
    void sysretGoesToPrivilege3WithTheSelectorsOfStar() {
        GuestMachine m = user();
        m.cpu.memory.load(TARGET, new byte[] {0x48, 0x0f, 0x07});
        // syscall; hlt: the HLT faults at privilege 3.
        assertEquals(Vector.GP, m.run(SYSCALL + "f4"));
        assertEquals(GuestMachine.CODE + 2, m.slot(1));
        assertEquals(0x23, m.slot(2));
        assertEquals(0x1b, m.slot(5));
    }

    @Test
    void sysretToANonCanonicalAddressFaultsAtPrivilege0() {
        GuestMachine m = GuestMachine.longMode();
        m.state.r[CpuState.RCX] = 1L << 60;
        m.state.r[11] = Rflags.FIXED;
        assertEquals(Vector.GP, m.run(SYSRETQ));
        assertEquals(GuestMachine.CODE, m.slot(1));
        assertEquals(GuestMachine.CODE_0, m.slot(2));
        assertEquals(GuestMachine.STACK_0, m.slot(4));
    }

    @Test
    void sysenterWithANullSelectorFaults() {
        assertEquals(Vector.GP, GuestMachine.protectedMode().run("0f 34"));
    }

    @Test
    void sysenterAndSysexitTakeFlatSegmentsFromOneSelector() {
        GuestMachine m = GuestMachine.protectedMode().atPrivilege3();
        m.cpu.system.msrs.sysenterCs = 8;
        m.cpu.system.msrs.sysenterEsp = 0x5800;
        m.cpu.system.msrs.sysenterEip = TARGET;
        m.cpu.memory.write(TARGET, 1, 0xf4);
        assertEquals(-1, m.run("0f 34"));
        assertEquals(0x5800, m.state.r[CpuState.RSP]);
        assertEquals(GuestMachine.CODE_0, m.state.segments[Segment.CS].selector);
        assertEquals(0x10, m.state.segments[Segment.SS].selector);
        assertEquals(0, m.state.systemFlags & Rflags.IF);

        GuestMachine back = GuestMachine.protectedMode();
        back.cpu.system.msrs.sysenterCs = 8;
        back.state.r[CpuState.RCX] = GuestMachine.STACK_3;
        back.state.r[CpuState.RDX] = TARGET;
        back.cpu.memory.write(TARGET, 1, 0xf4);
        assertEquals(Vector.GP, back.run("0f 35"));
        assertEquals(TARGET, back.slot(1));
        assertEquals(0x1b, back.slot(2));
        assertEquals(GuestMachine.STACK_3, back.slot(4));
        assertEquals(0x23, back.slot(5));
    }
}

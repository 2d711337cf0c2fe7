package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 3A "Virtual-8086 Mode", "Interrupt and Exception Handling in Virtual-8086 Mode". */
class Virtual8086Mode {
    private static final int STACK = 0x7000 + 0x100;

    /** Where the program's own vector table sends INT 80H: 1100:0000. */
    private static final long OWN_HANDLER = 0x1100_0000L;

    private GuestMachine virtual(int iopl, long cr4) {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.cr4 |= cr4;
        m.inVirtual8086Mode(iopl);
        m.cpu.memory.write(0x200, 4, OWN_HANDLER);
        // A HLT at privilege 3 faults: that ends the program's own handler.
        m.cpu.memory.write(0x11000, 1, 0xf4);
        m.gate(
                0x80,
                GuestMachine.INTERRUPT_GATE | GuestMachine.DPL_3,
                GuestMachine.CODE_0,
                GuestMachine.HANDLERS + 0x800);
        return m;
    }

    /** The redirection bitmap lies below the I/O map: at its base minus 32. */
    private static void redirectToMonitor(GuestMachine m, int vector) {
        m.cpu.memory.write(GuestMachine.TSS + 0x1000 - 32 + (vector / 8), 1, 1L << (vector % 8));
    }

    @Test
    void anExceptionPushesTheDataSegmentsAndClearsThem() {
        GuestMachine m = virtual(3, 0);
        assertEquals(Vector.UD, m.run("0f 0b"));
        assertEquals(GuestMachine.STACK_0 - 36, m.state.r[CpuState.RSP]);
        assertEquals(0, m.slot(0));
        assertEquals(0x1000, m.slot(1));
        assertEquals(Rflags.VM, m.slot(2) & Rflags.VM);
        assertEquals(0x100, m.slot(3));
        assertEquals(0x700, m.slot(4));
        assertEquals(Segment.ES, m.slot(5));
        assertEquals(Segment.DS, m.slot(6));
        assertEquals(Segment.FS, m.slot(7));
        assertEquals(Segment.GS, m.slot(8));
        assertEquals(0, m.state.segments[Segment.DS].selector);
        assertEquals(0, m.state.systemFlags & Rflags.VM);
    }

    @Test
    void iretGoesBack() {
        GuestMachine m = virtual(3, 0);
        // The handler skips the instruction: add dword [esp], 2; iret.
        m.cpu.memory.load(
                GuestMachine.HANDLERS + (16L * Vector.UD), new byte[] {(byte) 0x83, 0x04, 0x24, 2, (byte) 0xcf});
        assertEquals(Vector.GP, m.run("0f 0b f4"));
        assertEquals(2, m.slot(1));
        assertEquals(Rflags.VM, m.slot(3) & Rflags.VM);
    }

    @Test
    void intNFaultsBelowIopl3AndInt3DoesNot() {
        GuestMachine m = virtual(0, 0);
        assertEquals(Vector.GP, m.run("cd 80"));
        assertEquals(0, m.slot(0));
        m = virtual(0, 0);
        m.gate(3, GuestMachine.INTERRUPT_GATE | GuestMachine.DPL_3, GuestMachine.CODE_0, GuestMachine.HANDLERS + 0x30);
        assertEquals(Vector.BP, m.run("cc"));
    }

    @Test
    void intNAtIopl3GoesToTheMonitor() {
        assertEquals(0x80, virtual(3, 0).run("cd 80"));
    }

    @Test
    void withVmeAClearBitSendsIntNToTheProgramsOwnTable() {
        GuestMachine m = virtual(3, Cr4.VME);
        assertEquals(Vector.GP, m.run("cd 80"));
        // The fault is that of HLT at 1100:0000, with the INT's frame below it on the program's stack.
        assertEquals(0, m.slot(1));
        assertEquals(0x1100, m.slot(2));
        assertEquals(STACK - 6, m.slot(4) + 0x7000);
        assertEquals(2, m.memory(STACK - 6, 2));
        assertEquals(0x1000, m.memory(STACK - 4, 2));
        assertEquals(0, m.slot(3) & Rflags.IF);
    }

    @Test
    void withVmeBelowIopl3TheImageShowsVifAsIfAndVifIsCleared() {
        GuestMachine m = virtual(0, Cr4.VME);
        m.state.systemFlags |= Rflags.VIF;
        m.run("cd 80");
        long image = m.memory(STACK - 2, 2);
        assertEquals(Rflags.IF | Rflags.IOPL, image & (Rflags.IF | Rflags.IOPL));
        assertEquals(0, m.slot(3) & Rflags.VIF);
        assertEquals(Rflags.IF, m.slot(3) & Rflags.IF);
    }

    @Test
    void withVmeASetBitSendsIntNToTheMonitorIfIoplIs3() {
        GuestMachine m = virtual(3, Cr4.VME);
        redirectToMonitor(m, 0x80);
        assertEquals(0x80, m.run("cd 80"));
        m = virtual(0, Cr4.VME);
        redirectToMonitor(m, 0x80);
        assertEquals(Vector.GP, m.run("cd 80"));
        assertEquals(0, m.slot(1));
        assertEquals(0x1000, m.slot(2));
    }

    @Test
    void cliAndStiActOnVifWithVmeAndFaultWithout() {
        GuestMachine m = virtual(0, Cr4.VME);
        m.run("fb f4");
        assertEquals(Rflags.VIF, m.slot(3) & Rflags.VIF);
        m = virtual(0, Cr4.VME);
        m.state.systemFlags |= Rflags.VIF;
        m.run("fa f4");
        assertEquals(0, m.slot(3) & Rflags.VIF);
        assertEquals(Rflags.IF, m.slot(3) & Rflags.IF);
        m = virtual(0, 0);
        assertEquals(Vector.GP, m.run("fa"));
        assertEquals(0, m.slot(1));
    }

    @Test
    void stiFaultsWhileAVirtualInterruptIsPending() {
        GuestMachine m = virtual(0, Cr4.VME);
        m.state.systemFlags |= Rflags.VIP;
        assertEquals(Vector.GP, m.run("fb"));
        assertEquals(0, m.slot(1));
    }

    @Test
    void protectedModeVirtualInterruptsNeedPrivilege3() {
        GuestMachine m = GuestMachine.protectedMode().atPrivilege3();
        m.state.cr4 |= Cr4.PVI;
        assertEquals(Vector.GP, m.run("fb f4"));
        assertEquals(GuestMachine.CODE + 1, m.slot(1));
        assertEquals(Rflags.VIF, m.slot(3) & Rflags.VIF);
    }

    @Test
    void portsAskTheBitmapWhateverIopl() {
        GuestMachine m = virtual(3, 0);
        m.cpu.memory.write(GuestMachine.TSS + 0x1000 + (0x80 / 8), 1, 1);
        m.state.tr.limit = 0x2fff;
        assertEquals(Vector.GP, m.run("e4 81 e4 80"));
        assertEquals(2, m.slot(1));
    }

    @Test
    void systemInstructionsOfProtectedModeAreUndefined() {
        // lldt ax; verr ax; lar ax, ax
        for (String code : new String[] {"0f 00 d0", "0f 00 e0", "0f 02 c0"}) {
            assertEquals(Vector.UD, virtual(3, 0).run(code));
        }
    }
}

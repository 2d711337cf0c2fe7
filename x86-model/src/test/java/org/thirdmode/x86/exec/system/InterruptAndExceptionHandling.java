package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 3A "Exception and Interrupt Handling", "Error Code"; SDM 2 "INT n/INTO/INT3/INT1". */
class InterruptAndExceptionHandling {
    private static final String INT_80 = "cd 80 f4";
    private static final String UD2 = "0f 0b";
    private static final int IDT_BIT = 2;
    private static final int EXT = 1;

    @Test
    void aSoftwareInterruptPushesTheNextInstruction() {
        GuestMachine m = GuestMachine.protectedMode();
        assertEquals(0x80, m.run(INT_80));
        assertEquals(GuestMachine.CODE + 2, m.slot(0));
        assertEquals(GuestMachine.CODE_0, m.slot(1));
        assertEquals(GuestMachine.STACK_0 - 12, m.state.r[CpuState.RSP]);
    }

    @Test
    void aFaultPushesItsOwnInstructionWithRfSet() {
        GuestMachine m = GuestMachine.protectedMode();
        assertEquals(Vector.UD, m.run(UD2));
        assertEquals(GuestMachine.CODE, m.slot(0));
        assertEquals(Rflags.RF | Rflags.FIXED, m.slot(2));
        assertEquals(0, m.state.systemFlags & Rflags.RF);
    }

    @Test
    void anInterruptGateClearsIfAndATrapGateDoesNot() {
        GuestMachine m = GuestMachine.protectedMode().atPrivilege3();
        m.run(UD2);
        assertEquals(0, m.state.systemFlags & Rflags.IF);
        m = GuestMachine.protectedMode().atPrivilege3();
        m.gate(Vector.UD, GuestMachine.TRAP_GATE, GuestMachine.CODE_0, GuestMachine.HANDLERS + (16 * Vector.UD));
        m.run(UD2);
        assertEquals(Rflags.IF, m.state.systemFlags & Rflags.IF);
    }

    @Test
    void aHandlerOfMorePrivilegeGetsTheStackOfTheTss() {
        GuestMachine m = GuestMachine.protectedMode().atPrivilege3();
        assertEquals(Vector.UD, m.run(UD2));
        assertEquals(0, m.state.cpl);
        assertEquals(GuestMachine.DATA_0, m.state.segments[Segment.SS].selector);
        assertEquals(GuestMachine.STACK_0 - 20, m.state.r[CpuState.RSP]);
        assertEquals(GuestMachine.CODE_3, m.slot(1));
        assertEquals(GuestMachine.STACK_3, m.slot(3));
        assertEquals(GuestMachine.DATA_3, m.slot(4));
    }

    @Test
    void intNThroughAGateOfLessPrivilegeThanCplFaultsWithTheGateAndNoExt() {
        GuestMachine m = GuestMachine.protectedMode().atPrivilege3();
        assertEquals(Vector.GP, m.run(INT_80));
        assertEquals((0x80 * 8) + IDT_BIT, m.slot(0));
        assertEquals(GuestMachine.CODE, m.slot(1));
    }

    @Test
    void anExceptionTakesAGateOfAnyPrivilege() {
        assertEquals(Vector.UD, GuestMachine.protectedMode().atPrivilege3().run(UD2));
    }

    @Test
    void aGateThatIsNotPresentFaultsWithNpAndExtForAnException() {
        GuestMachine m = GuestMachine.protectedMode();
        m.gate(Vector.UD, 0x0e, GuestMachine.CODE_0, GuestMachine.HANDLERS);
        assertEquals(Vector.NP, m.run(UD2));
        assertEquals((Vector.UD * 8) + IDT_BIT + EXT, m.slot(0));
        m = GuestMachine.protectedMode();
        m.gate(0x80, 0x0e, GuestMachine.CODE_0, GuestMachine.HANDLERS);
        assertEquals(Vector.NP, m.run(INT_80));
        assertEquals((0x80 * 8) + IDT_BIT, m.slot(0));
    }

    @Test
    void aVectorBeyondTheLimitOfTheIdtFaultsWithGp() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.idtrLimit = (0x80 * 8) + 6;
        assertEquals(Vector.GP, m.run(INT_80));
        assertEquals((0x80 * 8) + IDT_BIT, m.slot(0));
    }

    @Test
    void aNullHandlerSegmentFaultsWithGp0AndOneThatIsNotPresentWithNp() {
        GuestMachine m = GuestMachine.protectedMode();
        m.gate(0x80, GuestMachine.INTERRUPT_GATE, 0, GuestMachine.HANDLERS);
        assertEquals(Vector.GP, m.run(INT_80));
        assertEquals(0, m.slot(0));
        m = GuestMachine.protectedMode();
        m.gate(0x80, GuestMachine.INTERRUPT_GATE, GuestMachine.FREE, GuestMachine.HANDLERS);
        m.descriptor(GuestMachine.FREE, GuestMachine.flat32(GuestMachine.READABLE_CODE & ~GuestMachine.PRESENT));
        assertEquals(Vector.NP, m.run(INT_80));
        assertEquals(GuestMachine.FREE, m.slot(0));
    }

    @Test
    void aStackOfTheTssThatIsNullFaultsWithTs() {
        GuestMachine m = GuestMachine.protectedMode().atPrivilege3();
        m.cpu.memory.write(GuestMachine.TSS + 8, 4, 0);
        m.gate(0x80, GuestMachine.INTERRUPT_GATE | GuestMachine.DPL_3, GuestMachine.CODE_0, GuestMachine.HANDLERS);
        // #TS needs the same stack: a contributory exception while one is delivered, twice.
        assertEquals(-2, m.run(INT_80));
    }

    @Test
    void aFaultInTheDeliveryOfAContributoryExceptionIsADoubleFaultWithErrorCode0() {
        GuestMachine m = GuestMachine.protectedMode();
        m.gate(Vector.GP, 0x0e, GuestMachine.CODE_0, GuestMachine.HANDLERS);
        // mov ds, 50h: #GP(50h), whose gate is not present.
        assertEquals(Vector.DF, m.run("66 b8 50 00 8e d8"));
        assertEquals(0, m.slot(0));
        assertEquals(GuestMachine.CODE + 4, m.slot(1));
    }

    @Test
    void aFaultInTheDeliveryOfABenignExceptionIsDeliveredInItsPlace() {
        GuestMachine m = GuestMachine.protectedMode();
        m.gate(Vector.UD, 0x0e, GuestMachine.CODE_0, GuestMachine.HANDLERS);
        assertEquals(Vector.NP, m.run(UD2));
    }

    @Test
    void aFaultInTheDeliveryOfADoubleFaultShutsDown() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.idtrLimit = 0;
        assertEquals(-2, m.run(UD2));
    }

    @Test
    void inLongModeTheStackIsAlignedAndSsAndRspArePushedAlways() {
        GuestMachine m = GuestMachine.longMode();
        m.state.r[CpuState.RSP] = GuestMachine.STACK_0 - 3;
        assertEquals(Vector.UD, m.run(UD2));
        assertEquals(GuestMachine.STACK_0 - 16 - 40, m.state.r[CpuState.RSP]);
        assertEquals(GuestMachine.CODE, m.slot(0));
        assertEquals(GuestMachine.STACK_0 - 3, m.slot(3));
        assertEquals(GuestMachine.DATA_0, m.slot(4));
        assertEquals(GuestMachine.DATA_0, m.state.segments[Segment.SS].selector);
    }

    @Test
    void inLongModeAChangeOfPrivilegeLoadsANullSs() {
        GuestMachine m = GuestMachine.longMode().atPrivilege3();
        assertEquals(Vector.UD, m.run(UD2));
        assertEquals(0, m.state.segments[Segment.SS].selector);
        assertEquals(GuestMachine.DATA_3, m.slot(4));
    }

    @Test
    void anInterruptStackIsTakenWithoutAChangeOfPrivilegeToo() {
        GuestMachine m = GuestMachine.longMode();
        m.useInterruptStack(Vector.UD);
        assertEquals(Vector.UD, m.run(UD2));
        assertEquals(GuestMachine.INTERRUPT_STACK - 40, m.state.r[CpuState.RSP]);
    }

    @Test
    void inLongModeAHandlerThatIsNot64BitCodeFaults() {
        GuestMachine m = GuestMachine.longMode();
        m.descriptor(GuestMachine.FREE, GuestMachine.flat32(GuestMachine.READABLE_CODE));
        m.gate(0x80, GuestMachine.INTERRUPT_GATE, GuestMachine.FREE, GuestMachine.HANDLERS);
        assertEquals(Vector.GP, m.run(INT_80));
        assertEquals(GuestMachine.FREE, m.slot(0));
    }

    @Test
    void stiHoldsInterruptsForOneInstruction() {
        GuestMachine m = GuestMachine.protectedMode();
        m.cpu.nmi();
        // An NMI does not wait for STI; it comes before the first instruction.
        assertEquals(Vector.NMI, m.run("fb 90 f4"));
        assertEquals(GuestMachine.CODE, m.slot(0));
    }

    @Test
    void movSsHoldsAnNmiForOneInstruction() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.r[CpuState.RAX] = GuestMachine.DATA_0;
        m.code("8e d0 90 90 f4");
        m.cpu.run(m.cpu.now() + 1);
        m.cpu.nmi();
        assertEquals(Vector.NMI, m.run());
        assertEquals(GuestMachine.CODE + 3, m.slot(0));
    }

    @Test
    void aSecondNmiWaitsForIret() {
        GuestMachine m = GuestMachine.protectedMode();
        // The handler is NOP, IRET; the program is NOP, HLT.
        m.cpu.memory.write(GuestMachine.HANDLERS + (16 * Vector.NMI), 2, 0xcf90);
        m.code("90 f4");
        m.cpu.nmi();
        m.cpu.run(m.cpu.now() + 1);
        m.cpu.nmi();
        assertEquals(GuestMachine.HANDLERS + (16 * Vector.NMI) + 1, m.state.rip);
        m.cpu.run(m.cpu.now() + 1);
        // Back in the program, and at once in the handler again.
        assertEquals(GuestMachine.HANDLERS + (16 * Vector.NMI), m.state.rip);
        assertEquals(GuestMachine.CODE, m.slot(0));
        assertEquals(GuestMachine.STACK_0 - 12, m.state.r[CpuState.RSP]);
    }
}

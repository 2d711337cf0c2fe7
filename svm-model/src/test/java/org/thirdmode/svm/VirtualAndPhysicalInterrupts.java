package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.state.Rflags;

/** APM 2 "Interrupt Intercepts", "Virtual Interrupts", "Global Interrupt Flag, STGI and CLGI". */
class VirtualAndPhysicalInterrupts {
    private static final int VECTOR = 0x33;
    private static final long HANDLER = SvmMachine.HANDLER + (VECTOR * 16L);
    private static final long IRQ = 1 << 8;
    private static final long MASKING = 1 << 24;
    private static final long IGNORE_TPR = 1 << 20;

    private static SvmMachine virtual(long control, long flags) {
        return new SvmMachine()
                .guest(0x90, 0x90, 0x0f, 0x01, 0xd9) // nop; nop; vmmcall
                .set(VmcbField.INTERRUPT_CONTROL, control)
                .set(VmcbField.V_INTR_VECTOR, VECTOR)
                .set(VmcbField.RFLAGS, flags | 2);
    }

    private static long priority(int priority) {
        return (long) priority << 16;
    }

    @Test
    void aVirtualInterruptGoesThroughTheGuestsTable() {
        SvmMachine machine = virtual(IRQ | IGNORE_TPR, Rflags.IF);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(HANDLER, machine.get(VmcbField.RIP));
        assertEquals(0, machine.get(VmcbField.INTERRUPT_CONTROL) & IRQ, "V_IRQ is cleared when it is taken");
    }

    @Test
    void aVirtualInterruptWaitsForTheGuestsInterruptFlag() {
        SvmMachine machine = virtual(IRQ | IGNORE_TPR, 0);
        machine.exit();
        assertEquals(SvmMachine.GUEST_CODE + 2, machine.get(VmcbField.RIP));
        assertEquals(IRQ, machine.get(VmcbField.INTERRUPT_CONTROL) & IRQ);
    }

    @Test
    void itsPriorityMustExceedTheVirtualTaskPriority() {
        assertEquals(SvmMachine.GUEST_CODE + 2, ripAfter(virtual(IRQ | priority(5) | 5, Rflags.IF)));
        assertEquals(HANDLER, ripAfter(virtual(IRQ | priority(6) | 5, Rflags.IF)));
    }

    private static long ripAfter(SvmMachine machine) {
        machine.exit();
        return machine.get(VmcbField.RIP);
    }

    @Test
    void itWaitsForTheInterruptShadow() {
        SvmMachine machine = virtual(IRQ | IGNORE_TPR, Rflags.IF);
        machine.set(VmcbField.INTERRUPT_SHADOW, 1);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(SvmMachine.GUEST_CODE + 1, machine.memory.read(SvmMachine.GUEST_STACK - 40, 8));
        assertEquals(0, machine.get(VmcbField.INTERRUPT_SHADOW));
    }

    @Test
    void theInterceptComesBeforeItIsTaken() {
        SvmMachine machine = virtual(IRQ | IGNORE_TPR, Rflags.IF).setBits(VmcbField.INTERCEPT_MISC1, 1 << 4);
        assertEquals(ExitTable.VINTR, machine.exit());
        assertEquals(IRQ, machine.get(VmcbField.INTERRUPT_CONTROL) & IRQ);
        assertEquals(SvmMachine.GUEST_CODE, machine.get(VmcbField.RIP));
    }

    @Test
    void withMaskingCr8IsTheVirtualTaskPriority() {
        // mov $9,%eax; mov %rax,%cr8; mov %cr8,%rbx; vmmcall
        SvmMachine machine = new SvmMachine()
                .guest(0xb8, 9, 0, 0, 0, 0x44, 0x0f, 0x22, 0xc0, 0x44, 0x0f, 0x20, 0xc3, 0x0f, 0x01, 0xd9)
                .set(VmcbField.INTERRUPT_CONTROL, MASKING | 3);
        machine.apic.taskPriority = 1;
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(9, machine.cpu.state.r[3]);
        assertEquals(9, machine.get(VmcbField.INTERRUPT_CONTROL) & 0xff);
        assertEquals(1, machine.apic.taskPriority);
    }

    /** With V_INTR_MASKING the host's RFLAGS.IF lets a physical interrupt in, not the guest's. */
    @Test
    void anInterceptedInterruptStaysPending() {
        SvmMachine machine = new SvmMachine().setBits(VmcbField.INTERCEPT_MISC1, 1);
        machine.set(VmcbField.INTERRUPT_CONTROL, MASKING);
        machine.host(0x0f, 0x01, 0xdd, 0xfb, 0x0f, 0x01, 0xd8, 0xf4); // clgi; sti; vmrun; hlt
        machine.apic.pending = VECTOR;
        machine.cpu.interruptLineChanged();
        assertEquals(ExitTable.INTR, machine.exit());
        assertEquals(VECTOR, machine.apic.pending);
        assertEquals(SvmMachine.GUEST_CODE, machine.get(VmcbField.RIP));
    }

    @Test
    void withoutMaskingTheGuestsInterruptFlagCounts() {
        SvmMachine machine = new SvmMachine().setBits(VmcbField.INTERCEPT_MISC1, 1);
        machine.host(0x0f, 0x01, 0xdd, 0xfb, 0x0f, 0x01, 0xd8, 0xf4);
        machine.apic.pending = VECTOR;
        machine.cpu.interruptLineChanged();
        assertEquals(ExitTable.VMMCALL, machine.exit());
    }

    @Test
    void anInterceptedNmiStaysPending() {
        SvmMachine machine = new SvmMachine().setBits(VmcbField.INTERCEPT_MISC1, 1 << 1);
        machine.host(0x0f, 0x01, 0xdd, 0x90, 0x0f, 0x01, 0xd8, 0xf4); // clgi; nop; vmrun; hlt
        machine.cpu.globalInterruptFlag = false;
        machine.cpu.nmi();
        assertEquals(ExitTable.NMI, machine.exit());
        assertTrue(machine.cpu.nmiPending);
        assertFalse(machine.cpu.nmiBlocked);
    }

    @Test
    void initIsHeldWhileTheGlobalFlagIsClearAndLeavesTheGuest() {
        SvmMachine machine = new SvmMachine().setBits(VmcbField.INTERCEPT_MISC1, 1 << 3);
        machine.host(0x0f, 0x01, 0xdd, 0x90, 0x0f, 0x01, 0xd8, 0xf4);
        machine.cpu.globalInterruptFlag = false;
        machine.cpu.init();
        assertEquals(ExitTable.INIT, machine.exit());
        assertTrue(machine.cpu.initPending);
    }

    /** APM 2 "Virtualizing STGI and CLGI". */
    @Test
    void aVirtualGlobalFlagIsTheGuestsOwn() {
        // clgi; nop; vmmcall
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x01, 0xdd, 0x90, 0x0f, 0x01, 0xd9);
        machine.set(VmcbField.INTERRUPT_CONTROL, (1 << 25) | (1 << 9));
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(0, machine.get(VmcbField.INTERRUPT_CONTROL) & (1 << 9));
        machine.guest(0x0f, 0x01, 0xdc, 0x90, 0x0f, 0x01, 0xd9).set(VmcbField.RIP, SvmMachine.GUEST_CODE);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(1 << 9, machine.get(VmcbField.INTERRUPT_CONTROL) & (1 << 9));
    }

    /** "Setting host RFLAGS.TF causes a #DB trap after the VMRUN completes on the host side." */
    @Test
    void theHostsTrapFlagTrapsAfterTheExit() {
        SvmMachine machine = new SvmMachine();
        machine.code(SvmMachine.HANDLER + 16, 0xf4);
        machine.cpu.state.systemFlags |= Rflags.TF;
        machine.run();
        assertEquals(ExitTable.VMMCALL, machine.get(VmcbField.EXITCODE));
        assertEquals(SvmMachine.HANDLER + 17, machine.cpu.state.rip);
        long frame = SvmMachine.HOST_STACK - 40;
        assertEquals(SvmMachine.HOST_CODE + 3, machine.memory.read(frame, 8));
    }

    /** "A guest value of 1 in EFLAGS.TF causes a trace trap after the first guest instruction." */
    @Test
    void theGuestsTrapFlagTrapsAfterItsFirstInstruction() {
        SvmMachine machine = new SvmMachine().guest(0x90, 0x0f, 0x01, 0xd9);
        machine.set(VmcbField.RFLAGS, Rflags.TF | 2).set(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 1);
        assertEquals(ExitTable.EXCP0 + 1, machine.exit());
        assertEquals(SvmMachine.GUEST_CODE + 1, machine.get(VmcbField.RIP));
        assertEquals(1 << 14, machine.get(VmcbField.DR6) & (1 << 14));
    }
}

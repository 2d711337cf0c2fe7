package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.vmcb.VmcbField;

/** APM 2 "Event Injection" and what EXITINTINFO tells of it. */
class EventInjection {
    private static final long VALID = 0x8000_0000L;
    private static final int EXCEPTION = 3 << 8;
    private static final int ERROR_CODE = 1 << 11;

    private static long handler(int vector) {
        return SvmMachine.HANDLER + (vector * 16L);
    }

    @Test
    void anExceptionIsDeliveredBeforeTheFirstInstruction() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.EVENTINJ, VALID | EXCEPTION | ERROR_CODE | 13 | (0x1234L << 32));
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(handler(13), machine.get(VmcbField.RIP));
        long frame = SvmMachine.GUEST_STACK - 48;
        assertEquals(frame, machine.get(VmcbField.RSP));
        assertEquals(0x1234, machine.memory.read(frame, 8));
        assertEquals(SvmMachine.GUEST_CODE, machine.memory.read(frame + 8, 8));
        assertEquals(0, machine.get(VmcbField.EVENTINJ) & VALID, "#VMEXIT clears V");
        assertEquals(0, machine.get(VmcbField.EXITINTINFO));
    }

    /** "The event injection is not subject to intercepts; what its delivery raises is." */
    @Test
    void anInjectedExceptionIsNotIntercepted() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.EVENTINJ, VALID | EXCEPTION | 6).set(VmcbField.INTERCEPT_EXCEPTIONS, -1L);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(handler(6), machine.get(VmcbField.RIP));
    }

    @Test
    void anInterruptIsInjectedWhateverInterruptFlagSays() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.EVENTINJ, VALID | 0x31);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(handler(0x31), machine.get(VmcbField.RIP));
    }

    /** With next-RIP saving a software interrupt returns to NRIP. */
    @Test
    void aSoftwareInterruptReturnsToTheNextRip() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.EVENTINJ, VALID | (4 << 8) | 0x40).set(VmcbField.NRIP, SvmMachine.GUEST_CODE + 2);
        assertEquals(ExitTable.VMMCALL, machine.exit());
        assertEquals(handler(0x40), machine.get(VmcbField.RIP));
        assertEquals(SvmMachine.GUEST_CODE + 2, machine.memory.read(SvmMachine.GUEST_STACK - 40, 8));
    }

    @Test
    void anExitDuringDeliveryTellsTheEvent() {
        SvmMachine machine = new SvmMachine();
        machine.set(VmcbField.EVENTINJ, VALID | EXCEPTION | ERROR_CODE | 14 | (7L << 32))
                .set(VmcbField.IDTR_LIMIT, 0)
                .set(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 13);
        assertEquals(ExitTable.EXCP0 + 13, machine.exit());
        assertEquals((14 * 8) | 2 | 1, machine.get(VmcbField.EXITINFO1), "the gate's number, IDT, EXT");
        assertEquals(VALID | EXCEPTION | ERROR_CODE | 14 | (7L << 32), machine.get(VmcbField.EXITINTINFO));
        assertEquals(SvmMachine.GUEST_CODE, machine.get(VmcbField.RIP));
        assertEquals(SvmMachine.GUEST_STACK, machine.get(VmcbField.RSP));
    }

    @Test
    void aNestedPageFaultDuringDeliveryTellsTheEvent() {
        SvmMachine machine = new SvmMachine().nested();
        long idt = 0x60_0000;
        machine.set(VmcbField.IDTR_BASE, idt).set(VmcbField.EVENTINJ, VALID | 0x55);
        machine.memory.write(SvmMachine.NESTED_TABLES + 0x2000 + 24, 8, 0); // the guest's 600000H is not mapped
        assertEquals(ExitTable.NPF, machine.exit());
        assertEquals(idt + (0x55 * 16), machine.get(VmcbField.EXITINFO2));
        assertEquals(VALID | 0x55, machine.get(VmcbField.EXITINTINFO));
    }

    @Test
    void aFaultOfTheGuestIsToldToItsHypervisorWithErrorCode() {
        SvmMachine machine = new SvmMachine().guest(0x8e, 0xd8); // mov %eax,%ds
        machine.set(VmcbField.RAX, 0x1000).set(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 13);
        assertEquals(ExitTable.EXCP0 + 13, machine.exit());
        assertEquals(0x1000, machine.get(VmcbField.EXITINFO1));
    }

    /** APM 2 "#PF (Page Fault)": the address is in EXITINFO2, "CR2 is not written by the processor". */
    @Test
    void anInterceptedPageFaultLeavesCr2() {
        SvmMachine machine = new SvmMachine().guest(0x48, 0xa1, 0, 0, 0, 0x10, 0, 0, 0, 0); // movabs 0x10000000,%rax
        machine.set(VmcbField.CR2, 0x5555).set(VmcbField.INTERCEPT_EXCEPTIONS, 1 << 14);
        assertEquals(ExitTable.EXCP0 + 14, machine.exit());
        assertEquals(0x1000_0000, machine.get(VmcbField.EXITINFO2));
        assertEquals(0, machine.get(VmcbField.EXITINFO1));
        assertEquals(0x5555, machine.get(VmcbField.CR2));
        assertEquals(15, machine.get(VmcbField.BYTES_FETCHED), "decode assists");
        assertEquals(0x48, machine.memory.read(SvmMachine.VMCB + 0xd1, 1));
        assertEquals(0xa1, machine.memory.read(SvmMachine.VMCB + 0xd2, 1));
    }

    @Test
    void aTripleFaultIsAnExit() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x0b);
        machine.set(VmcbField.IDTR_LIMIT, 0);
        assertEquals(ExitTable.SHUTDOWN, machine.exit());
    }

    @Test
    void aTripleFaultThatNobodyInterceptsShutsTheProcessorDown() {
        SvmMachine machine = new SvmMachine().guest(0x0f, 0x0b);
        machine.set(VmcbField.IDTR_LIMIT, 0).set(VmcbField.INTERCEPT_MISC1, 0);
        assertEquals(org.thirdmode.x86.exec.Processor.Stop.SHUTDOWN, machine.run());
        assertTrue(!machine.cpu.guestMode);
    }
}

package org.thirdmode.vmx.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/** SDM 3C "Event Injection": what an entry delivers, and what becomes of it. */
class EventInjection {
    private static final long VALID = 0x8000_0000L;
    private static final long ERROR_CODE = 1 << 11;

    private static VmxMachine machine() {
        return new VmxMachine().withVmcs().on(PrimaryProcessorBased.HLT_EXITING);
    }

    private static long handler(int vector) {
        return VmxMachine.HANDLERS + 16L * vector;
    }

    private static VmxMachine injecting(long type, int vector) {
        return machine().put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, VALID | (type << 8) | vector);
    }

    private static long pushed(VmxMachine machine, int slot) {
        return machine.cpu.memory.read(machine.get(VmcsField.GUEST_RSP) + 8L * slot, 8);
    }

    @Test
    void anExternalInterruptIsDeliveredThroughTheGuestsIdt() {
        VmxMachine machine = injecting(0, 0x40).put(VmcsField.GUEST_RFLAGS, 2 | Rflags.IF);
        assertEquals(new VmExit.Hlt(1), machine.launch("90"));
        assertEquals(handler(0x40), machine.get(VmcsField.GUEST_RIP));
        assertEquals(VmxMachine.GUEST_CODE, pushed(machine, 0));
        assertEquals(0, machine.get(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION) & VALID);
        assertEquals(0, machine.get(VmcsField.IDT_VECTORING_INFORMATION));
    }

    @Test
    void aHardwareExceptionPushesItsErrorCodeAndIsNotAskedOfTheExceptionBitmap() {
        VmxMachine machine = injecting(3, 13)
                .put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, VALID | ERROR_CODE | (3 << 8) | 13)
                .put(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, 0x1234)
                .put(VmcsField.EXCEPTION_BITMAP, -1);
        assertEquals(new VmExit.Hlt(1), machine.launch("90"));
        assertEquals(0x1234, pushed(machine, 0));
        assertEquals(VmxMachine.GUEST_CODE, pushed(machine, 1));
    }

    @ParameterizedTest
    @CsvSource({"4, 128, 2", "5, 1, 1", "6, 3, 1"})
    void aSoftwareEventReturnsBehindItsInstruction(long type, int vector, int length) {
        VmxMachine machine = injecting(type, vector).put(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, length);
        machine.launch("9090");
        assertEquals(handler(vector), machine.get(VmcsField.GUEST_RIP));
        assertEquals(VmxMachine.GUEST_CODE + length, pushed(machine, 0));
    }

    @Test
    void anNmiBlocksFurtherOnes() {
        VmxMachine machine = injecting(2, 2);
        machine.launch("90");
        assertEquals(8, machine.get(VmcsField.GUEST_INTERRUPTIBILITY_STATE));
        assertEquals(handler(2), machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void withVirtualNmisTheBlockingIsVirtual() {
        VmxMachine machine = injecting(2, 2).on(PinBased.NMI_EXITING, PinBased.VIRTUAL_NMIS);
        machine.launch("90");
        assertEquals(8, machine.get(VmcsField.GUEST_INTERRUPTIBILITY_STATE));
        assertTrue(!machine.cpu.nmiBlocked);
    }

    @Test
    void anEventWakesAHaltedGuest() {
        VmxMachine machine =
                injecting(0, 0x40).put(VmcsField.GUEST_RFLAGS, 2 | Rflags.IF).put(VmcsField.GUEST_ACTIVITY_STATE, 1);
        assertEquals(new VmExit.Hlt(1), machine.launch("90"));
        assertEquals(0, machine.get(VmcsField.GUEST_ACTIVITY_STATE));
    }

    @Test
    void anOtherEventIsAPendingMonitorTrapFlag() {
        VmxMachine machine = injecting(7, 0);
        assertEquals(new VmExit.MonitorTrapFlag(), machine.launch("90"));
        assertEquals(VmxMachine.GUEST_CODE, machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void monitorTrapFlagComesBeforeTheHandlersFirstInstruction() {
        VmxMachine machine = injecting(3, 6).on(PrimaryProcessorBased.MONITOR_TRAP_FLAG);
        assertEquals(new VmExit.MonitorTrapFlag(), machine.launch("90"));
        assertEquals(handler(6), machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void anExceptionDuringTheDeliveryTellsTheEventAsIdtVectoring() {
        VmxMachine machine = injecting(4, 0x80)
                .put(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, 2)
                .put(VmcsField.GUEST_IDTR_LIMIT, 0x7ff)
                .put(VmcsField.EXCEPTION_BITMAP, 1 << 13);
        machine.launch("9090");
        assertEquals(ExitReason.EXCEPTION_OR_NMI.number, machine.get(VmcsField.EXIT_REASON));
        assertEquals(0x8000_0b0dL, machine.get(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION));
        assertEquals(0x80 * 8 + 2, machine.get(VmcsField.VM_EXIT_INTERRUPTION_ERROR_CODE));
        assertEquals(VALID | (4 << 8) | 0x80, machine.get(VmcsField.IDT_VECTORING_INFORMATION));
        assertEquals(2, machine.get(VmcsField.VM_EXIT_INSTRUCTION_LENGTH));
        assertEquals(VmxMachine.GUEST_CODE, machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void aContributoryExceptionDuringTheDeliveryOfAnotherIsADoubleFault() {
        VmxMachine machine = injecting(3, 13)
                .put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, VALID | ERROR_CODE | (3 << 8) | 13)
                .put(VmcsField.GUEST_IDTR_LIMIT, 13 * 16 - 1)
                .put(VmcsField.EXCEPTION_BITMAP, 1 << 8);
        machine.launch("90");
        assertEquals(0x8000_0b08L, machine.get(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION));
        assertEquals(0, machine.get(VmcsField.IDT_VECTORING_INFORMATION));
    }

    @Test
    void theEventOfAGuestInRealAddressModeGoesThroughItsVectorTable() {
        VmxMachine machine =
                machine().on(SecondaryProcessorBased.ENABLE_EPT, SecondaryProcessorBased.UNRESTRICTED_GUEST);
        machine.off(org.thirdmode.vmx.vmcs.EntryControls.IA_32E_MODE_GUEST);
        // EPT: one 1-GByte page, write-back, all rights
        machine.cpu.memory.write(VmxMachine.PAGE_A, 8, VmxMachine.PAGE_B | 7);
        machine.cpu.memory.write(VmxMachine.PAGE_B, 8, 0xb7);
        machine.put(VmcsField.EPT_POINTER, VmxMachine.PAGE_A | 6 | (3 << 3));
        machine.put(VmcsField.GUEST_CR0, Cr0.NE | Cr0.ET).put(VmcsField.GUEST_CR4, machine.state.cr4);
        for (int n = 0; n < 6; n++) {
            machine.put(VmcsField.byEncoding(0x0800 + 2L * n), 0);
            machine.put(VmcsField.byEncoding(0x6806 + 2L * n), 0);
            machine.put(VmcsField.byEncoding(0x4800 + 2L * n), 0xffff);
            machine.put(VmcsField.byEncoding(0x4814 + 2L * n), n == Segment.CS ? 0x9b : 0x93);
        }
        machine.put(VmcsField.GUEST_RIP, 0x600).put(VmcsField.GUEST_RSP, 0x900);
        machine.put(VmcsField.GUEST_IDTR_BASE, 0).put(VmcsField.GUEST_RFLAGS, 2 | Rflags.IF);
        machine.cpu.memory.write(4 * 0x21, 4, 0x0000_0700); // vector 21H: 0000:0700
        machine.load(0x700, "f4");
        machine.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, VALID | 0x21);
        assertEquals(new VmExit.Hlt(1), machine.launch("90"));
        assertEquals(0x700, machine.get(VmcsField.GUEST_RIP));
        assertEquals(0x900 - 6, machine.get(VmcsField.GUEST_RSP));
        assertEquals(0x600, machine.cpu.memory.read(0x900 - 6, 2));
    }

    @Test
    void theHandlerReturnsToTheGuest() {
        VmxMachine machine = injecting(0, 0x40).put(VmcsField.GUEST_RFLAGS, 2 | Rflags.IF);
        machine.load(handler(0x40), "48cf"); // IRETQ
        machine.launch("b807000000 f4"); // MOV EAX, 7; HLT
        assertEquals(7, machine.register(CpuState.RAX));
        assertEquals(VmxMachine.GUEST_CODE + 5, machine.get(VmcsField.GUEST_RIP));
    }
}

package org.thirdmode.vmx.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;

/** SDM 3C "Other Causes of VM Exits": events, windows, timers, accesses to memory. */
class OtherCausesOfVmExits {
    private static final String VMCALL = "0f01c1";
    private static final int PAGE_FAULT = 1 << 14;

    private static VmxMachine exiting(ControlBit... controls) {
        return new VmxMachine().withVmcs().on(controls);
    }

    /** Identity for the first 2 MBytes in 4-KByte pages of EPT, one to one; the page table is at PAGE_D. */
    private static VmxMachine withEpt(ControlBit... controls) {
        VmxMachine machine = exiting(controls).on(SecondaryProcessorBased.ENABLE_EPT);
        machine.cpu.memory.write(VmxMachine.PAGE_A, 8, VmxMachine.PAGE_B | 7);
        machine.cpu.memory.write(VmxMachine.PAGE_B, 8, VmxMachine.PAGE_C | 7);
        machine.cpu.memory.write(VmxMachine.PAGE_C, 8, VmxMachine.PAGE_D | 7);
        machine.cpu.memory.write(VmxMachine.PAGE_C + 8, 8, 0x200000 | 0xb7);
        for (int n = 0; n < 512; n++) {
            machine.cpu.memory.write(VmxMachine.PAGE_D + 8L * n, 8, (4096L * n) | 0x37);
        }
        return machine.put(VmcsField.EPT_POINTER, VmxMachine.PAGE_A | 6 | (3 << 3));
    }

    @Test
    void anExceptionOfTheBitmapExitsWithItsInformation() {
        VmxMachine machine = exiting().put(VmcsField.EXCEPTION_BITMAP, 1 << 6);
        machine.launch("900f0b"); // UD2
        assertEquals(0x8000_0306L, machine.get(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION));
        assertEquals(VmxMachine.GUEST_CODE + 1, machine.get(VmcsField.GUEST_RIP));
        assertEquals(Rflags.RF, machine.get(VmcsField.GUEST_RFLAGS) & Rflags.RF);
    }

    @Test
    void int3ExitsAsASoftwareExceptionWithItsLength() {
        VmxMachine machine = exiting().put(VmcsField.EXCEPTION_BITMAP, 1 << 3);
        machine.launch("cc");
        assertEquals(0x8000_0603L, machine.get(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION));
        assertEquals(1, machine.get(VmcsField.VM_EXIT_INSTRUCTION_LENGTH));
        assertEquals(VmxMachine.GUEST_CODE, machine.get(VmcsField.GUEST_RIP));
    }

    @ParameterizedTest
    @CsvSource({
        // bitmap bit 14, mask, match, whether a write to a page that is not present (error code 2) exits
        "true, 0, 0, true",
        "false, 0, 0, false",
        "true, 2, 0, false",
        "true, 2, 2, true",
        "false, 2, 0, true",
        "false, 0, 1, true"
    })
    void pageFaultsExitByBitmapMaskAndMatch(boolean bit, long mask, long match, boolean exits) {
        VmxMachine machine = exiting(PrimaryProcessorBased.HLT_EXITING)
                .put(VmcsField.EXCEPTION_BITMAP, bit ? PAGE_FAULT : 0)
                .put(VmcsField.PAGE_FAULT_ERROR_CODE_MASK, mask)
                .put(VmcsField.PAGE_FAULT_ERROR_CODE_MATCH, match);
        long cr2 = machine.state.cr2;
        machine.launch("a200004000000000 00f4"); // MOV [400000H], AL: not mapped; else its handler halts
        if (exits) {
            assertEquals(0x8000_0b0eL, machine.get(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION));
            assertEquals(2, machine.get(VmcsField.VM_EXIT_INTERRUPTION_ERROR_CODE));
            assertEquals(0x400000, machine.get(VmcsField.EXIT_QUALIFICATION));
            assertEquals(cr2, machine.state.cr2);
        } else {
            assertEquals(new VmExit.Hlt(1), machine.vmx.exit());
            assertEquals(0x400000, machine.state.cr2);
        }
    }

    @Test
    void aTripleFaultExits() {
        VmxMachine machine = exiting().put(VmcsField.GUEST_IDTR_LIMIT, 0);
        assertEquals(new VmExit.TripleFault(), machine.launch("0f0b"));
        assertEquals(0, machine.get(VmcsField.IDT_VECTORING_INFORMATION));
        assertEquals(0, machine.get(VmcsField.GUEST_ACTIVITY_STATE));
    }

    @Test
    void anExternalInterruptExitsWhateverIfSays() {
        VmxMachine machine = exiting(PinBased.EXTERNAL_INTERRUPT_EXITING);
        machine.apic.pending = 0x55;
        assertEquals(new VmExit.ExternalInterrupt(0), machine.launch("ebfe"));
        assertEquals(0x55, machine.apic.pending);
    }

    @Test
    void acknowledgeInterruptOnExitTellsTheVector() {
        VmxMachine machine = exiting(PinBased.EXTERNAL_INTERRUPT_EXITING, ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT);
        machine.apic.pending = 0x55;
        assertEquals(new VmExit.ExternalInterrupt(0x8000_0055), machine.launch("ebfe"));
        assertFalse(machine.apic.interruptPending());
    }

    @Test
    void anNmiExitsAndBlocksNmisInTheHost() {
        VmxMachine machine = exiting(PinBased.NMI_EXITING);
        machine.cpu.nmi();
        machine.launch("ebfe");
        assertEquals(0x8000_0202L, machine.get(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION));
        assertTrue(machine.cpu.nmiBlocked);
    }

    @Test
    void theInterruptWindowOpensBehindTheShadowOfSti() {
        VmxMachine machine = exiting(PrimaryProcessorBased.INTERRUPT_WINDOW_EXITING);
        assertEquals(new VmExit.InterruptWindow(), machine.launch("90fb90ebfe")); // NOP; STI; NOP
        assertEquals(VmxMachine.GUEST_CODE + 3, machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void theNmiWindowOpensWithIret() {
        VmxMachine machine =
                exiting(PinBased.NMI_EXITING, PinBased.VIRTUAL_NMIS, PrimaryProcessorBased.NMI_WINDOW_EXITING);
        machine.put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, 8).put(VmcsField.GUEST_RSP, VmxMachine.GUEST_STACK - 40);
        long frame = VmxMachine.GUEST_STACK - 40;
        machine.cpu.memory.write(frame, 8, VmxMachine.GUEST_CODE + 0x10);
        machine.cpu.memory.write(frame + 8, 8, VmxMachine.CODE_SELECTOR);
        machine.cpu.memory.write(frame + 16, 8, 2);
        machine.cpu.memory.write(frame + 24, 8, VmxMachine.GUEST_STACK);
        machine.cpu.memory.write(frame + 32, 8, VmxMachine.DATA_SELECTOR);
        assertEquals(new VmExit.NmiWindow(), machine.launch("9048cf"));
        assertEquals(VmxMachine.GUEST_CODE + 0x10, machine.get(VmcsField.GUEST_RIP));
        assertEquals(0, machine.get(VmcsField.GUEST_INTERRUPTIBILITY_STATE));
    }

    @Test
    void initExitsAndIsBlockedInRootOperation() {
        VmxMachine machine = exiting();
        machine.cpu.init();
        assertEquals(new VmExit.InitSignal(), machine.launch("ebfe"));
        machine.cpu.init();
        machine.vmx.handOverExits(false);
        machine.host("f4");
        assertTrue(machine.cpu.initPending);
        assertEquals(VmxMachine.HOST_CODE + 1, machine.state.rip);
    }

    @Test
    void aStartupIpiExitsWithItsVector() {
        VmxMachine machine = exiting().put(VmcsField.GUEST_ACTIVITY_STATE, 3);
        machine.cpu.startup(0x12);
        assertEquals(new VmExit.StartupIpi(0x12), machine.launch("90"));
    }

    @Test
    void thePreemptionTimerExpiresAfterItsValue() {
        VmxMachine machine = exiting(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER);
        machine.put(VmcsField.VMX_PREEMPTION_TIMER_VALUE, 100);
        long begin = machine.cpu.now();
        assertEquals(new VmExit.PreemptionTimerExpired(), machine.launch("ebfe"));
        assertEquals(100, machine.cpu.now() - begin);
    }

    /** As the time-stamp counter does, at the end of the instruction in which it reaches 0. */
    @ParameterizedTest
    @CsvSource({"7, 105", "100, 100", "1000, 1000"})
    void thePreemptionTimerCountsTimeNotInstructions(long instructionTime, long expired) {
        VmxMachine machine = exiting(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER);
        machine.cpu.instructionTime(instructionTime);
        machine.put(VmcsField.VMX_PREEMPTION_TIMER_VALUE, 100);
        long begin = machine.cpu.now();
        long counter = machine.cpu.system.msrs.timeStamp();
        assertEquals(new VmExit.PreemptionTimerExpired(), machine.launch("ebfe"));
        assertEquals(expired, machine.cpu.now() - begin);
        assertEquals(expired, machine.cpu.system.msrs.timeStamp() - counter);
    }

    @Test
    void aTimerValueOf0ExitsBeforeTheFirstInstruction() {
        VmxMachine machine = exiting(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER);
        assertEquals(new VmExit.PreemptionTimerExpired(), machine.launch("ebfe"));
        assertEquals(VmxMachine.GUEST_CODE, machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void theTimerWakesAHaltedGuestAndItsValueIsSaved() {
        VmxMachine machine =
                exiting(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER, ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE);
        machine.put(VmcsField.VMX_PREEMPTION_TIMER_VALUE, 1000);
        assertEquals(new VmExit.PreemptionTimerExpired(), machine.launch("f4"));
        assertEquals(1, machine.get(VmcsField.GUEST_ACTIVITY_STATE));
        assertEquals(0, machine.get(VmcsField.VMX_PREEMPTION_TIMER_VALUE));
    }

    @Test
    void whatIsLeftOfTheTimerIsSavedByAnotherExit() {
        VmxMachine machine =
                exiting(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER, ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE);
        machine.put(VmcsField.VMX_PREEMPTION_TIMER_VALUE, 1000);
        machine.launch("9090" + VMCALL);
        long left = machine.get(VmcsField.VMX_PREEMPTION_TIMER_VALUE);
        assertTrue(left == 998 || left == 997, () -> "left " + left);
    }

    /** As kvm-unit-tests' "Save preemption value" wants it. */
    @ParameterizedTest
    @ValueSource(strings = {"generic", "nehalem", "haswell", "skylake"})
    void anExitSavesLessThanTheEntryLoadedHoweverSlowTheTimer(String profile) {
        VmxMachine machine = new VmxMachine(CpuProfile.named().get(profile))
                .withVmcs()
                .on(PinBased.ACTIVATE_VMX_PREEMPTION_TIMER, ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE)
                .put(VmcsField.VMX_PREEMPTION_TIMER_VALUE, 1000)
                .load(VmxMachine.GUEST_CODE, "90" + VMCALL);
        machine.vmx.handOverExits(false);
        long instructions = machine.cpu.instructions();
        machine.host("0f01c2 f4"); // VMLAUNCH; HLT. The exit goes there, too, and VMLAUNCH fails.
        assertEquals(ExitReason.VMCALL.number, machine.get(VmcsField.EXIT_REASON));
        long left = machine.get(VmcsField.VMX_PREEMPTION_TIMER_VALUE);
        assertTrue(left == 998 || left == 999, () -> "left " + left);
        assertEquals(4, machine.cpu.instructions() - instructions);
    }

    @Test
    void aTaskSwitchExitsBeforeAnythingHasChanged() {
        VmxMachine machine = exiting();
        machine.off(org.thirdmode.vmx.vmcs.EntryControls.IA_32E_MODE_GUEST);
        machine.put(VmcsField.GUEST_CR0, (machine.state.cr0 & ~(1L << 31)) | 1);
        machine.on(SecondaryProcessorBased.ENABLE_EPT, SecondaryProcessorBased.UNRESTRICTED_GUEST);
        machine.cpu.memory.write(VmxMachine.PAGE_A, 8, VmxMachine.PAGE_B | 7);
        machine.cpu.memory.write(VmxMachine.PAGE_B, 8, 0xb7);
        machine.put(VmcsField.EPT_POINTER, VmxMachine.PAGE_A | 6 | (3 << 3));
        machine.put(VmcsField.GUEST_CS_ACCESS_RIGHTS, 0xc09b);
        machine.cpu.memory.write(VmxMachine.GDT + 0x20, 8, 0x0000_8900_0000_0067L | (0xa000L << 16));
        VmExit exit = machine.launch("ea000000002000"); // JMP 20H:0
        assertEquals(new VmExit.TaskSwitch(0x20, 2, 7), exit);
        assertEquals(VmxMachine.GUEST_CODE, machine.get(VmcsField.GUEST_RIP));
        assertEquals(VmxMachine.TSS_SELECTOR, machine.get(VmcsField.GUEST_TR_SELECTOR));
    }

    @Test
    void anEptViolationTellsBothAddresses() {
        VmxMachine machine = withEpt();
        machine.cpu.memory.write(VmxMachine.PAGE_D + 8 * 0x60, 8, 0x60031); // read-only
        machine.load(VmxMachine.GUEST_CODE, "880425 34020600"); // MOV [60234H], AL
        assertEquals(VmxInstructions.SUCCEED, machine.vmxInstructions.vmlaunch());
        // write; readable; linear address valid; final access; user, writable page (advanced information)
        VmExit.EptViolation exit = (VmExit.EptViolation) machine.run();
        assertEquals(0x60234, exit.guestPhysical());
        assertEquals(0x60234, exit.linear());
        assertEquals(0x18a, exit.qualification() & 0x1ff);
        assertEquals(VmxMachine.GUEST_CODE, machine.get(VmcsField.GUEST_RIP));
        assertEquals(7, machine.get(VmcsField.VM_EXIT_INSTRUCTION_LENGTH));
    }

    @Test
    void anEptMisconfigurationTellsTheGuestPhysicalAddress() {
        VmxMachine machine = withEpt();
        machine.cpu.memory.write(VmxMachine.PAGE_D + 8 * 0x60, 8, 0x60032); // write-only
        assertEquals(new VmExit.EptMisconfiguration(0x60234), machine.launch("880425 34020600"));
    }

    @Test
    void aConvertibleEptViolationIsAVirtualizationException() {
        VmxMachine machine = withEpt(SecondaryProcessorBased.EPT_VIOLATION_VE, PrimaryProcessorBased.HLT_EXITING);
        machine.put(VmcsField.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS, 0x70000);
        machine.cpu.memory.write(VmxMachine.PAGE_D + 8 * 0x60, 8, 0);
        machine.launch("880425 34020600");
        assertEquals(new VmExit.Hlt(1), machine.vmx.exit());
        assertEquals(VmxMachine.HANDLERS + 16 * 20, machine.get(VmcsField.GUEST_RIP));
        assertEquals(48, machine.cpu.memory.read(0x70000, 4));
        assertEquals(0xffff_ffffL, machine.cpu.memory.read(0x70004, 4));
        assertEquals(0x60234, machine.cpu.memory.read(0x70018, 8));
    }

    @Test
    void withTheAreaInUseOrBit63SetItIsAnExit() {
        VmxMachine machine = withEpt(SecondaryProcessorBased.EPT_VIOLATION_VE);
        machine.put(VmcsField.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS, 0x70000);
        machine.cpu.memory.write(0x70004, 4, 0xffff_ffffL);
        machine.cpu.memory.write(VmxMachine.PAGE_D + 8 * 0x60, 8, 0);
        machine.launch("880425 34020600");
        assertEquals(ExitReason.EPT_VIOLATION.number, machine.get(VmcsField.EXIT_REASON));
        machine.cpu.memory.write(0x70004, 4, 0);
        machine.cpu.memory.write(VmxMachine.PAGE_D + 8 * 0x60, 8, Long.MIN_VALUE);
        machine.resume();
        assertEquals(ExitReason.EPT_VIOLATION.number, machine.get(VmcsField.EXIT_REASON));
    }

    @Test
    void pageModificationLoggingWritesTheAddressAndExitsWhenFull() {
        VmxMachine machine = withEpt(SecondaryProcessorBased.ENABLE_PML);
        machine.put(VmcsField.EPT_POINTER, machine.get(VmcsField.EPT_POINTER) | 0x40);
        machine.put(VmcsField.PML_ADDRESS, 0x71000).put(VmcsField.PML_INDEX, 0);
        for (int n = 0; n < 512; n++) {
            // Only the pages that the test writes have clear dirty flags; tables and stack are dirty.
            long dirty = n == 0x60 || n == 0x61 ? 0 : 0x300;
            machine.cpu.memory.write(VmxMachine.PAGE_D + 8L * n, 8, (4096L * n) | 0x37 | dirty);
        }
        machine.cpu.memory.write(VmxMachine.PAGE_C + 8, 8, 0x200000 | 0xb7 | 0x300);
        VmExit exit = machine.launch("880425 34020600 880425 34120600");
        assertEquals(new VmExit.PageModificationLogFull(), exit);
        assertEquals(0x60000, machine.cpu.memory.read(0x71000, 8));
        assertEquals(0xffff, machine.get(VmcsField.PML_INDEX));
        assertEquals(VmxMachine.GUEST_CODE + 7, machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void vmfuncSwitchesTheEptp() {
        VmxMachine machine = withEpt(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS);
        machine.put(VmcsField.VM_FUNCTION_CONTROLS, 1).put(VmcsField.EPTP_LIST_ADDRESS, 0x72000);
        // The other EPT maps everything one to one by one page of 1 GByte, writable.
        machine.cpu.memory.write(0x73000, 8, 0x74000 | 7);
        machine.cpu.memory.write(0x74000, 8, 0xb7);
        machine.cpu.memory.write(0x72000 + 8, 8, 0x73000 | 6 | (3 << 3));
        machine.cpu.memory.write(VmxMachine.PAGE_D + 8 * 0x60, 8, 0x60031);
        // XOR EAX, EAX; MOV ECX, 1; VMFUNC; MOV [60234H], AL; INC ECX; VMFUNC of an entry that is 0
        machine.launch("31c0 b901000000 0f01d4 880425 34020600 ffc1 0f01d4");
        assertEquals(new VmExit.VmxInstruction(ExitReason.VMFUNC, 3), machine.vmx.exit());
        assertEquals(VmxMachine.GUEST_CODE + 19, machine.get(VmcsField.GUEST_RIP));
        assertEquals(0x73000 | 6 | (3 << 3), machine.get(VmcsField.EPT_POINTER));
    }

    @Test
    void movToCr8BelowTheThresholdExitsBehindTheInstruction() {
        VmxMachine machine = exiting(PrimaryProcessorBased.USE_TPR_SHADOW);
        machine.put(VmcsField.VIRTUAL_APIC_ADDRESS, VmxMachine.PAGE_A).put(VmcsField.TPR_THRESHOLD, 3);
        machine.cpu.memory.write(VmxMachine.PAGE_A + 0x80, 4, 0x50);
        // MOV RBX, CR8; MOV EAX, 2; MOV CR8, RAX
        assertEquals(new VmExit.TprBelowThreshold(), machine.launch("440f20c3 b802000000 440f22c0 90"));
        assertEquals(5, machine.register(CpuState.RBX));
        assertEquals(VmxMachine.GUEST_CODE + 13, machine.get(VmcsField.GUEST_RIP));
        assertEquals(0x20, machine.cpu.memory.read(VmxMachine.PAGE_A + 0x80, 4));
    }

    @Test
    void anAccessToTheApicAccessPageExitsWithItsOffset() {
        VmxMachine machine = exiting(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES);
        machine.put(VmcsField.APIC_ACCESS_ADDRESS, VmxMachine.PAGE_B);
        assertEquals(new VmExit.ApicAccess(0x300, 1), machine.launch("890425 00830000")); // MOV [8300H], EAX
        assertEquals(7, machine.get(VmcsField.VM_EXIT_INSTRUCTION_LENGTH));
        machine.load(VmxMachine.GUEST_CODE + 7, "8b0425 20800000"); // MOV EAX, [8020H]
        assertEquals(new VmExit.ApicAccess(0x20, 0), machine.resumeBehind());
    }

    @Test
    void eachAccessToTheApicAccessPageExitsHoweverWellItsNeighboursAreKnown() {
        VmxMachine machine = withEpt(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES);
        machine.put(VmcsField.APIC_ACCESS_ADDRESS, 0x63000);
        // MOV EAX, [60000H]; MOV EAX, [62000H]; MOV EAX, [63020H]
        VmExit exit = machine.launch("8b0425 00000600 8b0425 00200600 8b0425 20300600");
        assertEquals(new VmExit.ApicAccess(0x20, 0), exit);
        assertEquals(VmxMachine.GUEST_CODE + 14, machine.get(VmcsField.GUEST_RIP));
        machine.resume();
        assertEquals(new VmExit.ApicAccess(0x20, 0), machine.vmx.exit());
        assertEquals(VmxMachine.GUEST_CODE + 14, machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void aVirtualInterruptIsDeliveredWithoutExit() {
        VmxMachine machine = exiting(
                PinBased.EXTERNAL_INTERRUPT_EXITING,
                PrimaryProcessorBased.USE_TPR_SHADOW,
                PrimaryProcessorBased.HLT_EXITING,
                SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY);
        machine.put(VmcsField.VIRTUAL_APIC_ADDRESS, VmxMachine.PAGE_A).put(VmcsField.GUEST_INTERRUPT_STATUS, 0x61);
        machine.cpu.memory.write(VmxMachine.PAGE_A + 0x200 + 0x30, 4, 2); // VIRR, vector 61H
        machine.launch("fb90ebfe"); // STI
        assertEquals(new VmExit.Hlt(1), machine.vmx.exit());
        assertEquals(VmxMachine.HANDLERS + 16 * 0x61, machine.get(VmcsField.GUEST_RIP));
        assertEquals(0x6100, machine.get(VmcsField.GUEST_INTERRUPT_STATUS));
        assertEquals(2, machine.cpu.memory.read(VmxMachine.PAGE_A + 0x100 + 0x30, 4));
        assertEquals(0x60, machine.cpu.memory.read(VmxMachine.PAGE_A + 0xa0, 4));
    }

    @Test
    void aPostedInterruptCausesNoExit() {
        VmxMachine machine = exiting(
                PinBased.EXTERNAL_INTERRUPT_EXITING,
                PinBased.PROCESS_POSTED_INTERRUPTS,
                ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT,
                PrimaryProcessorBased.USE_TPR_SHADOW,
                PrimaryProcessorBased.HLT_EXITING,
                SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY);
        machine.put(VmcsField.VIRTUAL_APIC_ADDRESS, VmxMachine.PAGE_A);
        machine.put(VmcsField.POSTED_INTERRUPT_NOTIFICATION_VECTOR, 0xf2);
        machine.put(VmcsField.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS, VmxMachine.PAGE_B);
        machine.cpu.memory.write(VmxMachine.PAGE_B + 12, 4, 2); // PIR, vector 61H
        machine.cpu.memory.write(VmxMachine.PAGE_B + 32, 8, 1); // outstanding notification
        machine.apic.pending = 0xf2;
        machine.launch("fb90ebfe");
        assertEquals(new VmExit.Hlt(1), machine.vmx.exit());
        assertEquals(VmxMachine.HANDLERS + 16 * 0x61, machine.get(VmcsField.GUEST_RIP));
        assertEquals(0, machine.cpu.memory.read(VmxMachine.PAGE_B + 32, 8));
        assertEquals(1, machine.apic.ends);
    }

    @Test
    void anAbortShutsTheProcessorDownAndTellsWhy() {
        VmxMachine machine = exiting();
        machine.put(VmcsField.VM_EXIT_MSR_LOAD_ADDRESS, VmxMachine.PAGE_A).put(VmcsField.VM_EXIT_MSR_LOAD_COUNT, 1);
        machine.cpu.memory.write(VmxMachine.PAGE_A, 8, 0xc000_0100L); // IA32_FS_BASE may not be loaded
        machine.launch(VMCALL);
        assertEquals(Processor.Activity.SHUTDOWN, machine.cpu.activity);
        assertEquals(4, machine.vmx.currentVmcs().abortIndicator());
    }
}

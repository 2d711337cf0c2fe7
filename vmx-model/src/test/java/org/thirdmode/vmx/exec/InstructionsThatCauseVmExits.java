package org.thirdmode.vmx.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;

/** SDM 3C "Instructions That Cause VM Exits", with what "Exit Qualification" and the instruction-information tables say of them. */
class InstructionsThatCauseVmExits {
    private static final String VMCALL = "0f01c1";

    private static VmxMachine machine() {
        return new VmxMachine().withVmcs();
    }

    private static VmxMachine exiting(ControlBit... controls) {
        return machine().on(controls);
    }

    @ParameterizedTest
    @CsvSource({
        "0fa2, 10, 2", // CPUID
        "0f08, 13, 2", // INVD
        "0f01c1, 18, 3", // VMCALL
        "0f01c2, 20, 3", // VMLAUNCH
        "0f01c3, 24, 3", // VMRESUME
        "0f01c4, 26, 3", // VMXOFF
        "0f01d1, 55, 3" // XSETBV
    })
    void unconditionally(String code, int reason, int length) {
        VmxMachine machine = machine();
        machine.put(VmcsField.GUEST_CR4, machine.state.cr4 | (1 << 18)).put(VmcsField.CR4_GUEST_HOST_MASK, 0);
        machine.launch("90" + code);
        assertEquals(reason, machine.get(VmcsField.EXIT_REASON));
        assertEquals(length, machine.get(VmcsField.VM_EXIT_INSTRUCTION_LENGTH));
        assertEquals(VmxMachine.GUEST_CODE + 1, machine.get(VmcsField.GUEST_RIP));
        assertEquals(0, machine.get(VmcsField.EXIT_QUALIFICATION));
        assertEquals(VmxMachine.HOST_CODE, machine.state.rip);
    }

    @Test
    void theVmxInstructionsWithAnOperandTellItsDisplacementAndTheRest() {
        VmxMachine machine = machine();
        // VMPTRLD [RBX + RCX * 4 + 12345678H]: scale 2, address size 64, segment DS, index RCX, base RBX
        VmExit exit = machine.launch("0fc7b48b78563412");
        int information = 2 | (2 << 7) | (3 << 15) | (1 << 18) | (3 << 23);
        assertEquals(new VmExit.VmxInstructionWithOperands(ExitReason.VMPTRLD, 0x1234_5678, information, 8), exit);
    }

    @Test
    void vmreadTellsBothRegisters() {
        VmxMachine machine = machine();
        machine.launch("0f78d1"); // VMREAD RCX, RDX: destination in Reg1, the field's register in Reg2
        assertEquals((1 << 3) | (1 << 10) | (2L << 28), machine.get(VmcsField.VM_EXIT_INSTRUCTION_INFORMATION));
    }

    @Test
    void hltIsTheGuestsOwnWithoutHltExiting() {
        VmExit exit = exiting(PrimaryProcessorBased.HLT_EXITING).launch("f4");
        assertEquals(new VmExit.Hlt(1), exit);
    }

    @Test
    void invlpgTellsTheLinearAddress() {
        VmxMachine machine = exiting(PrimaryProcessorBased.INVLPG_EXITING);
        assertEquals(new VmExit.Invlpg(0x1234, 3), machine.launch("b834120000 0f0138"));
    }

    @ParameterizedTest
    @CsvSource({
        // port, size - 1, in, string, rep, immediate as the qualification has them
        "e680, 00800040", // OUT 80H, AL
        "e480, 00800048", // IN AL, 80H
        "66baf803 ec, 03f80008", // MOV DX, 3F8H; IN AL, DX
        "66baf803 ef, 03f80003", // OUT DX, EAX
        "66baf803 66ed, 03f80009" // IN AX, DX
    })
    void ioInstructionsTellPortSizeAndDirection(String code, String qualification) {
        VmxMachine machine = exiting(PrimaryProcessorBased.UNCONDITIONAL_I_O_EXITING);
        machine.launch(code);
        assertEquals(ExitReason.IO_INSTRUCTION.number, machine.get(VmcsField.EXIT_REASON));
        assertEquals(Long.parseLong(qualification, 16), machine.get(VmcsField.EXIT_QUALIFICATION));
    }

    @Test
    void repOutsTellsItsLinearAddressAndSegment() {
        VmxMachine machine = exiting(PrimaryProcessorBased.UNCONDITIONAL_I_O_EXITING);
        machine.put(VmcsField.GUEST_FS_BASE, 0x500);
        // MOV ESI, 7000H; MOV ECX, 3; MOV EDX, 70H; FS: REP OUTSW
        VmExit exit = machine.launch("be00700000 b903000000 ba70000000 64f3666f");
        assertEquals(new VmExit.IoInstruction(0x70, 2, false, true, true, false, 0x7500, 4), exit);
        assertEquals((2 << 7) | (4 << 15), machine.get(VmcsField.VM_EXIT_INSTRUCTION_INFORMATION));
    }

    @Test
    void aBitOfAnIoBitmapDecidesForItsPort() {
        VmxMachine machine = exiting(PrimaryProcessorBased.USE_I_O_BITMAPS);
        machine.put(VmcsField.IO_BITMAP_A_ADDRESS, VmxMachine.PAGE_A)
                .put(VmcsField.IO_BITMAP_B_ADDRESS, VmxMachine.PAGE_B);
        machine.cpu.memory.write(VmxMachine.PAGE_A + 0x10, 1, 2); // port 81H
        machine.cpu.memory.write(VmxMachine.PAGE_B + 0xfff, 1, 0x80); // port FFFFH
        machine.launch("e680 e681");
        assertEquals(0x0081_0040, machine.get(VmcsField.EXIT_QUALIFICATION));
        machine.load(VmxMachine.GUEST_CODE + 4, "bafeff0000 ec ef"); // MOV EDX, FFFEH; IN AL, DX; OUT DX, EAX wraps
        machine.resumeBehind();
        assertEquals(0xfffe_0003L, machine.get(VmcsField.EXIT_QUALIFICATION));
    }

    @Test
    void aBitOfTheMsrBitmapsDecidesForItsMsr() {
        VmxMachine machine = exiting(PrimaryProcessorBased.USE_MSR_BITMAPS);
        machine.put(VmcsField.MSR_BITMAPS_ADDRESS, VmxMachine.PAGE_A);
        machine.cpu.memory.write(VmxMachine.PAGE_A + 3072 + (0x80 >> 3), 1, 1); // WRMSR of C0000080H
        // MOV ECX, C0000080H; RDMSR; WRMSR; RDMSR of 40000000H, which no bitmap covers
        assertEquals(new VmExit.Wrmsr(2), machine.launch("b9800000c0 0f32 0f30 b900000040 0f32"));
        assertEquals(new VmExit.Rdmsr(2), machine.resumeBehind());
    }

    @Test
    void maskedBitsOfCr0ShowTheReadShadow() {
        VmxMachine machine = machine();
        machine.put(VmcsField.CR0_GUEST_HOST_MASK, Cr0.TS | Cr0.WP).put(VmcsField.CR0_READ_SHADOW, Cr0.TS);
        machine.launch("0f20c0" + VMCALL); // MOV RAX, CR0
        assertEquals(Cr0.TS | Cr0.PE | Cr0.PG | Cr0.NE | Cr0.ET, machine.register(CpuState.RAX));
    }

    @Test
    void writingAMaskedBitOtherThanItsShadowExits() {
        VmxMachine machine = machine();
        machine.put(VmcsField.CR0_GUEST_HOST_MASK, Cr0.WP).put(VmcsField.CR0_READ_SHADOW, 0);
        // MOV RCX, CR0; BTS RCX, 16; MOV CR0, RCX
        VmExit exit = machine.launch("0f20c1 480fbae910 0f22c1");
        assertEquals(new VmExit.ControlRegisterAccess(0, 0, 1, 0, 3), exit);
    }

    @Test
    void cltsExitsOnlyWhereTheGuestBelievesTsToBeSet() {
        VmxMachine machine = machine();
        machine.put(VmcsField.CR0_GUEST_HOST_MASK, Cr0.TS).put(VmcsField.CR0_READ_SHADOW, 0);
        machine.put(VmcsField.GUEST_CR0, machine.state.cr0 | Cr0.TS);
        assertEquals(new VmExit.VmxInstruction(ExitReason.VMCALL, 3), machine.launch("0f06" + VMCALL + "0f06"));
        assertEquals(Cr0.TS, machine.get(VmcsField.GUEST_CR0) & Cr0.TS);
        machine.put(VmcsField.CR0_READ_SHADOW, Cr0.TS);
        assertEquals(new VmExit.ControlRegisterAccess(0, 2, 0, 0, 2), machine.resumeBehind());
    }

    @Test
    void lmswTellsItsSourceData() {
        VmxMachine machine = machine();
        machine.put(VmcsField.CR0_GUEST_HOST_MASK, Cr0.TS).put(VmcsField.CR0_READ_SHADOW, 0);
        // MOV EAX, ABCD0009H; LMSW AX
        VmExit exit = machine.launch("b80900cdab 0f01f0");
        assertEquals(new VmExit.ControlRegisterAccess(0, 3, 0, 9, 3), exit);
    }

    @Test
    void aCr3TargetValueIsLoadedWithoutExit() {
        VmxMachine machine = exiting(PrimaryProcessorBased.CR3_LOAD_EXITING);
        machine.put(VmcsField.CR3_TARGET_COUNT, 1).put(VmcsField.CR3_TARGET_VALUE_0, VmxMachine.PML4);
        // MOV RAX, CR3; MOV CR3, RAX; BTS RAX, 4; MOV CR3, RAX
        VmExit exit = machine.launch("0f20d8 0f22d8 480fbae804 0f22d8");
        assertEquals(new VmExit.ControlRegisterAccess(3, 0, 0, 0, 3), exit);
        assertEquals(VmxMachine.GUEST_CODE + 11, machine.get(VmcsField.GUEST_RIP));
    }

    @Test
    void movDrTellsRegisterAndDirection() {
        VmxMachine machine = exiting(PrimaryProcessorBased.MOV_DR_EXITING);
        assertEquals(new VmExit.MovDr(7, true, 3, 3), machine.launch("0f21fb")); // MOV RBX, DR7
    }

    @Test
    void descriptorTableInstructionsTellWhichTheyAre() {
        VmxMachine machine = exiting(SecondaryProcessorBased.DESCRIPTOR_TABLE_EXITING);
        VmExit exit = machine.launch("0f014c2410 0f00d8"); // SIDT [RSP + 10H]
        int information = (2 << 7) | (1 << 11) | (2 << 15) | (4 << 23) | (1 << 22) | (1 << 28);
        assertEquals(new VmExit.AccessToDescriptorTable(ExitReason.ACCESS_TO_GDTR_OR_IDTR, 0x10, information, 5), exit);
        machine.resumeBehind(); // LTR AX
        assertEquals((1 << 10) | (3L << 28), machine.get(VmcsField.VM_EXIT_INSTRUCTION_INFORMATION));
        assertEquals(ExitReason.ACCESS_TO_LDTR_OR_TR.number, machine.get(VmcsField.EXIT_REASON));
    }

    @Test
    void rdtscShowsTheScaledAndOffsetCounter() {
        VmxMachine machine = exiting(PrimaryProcessorBased.USE_TSC_OFFSETTING, SecondaryProcessorBased.USE_TSC_SCALING);
        machine.put(VmcsField.TSC_OFFSET, 1_000_000).put(VmcsField.TSC_MULTIPLIER, 3L << 47); // times 1.5
        machine.launch("0f31" + VMCALL);
        long counter = machine.cpu.system.msrs.timeStamp();
        long seen = machine.register(CpuState.RAX) | (machine.register(CpuState.RDX) << 32);
        // One instruction later VMCALL was executed.
        long expected = 1_000_000 + (counter - 1) * 3 / 2;
        assertTrue(Math.abs(seen - expected) <= 2, () -> seen + ", expected " + expected);
    }

    @Test
    void withoutItsEnableControlAnInstructionIsUndefined() {
        VmxMachine machine = machine();
        machine.put(VmcsField.EXCEPTION_BITMAP, 1 << 6);
        machine.launch("0f01f9"); // RDTSCP
        assertEquals(ExitReason.EXCEPTION_OR_NMI.number, machine.get(VmcsField.EXIT_REASON));
        assertEquals(0x8000_0306L, machine.get(VmcsField.VM_EXIT_INTERRUPTION_INFORMATION));
    }

    @Test
    void pauseLoopExitingCountsTheLoop() {
        VmxMachine machine = exiting(SecondaryProcessorBased.PAUSE_LOOP_EXITING);
        machine.put(VmcsField.PLE_GAP, 10).put(VmcsField.PLE_WINDOW, 100);
        VmExit exit = machine.launch("f390 ebfc"); // PAUSE; JMP back
        assertEquals(new VmExit.Pause(2), exit);
    }

    @Test
    void monitorTrapFlagExitsAfterEachInstruction() {
        VmxMachine machine = exiting(PrimaryProcessorBased.MONITOR_TRAP_FLAG);
        assertEquals(new VmExit.MonitorTrapFlag(), machine.launch("9090"));
        assertEquals(VmxMachine.GUEST_CODE + 1, machine.get(VmcsField.GUEST_RIP));
        assertEquals(new VmExit.MonitorTrapFlag(), machine.resume());
        assertEquals(VmxMachine.GUEST_CODE + 2, machine.get(VmcsField.GUEST_RIP));
    }
}

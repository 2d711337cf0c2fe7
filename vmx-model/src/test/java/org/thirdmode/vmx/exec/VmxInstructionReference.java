package org.thirdmode.vmx.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Vector;

/** SDM 3D "VMX Instruction Reference": the instructions as machine code in VMX root operation, and outside VMX operation. */
class VmxInstructionReference {
    private static final String VMXON_AT_RSP = "f30fc73424";
    private static final String VMCLEAR_AT_RSP = "660fc73424";
    private static final String VMPTRLD_AT_RSP = "0fc73424";
    private static final String VMPTRST_AT_RSP = "0fc73c24";
    private static final String HLT = "f4";
    private static final int ERROR = Flags.ZF;

    private static VmxMachine pointing(VmxMachine machine, long pointer) {
        machine.cpu.memory.write(VmxMachine.HOST_STACK, 8, pointer);
        return machine;
    }

    private static int status(VmxMachine machine) {
        return machine.state.flags.status();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {VMCLEAR_AT_RSP, VMPTRLD_AT_RSP, VMPTRST_AT_RSP, "0f01c1", "0f01c2", "0f01c3", "0f01c4", "0f78c1"
            })
    void outsideVmxOperationEachIsUndefined(String instruction) {
        assertEquals(Vector.UD, new VmxMachine().host(instruction + HLT).vector());
    }

    @Test
    void vmxonWithoutCr4VmxeIsUndefined() {
        VmxMachine machine = pointing(new VmxMachine(), VmxMachine.VMXON_REGION);
        machine.state.cr4 &= ~Cr4.VMXE;
        assertEquals(Vector.UD, machine.host(VMXON_AT_RSP + HLT).vector());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4})
    void vmxonNeedsTheLockedFeatureControlThatAllowsIt(long featureControl) {
        VmxMachine machine = pointing(new VmxMachine(), VmxMachine.VMXON_REGION);
        machine.cpu.system.msrs.featureControl = featureControl;
        assertEquals(Vector.GP, machine.host(VMXON_AT_RSP + HLT).vector());
    }

    @Test
    void vmxonSucceedsAndClearsTheStatusFlags() {
        VmxMachine machine = pointing(new VmxMachine(), VmxMachine.VMXON_REGION);
        machine.host("f9" + VMXON_AT_RSP + HLT); // STC
        assertEquals(0, status(machine));
        assertTrue(machine.vmx.inVmxOperation());
    }

    @ParameterizedTest
    @CsvSource({"4001, alignment", "10000004000, width", "6000, revision"})
    void vmxonWithABadPointerIsVmFailInvalid(String pointer, String why) {
        VmxMachine machine = pointing(new VmxMachine(), Long.parseUnsignedLong(pointer, 16));
        machine.cpu.memory.write(VmxMachine.OTHER_VMCS, 4, Vmcs.REVISION + 1);
        machine.host(VMXON_AT_RSP + HLT);
        assertEquals(Flags.CF, status(machine), why);
        assertFalse(machine.vmx.inVmxOperation());
    }

    @Test
    void inVmxOperationTheFixedBitsOfCr0AndCr4CannotBeCleared() {
        VmxMachine machine = new VmxMachine().inOperation();
        // MOV RAX, CR4; BTR EAX, 13; MOV CR4, RAX
        assertEquals(Vector.GP, machine.host("0f20e0 0fbaf00d 0f22e0" + HLT).vector());
        // MOV RAX, CR0; BTR EAX, 5; MOV CR0, RAX
        assertEquals(Vector.GP, machine.host("0f20c0 0fbaf005 0f22c0" + HLT).vector());
    }

    @Test
    void vmxonInRootOperationReportsError15WhereThereIsACurrentVmcs() {
        VmxMachine machine = pointing(new VmxMachine().withVmcs(), VmxMachine.VMXON_REGION);
        machine.host(VMXON_AT_RSP + HLT);
        assertEquals(ERROR, status(machine));
        assertEquals(15, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
    }

    @Test
    void withoutACurrentVmcsAFailureIsVmFailInvalid() {
        VmxMachine machine = pointing(new VmxMachine().inOperation(), VmxMachine.VMXON_REGION);
        machine.host(VMXON_AT_RSP + HLT);
        assertEquals(Flags.CF, status(machine));
    }

    @ParameterizedTest
    @CsvSource({"5008, 2", "10000005000, 2", "4000, 3"})
    void vmclearReportsItsErrors(String pointer, int error) {
        VmxMachine machine = pointing(new VmxMachine().withVmcs(), Long.parseUnsignedLong(pointer, 16));
        machine.host(VMCLEAR_AT_RSP + HLT);
        assertEquals(ERROR, status(machine));
        assertEquals(error, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
    }

    @ParameterizedTest
    @CsvSource({"6004, 9", "10000006000, 9", "4000, 10", "7000, 11"})
    void vmptrldReportsItsErrorsAndLeavesTheCurrentVmcs(String pointer, int error) {
        VmxMachine machine = pointing(new VmxMachine().withVmcs(), Long.parseUnsignedLong(pointer, 16));
        machine.host(VMPTRLD_AT_RSP + HLT);
        assertEquals(ERROR, status(machine));
        assertEquals(error, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
        assertEquals(VmxMachine.VMCS, machine.vmxInstructions.vmptrst());
    }

    @Test
    void vmclearOfTheCurrentVmcsLeavesNone() {
        VmxMachine machine = pointing(new VmxMachine().withVmcs(), VmxMachine.VMCS);
        machine.host(VMCLEAR_AT_RSP + VMPTRST_AT_RSP + HLT);
        assertEquals(-1, machine.cpu.memory.read(VmxMachine.HOST_STACK, 8));
    }

    @Test
    void vmreadAndVmwriteInMachineCode() {
        VmxMachine machine = new VmxMachine().withVmcs();
        // MOV ECX, 681EH; MOV EAX, 12345H; VMWRITE RCX, RAX; VMREAD RDX, RCX; VMREAD [RSP], RCX
        machine.host("b91e680000 b845230100 0f79c8 0f78ca 0f780c24" + HLT);
        assertEquals(0x12345, machine.register(CpuState.RDX));
        assertEquals(0x12345, machine.cpu.memory.read(VmxMachine.HOST_STACK, 8));
        assertEquals(0, status(machine));
    }

    @ParameterizedTest
    @CsvSource({"0x1000, 12", "0x681f, 12", "0x4402, 13", "0x100006800, 12"})
    void vmwriteReportsUnsupportedAndReadOnlyComponents(String encoding, int error) {
        VmxMachine machine =
                new VmxMachine(org.thirdmode.x86.profile.CpuProfile.named().get("westmere")).withVmcs();
        assertEquals(error, machine.vmxInstructions.vmwrite(Long.decode(encoding), 0));
        assertEquals(error, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
    }

    @Test
    void aHighAccessReachesTheUpperHalfOfA64BitField() {
        VmxMachine machine = new VmxMachine().withVmcs();
        machine.put(VmcsField.TSC_OFFSET, 0x1111_2222_3333_4444L);
        machine.vmxInstructions.vmwrite(0x2011, 0x5555_6666L);
        assertEquals(0x5555_6666_3333_4444L, machine.get(VmcsField.TSC_OFFSET));
        machine.vmxInstructions.vmread(0x2011);
        assertEquals(0x5555_6666L, machine.vmxInstructions.read());
    }

    @Test
    void vmlaunchAndVmresumeReportTheLaunchState() {
        VmxMachine machine = new VmxMachine().withVmcs();
        machine.host("0f01c3" + HLT);
        assertEquals(5, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
        machine.launch("0f01c1");
        machine.vmx.handOverExits(false);
        machine.host("0f01c2" + HLT);
        assertEquals(ERROR, status(machine));
        assertEquals(4, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
    }

    @Test
    void vmEntryAfterMovSsReportsError26() {
        VmxMachine machine = new VmxMachine().withVmcs();
        machine.host("b810000000 8ed0 0f01c2" + HLT); // MOV EAX, 10H; MOV SS, EAX; VMLAUNCH
        assertEquals(26, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
    }

    @Test
    void vmlaunchOfAShadowVmcsIsVmFailInvalid() {
        VmxMachine machine = new VmxMachine().withVmcs();
        machine.cpu.memory.write(VmxMachine.VMCS, 4, Vmcs.REVISION | Vmcs.SHADOW_INDICATOR);
        assertEquals(VmxInstructions.FAIL_INVALID, machine.vmxInstructions.vmlaunch());
    }

    @Test
    void vmcallInRootOperationReportsError1() {
        VmxMachine machine = new VmxMachine().withVmcs();
        machine.host("0f01c1" + HLT);
        assertEquals(1, machine.get(VmcsField.VM_INSTRUCTION_ERROR));
    }

    @Test
    void vmfuncOutsideNonRootOperationIsUndefined() {
        assertEquals(Vector.UD, new VmxMachine().withVmcs().host("0f01d4" + HLT).vector());
    }

    @Test
    void vmxoffLeavesVmxOperation() {
        VmxMachine machine = new VmxMachine().withVmcs().host("0f01c4" + HLT);
        assertFalse(machine.vmx.inVmxOperation());
        assertEquals(0, status(machine));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "3, 0", "1, 7"})
    void inveptWithAnInvalidOperandReportsError28(long type, long pointer) {
        VmxMachine machine = new VmxMachine().withVmcs();
        assertEquals(28, machine.vmxInstructions.invept(type, pointer));
        assertEquals(VmxInstructions.SUCCEED, machine.vmxInstructions.invept(2, 0));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1, 0, 0", "3, 0, 0", "4, 1, 0", "1, 65536, 0", "0, 1, 72057594037927936"})
    void invvpidWithAnInvalidOperandReportsError28(long type, long vpid, long linear) {
        VmxMachine machine = new VmxMachine().withVmcs();
        assertEquals(28, machine.vmxInstructions.invvpid(type, vpid, linear));
        assertEquals(VmxInstructions.SUCCEED, machine.vmxInstructions.invvpid(2, 0, 0));
        assertEquals(VmxInstructions.SUCCEED, machine.vmxInstructions.invvpid(0, 1, 0x1000));
    }
}

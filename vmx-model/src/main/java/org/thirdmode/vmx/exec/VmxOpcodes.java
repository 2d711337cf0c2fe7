package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/**
 * The VMX opcodes: checks of the operation mode and of privilege in the order of SDM 3D "VMX Instructions", operands from
 * registers and memory, RFLAGS from the result; the rest is {@link VmxInstructions}. In non-root operation all of them cause
 * VM exits, but for VMREAD and VMWRITE under VMCS shadowing and VMFUNC.
 */
final class VmxOpcodes {
    private static final long FEATURE_CONTROL_LOCK = 1;
    private static final long FEATURE_CONTROL_VMXON_OUTSIDE_SMX = 1 << 2;
    private static final int POINTER = 8;
    private static final long LOW32 = 0xffff_ffffL;
    private static final long BITMAP_ENCODINGS = 0x7fff;
    private static final int EPTP_LIST_ENTRIES = 512;

    private final Vmx vmx;
    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;
    private final VmxInstructions instructions;

    /** The VMCS that the VMCS link pointer names, for VMREAD and VMWRITE of a guest. */
    private final Vmcs shadow;

    VmxOpcodes(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        state = cpu.state;
        operands = cpu.operands;
        instructions = vmx.instructions;
        shadow = new Vmcs(cpu.memory);
    }

    void execute(Instruction i) {
        switch (i.operation) {
            case VMXON -> vmxon(i);
            case VMXOFF -> {
                require(i, ExitReason.VMXOFF);
                end(instructions.vmxoff());
            }
            case VMCLEAR -> {
                requireMemory(i, ExitReason.VMCLEAR);
                end(instructions.vmclear(operands.get(i, i.a, POINTER)));
            }
            case VMPTRLD -> {
                requireMemory(i, ExitReason.VMPTRLD);
                end(instructions.vmptrld(operands.get(i, i.a, POINTER)));
            }
            case VMPTRST -> {
                requireMemory(i, ExitReason.VMPTRST);
                operands.set(i, i.a, POINTER, instructions.vmptrst());
                end(VmxInstructions.SUCCEED);
            }
            case VMREAD -> vmread(i);
            case VMWRITE -> vmwrite(i);
            case VMLAUNCH -> {
                require(i, ExitReason.VMLAUNCH);
                enter(instructions.vmlaunch());
            }
            case VMRESUME -> {
                require(i, ExitReason.VMRESUME);
                enter(instructions.vmresume());
            }
            case VMCALL -> vmcall(i);
            case VMFUNC -> vmfunc(i);
            case INVEPT -> invept(i);
            case INVVPID -> invvpid(i);
            default -> throw cpu.fault(Vector.UD);
        }
    }

    private void end(int result) {
        state.flags.setStatus(VmxInstructions.flags(result));
    }

    /** After an entry that succeeded RFLAGS are the guest's, or, where it failed late, the host's. */
    private void enter(int result) {
        if (result != VmxInstructions.SUCCEED) {
            end(result);
        }
    }

    // ---- the checks ----

    private GuestFault undefined() {
        return cpu.fault(Vector.UD);
    }

    /** Real-address mode, virtual-8086 mode, compatibility mode: no VMX instruction there. */
    private boolean wrongMode() {
        return !state.protectedMode() || state.virtual8086() || (state.longModeActive() && state.codeWidth != 64);
    }

    private void requireOperation() {
        if (!vmx.inVmxOperation() || wrongMode()) {
            throw undefined();
        }
    }

    private void requirePrivilege() {
        if (state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    /** An instruction without an explicit operand. */
    private void require(Instruction i, ExitReason reason) {
        requireOperation();
        if (cpu.guestMode) {
            throw vmx.exits.instruction(reason, 0, i.length);
        }
        requirePrivilege();
    }

    private void requireMemory(Instruction i, ExitReason reason) {
        requireOperation();
        if (cpu.guestMode) {
            throw exit(i, reason, InstructionInformation.memory(i));
        }
        requirePrivilege();
    }

    private RuntimeException exit(Instruction i, ExitReason reason, int information) {
        long displacement = i.hasMemory() ? InstructionInformation.displacement(i, operands.effectiveAddress(i)) : 0;
        return vmx.exits.instruction(reason, displacement, i.length, information);
    }

    // ---- VMX operation ----

    private void vmxon(Instruction i) {
        if (!vmx.enabled() || wrongMode()) {
            throw undefined();
        }
        if (!vmx.inVmxOperation()) {
            long needed = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMXON_OUTSIDE_SMX;
            boolean possible = state.cpl == 0
                    && cpu.mmu.busAddress(1L << 20) != 0
                    && vmx.fixedBitsHold()
                    && (cpu.system.msrs.featureControl & needed) == needed;
            if (!possible) {
                throw cpu.fault(Vector.GP, 0);
            }
        } else if (cpu.guestMode) {
            throw exit(i, ExitReason.VMXON, InstructionInformation.memory(i));
        } else {
            requirePrivilege();
        }
        end(instructions.vmxon(operands.get(i, i.a, POINTER)));
    }

    private void vmcall(Instruction i) {
        if (!vmx.inVmxOperation()) {
            throw undefined();
        }
        if (cpu.guestMode) {
            throw vmx.exits.instruction(ExitReason.VMCALL, 0, i.length);
        }
        if (wrongMode()) {
            throw undefined();
        }
        requirePrivilege();
        end(instructions.vmcall());
    }

    // ---- fields ----

    private void vmread(Instruction i) {
        requireOperation();
        int size = state.codeWidth == 64 ? 8 : 4;
        long encoding = operands.register(i.b, size);
        Vmcs from = vmx.vmcs;
        if (cpu.guestMode) {
            from = shadowed(i, ExitReason.VMREAD, encoding, VmcsField.VMREAD_BITMAP_ADDRESS);
        }
        requirePrivilege();
        int result =
                from.address() == Vmcs.NO_VMCS ? VmxInstructions.FAIL_INVALID : instructions.vmread(from, encoding);
        if (result == VmxInstructions.SUCCEED) {
            operands.set(i, i.a, size, instructions.read());
        }
        end(result);
    }

    private void vmwrite(Instruction i) {
        requireOperation();
        int size = state.codeWidth == 64 ? 8 : 4;
        long encoding = operands.register(i.a, size);
        Vmcs to = vmx.vmcs;
        if (cpu.guestMode) {
            to = shadowed(i, ExitReason.VMWRITE, encoding, VmcsField.VMWRITE_BITMAP_ADDRESS);
        }
        requirePrivilege();
        if (to.address() == Vmcs.NO_VMCS) {
            end(VmxInstructions.FAIL_INVALID);
            return;
        }
        end(instructions.vmwrite(to, encoding, operands.get(i, i.b, size)));
    }

    /** SDM 3C "VMCS Shadowing": the VMCS that a guest may access, or the exit. */
    private Vmcs shadowed(Instruction i, ExitReason reason, long encoding, VmcsField bitmap) {
        boolean exits = !vmx.controls.is(SecondaryProcessorBased.VMCS_SHADOWING)
                || (encoding & ~BITMAP_ENCODINGS) != 0
                || bitSet(vmx.vmcs.read(bitmap), (int) encoding);
        if (exits) {
            throw exit(i, reason, InstructionInformation.vmcsAccess(i));
        }
        return shadow.region(vmx.vmcs.read(VmcsField.VMCS_LINK_POINTER));
    }

    private boolean bitSet(long bitmap, int bit) {
        return (cpu.memory.read(bitmap + (bit >>> 3), 1) & (1L << (bit & 7))) != 0;
    }

    // ---- invalidation ----

    private void requireInvalidation(Instruction i, boolean exists, ExitReason reason) {
        if (!exists) {
            throw undefined();
        }
        requireOperation();
        if (cpu.guestMode) {
            throw exit(i, reason, InstructionInformation.invalidation(i));
        }
        requirePrivilege();
    }

    private void invept(Instruction i) {
        requireInvalidation(i, vmx.translations.inveptExists(), ExitReason.INVEPT);
        long type = operands.register(i.a, state.codeWidth == 64 ? 8 : 4);
        long at = operands.effectiveAddress(i);
        long pointer = operands.read(i.segment, at, 8);
        operands.read(i.segment, (at + 8) & i.addressMask, 8);
        end(instructions.invept(type, pointer));
    }

    private void invvpid(Instruction i) {
        requireInvalidation(i, vmx.translations.invvpidExists(), ExitReason.INVVPID);
        long type = operands.register(i.a, state.codeWidth == 64 ? 8 : 4);
        long at = operands.effectiveAddress(i);
        long vpid = operands.read(i.segment, at, 8);
        long linear = operands.read(i.segment, (at + 8) & i.addressMask, 8);
        end(instructions.invvpid(type, vpid, linear));
    }

    // ---- VM functions ----

    /** SDM 3C "VM Functions": leaf 0 switches the EPTP. */
    private void vmfunc(Instruction i) {
        if (!cpu.guestMode || !vmx.controls.is(SecondaryProcessorBased.ENABLE_VM_FUNCTIONS)) {
            throw undefined();
        }
        long leaf = state.r[CpuState.RAX] & LOW32;
        long entry = state.r[CpuState.RCX] & LOW32;
        if (leaf != 0
                || (vmx.vmcs.read(VmcsField.VM_FUNCTION_CONTROLS) & 1) == 0
                || entry >= EPTP_LIST_ENTRIES
                || !switchEptPointer(entry)) {
            throw vmx.exits.instruction(ExitReason.VMFUNC, 0, i.length);
        }
    }

    private boolean switchEptPointer(long entry) {
        long pointer = cpu.memory.read(vmx.vmcs.read(VmcsField.EPTP_LIST_ADDRESS) + 8 * entry, 8);
        if (!vmx.translations.switchTo(pointer)) {
            return false;
        }
        vmx.vmcs.write(VmcsField.EPT_POINTER, pointer);
        if (vmx.controls.is(SecondaryProcessorBased.EPT_VIOLATION_VE)) {
            vmx.vmcs.write(VmcsField.EPTP_INDEX, entry);
        }
        return true;
    }
}

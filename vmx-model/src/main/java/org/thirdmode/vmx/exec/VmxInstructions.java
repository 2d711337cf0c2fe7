package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.InstructionError;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Flags;

/**
 * What the VMX instructions do in VMX root operation, after their checks of operation mode and privilege: SDM 3D "VMX
 * Instructions", each under its name. The opcodes call these methods, and so does a hypervisor written in Java.
 *
 * <p>Each returns {@link #SUCCEED}, {@link #FAIL_INVALID}, or the error number of VMfailValid, which then stands in the
 * VM-instruction error field. SDM 3D "Conventions".
 *
 * <p>Left out: SMX operation and the dual-monitor treatment of SMIs and SMM (error numbers 16 to 25 but 19 do not occur).
 */
public final class VmxInstructions {
    /** VMsucceed. */
    public static final int SUCCEED = 0;

    /** VMfailInvalid: there is no current VMCS to hold an error number. */
    public static final int FAIL_INVALID = -1;

    private static final long PAGE_OFFSET = 0xfff;

    private final Vmx vmx;
    private final Vmcs vmcs;

    /** A view of a region that is not (yet) current. */
    private final Vmcs other;

    /** What VMREAD has read. */
    private long value;

    VmxInstructions(Vmx vmx) {
        this.vmx = vmx;
        vmcs = vmx.vmcs;
        other = new Vmcs(vmx.cpu.memory);
    }

    /** VMfail: VMfailValid where there is a current VMCS, else VMfailInvalid. */
    private int fail(InstructionError error) {
        return fail(error.number);
    }

    private int fail(int number) {
        if (vmcs.address() == Vmcs.NO_VMCS) {
            return FAIL_INVALID;
        }
        vmcs.write(VmcsField.VM_INSTRUCTION_ERROR, number);
        return number;
    }

    /** RFLAGS of a result: none of the status flags, CF for VMfailInvalid, ZF for VMfailValid. */
    static int flags(int result) {
        return result == SUCCEED ? 0 : result == FAIL_INVALID ? Flags.CF : Flags.ZF;
    }

    private boolean validPointer(long pointer) {
        return (pointer & PAGE_OFFSET) == 0 && pointer >>> vmx.cpu.memory.addressWidth() == 0;
    }

    // ---- VMX operation ----

    /** VMXON, outside VMX operation or in root operation; CR0, CR4 and IA32_FEATURE_CONTROL have been looked at. */
    public int vmxon(long pointer) {
        if (vmx.inVmxOperation()) {
            return fail(InstructionError.VMXON_IN_ROOT_OPERATION);
        }
        if (!validPointer(pointer) || other.region(pointer).header() != Vmcs.REVISION) {
            return FAIL_INVALID;
        }
        vmx.enterOperation(pointer);
        return SUCCEED;
    }

    /** VMXOFF. */
    public int vmxoff() {
        vmx.leaveOperation();
        return SUCCEED;
    }

    /** VMCALL in root operation: there is no SMM monitor. */
    public int vmcall() {
        return fail(InstructionError.VMCALL_IN_ROOT_OPERATION);
    }

    // ---- the current VMCS ----

    /** VMCLEAR. */
    public int vmclear(long pointer) {
        if (!validPointer(pointer)) {
            return fail(InstructionError.VMCLEAR_INVALID_ADDRESS);
        }
        if (pointer == vmx.vmxonPointer()) {
            return fail(InstructionError.VMCLEAR_VMXON_POINTER);
        }
        other.region(pointer).launched(false);
        if (pointer == vmcs.address()) {
            vmcs.region(Vmcs.NO_VMCS);
        }
        return SUCCEED;
    }

    /** VMPTRLD. */
    public int vmptrld(long pointer) {
        if (!validPointer(pointer)) {
            return fail(InstructionError.VMPTRLD_INVALID_ADDRESS);
        }
        if (pointer == vmx.vmxonPointer()) {
            return fail(InstructionError.VMPTRLD_VMXON_POINTER);
        }
        other.region(pointer);
        if (other.revision() != Vmcs.REVISION || (other.isShadow() && !vmx.canShadow())) {
            return fail(InstructionError.VMPTRLD_REVISION);
        }
        vmcs.region(pointer);
        return SUCCEED;
    }

    /** VMPTRST: the current-VMCS pointer, all ones where there is none. */
    public long vmptrst() {
        return vmcs.address();
    }

    // ---- fields ----

    /** VMREAD; {@link #read} is what was read. */
    public int vmread(long encoding) {
        if (vmcs.address() == Vmcs.NO_VMCS) {
            return FAIL_INVALID;
        }
        return vmread(vmcs, encoding);
    }

    /** VMREAD from the current VMCS, or from the shadow VMCS of a guest. */
    int vmread(Vmcs from, long encoding) {
        VmcsField field = vmx.field(encoding);
        if (field == null) {
            return fail(InstructionError.UNSUPPORTED_COMPONENT);
        }
        value = from.read(field, encoding);
        return SUCCEED;
    }

    /** What the last VMREAD that succeeded has read. */
    public long read() {
        return value;
    }

    /** VMWRITE. */
    public int vmwrite(long encoding, long newValue) {
        if (vmcs.address() == Vmcs.NO_VMCS) {
            return FAIL_INVALID;
        }
        return vmwrite(vmcs, encoding, newValue);
    }

    /** VMWRITE to the current VMCS, or to the shadow VMCS of a guest. */
    int vmwrite(Vmcs to, long encoding, long newValue) {
        VmcsField field = vmx.field(encoding);
        if (field == null) {
            return fail(InstructionError.UNSUPPORTED_COMPONENT);
        }
        if (!field.isWritable() && !vmx.writesAnyField) {
            return fail(InstructionError.VMWRITE_READ_ONLY);
        }
        to.write(field, encoding, newValue);
        return SUCCEED;
    }

    // ---- VM entry ----

    /** VMLAUNCH. Where it succeeds the guest runs, or the entry has failed as an exit does. */
    public int vmlaunch() {
        return enter(VmcsState.Event.VMLAUNCH);
    }

    /** VMRESUME. */
    public int vmresume() {
        return enter(VmcsState.Event.VMRESUME);
    }

    private int enter(VmcsState.Event instruction) {
        int result = vmx.vmEntry.enter(instruction);
        return result > 0 ? fail(result) : result;
    }

    // ---- invalidation ----

    /**
     * INVEPT.
     *
     * @param type 1 single-context, 2 global
     */
    public int invept(long type, long eptPointer) {
        return vmx.translations.invept(type, eptPointer)
                ? SUCCEED
                : fail(InstructionError.INVALID_OPERAND_TO_INVEPT_INVVPID);
    }

    /**
     * INVVPID.
     *
     * @param type 0 individual address, 1 single context, 2 all contexts, 3 single context retaining globals
     * @param vpid bits 63:0 of the descriptor
     */
    public int invvpid(long type, long vpid, long linear) {
        return vmx.translations.invvpid(type, vpid, linear)
                ? SUCCEED
                : fail(InstructionError.INVALID_OPERAND_TO_INVEPT_INVVPID);
    }
}

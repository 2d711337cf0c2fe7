package org.thirdmode.kvm.vmx;

import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.ModelBug;

/** VMREAD and VMWRITE of the current VMCS by the name of the field, counted. */
final class VmcsFields {
    private static final long LOW = 0xffff_ffffL;

    private final ExitLedger ledger;
    private final boolean inHalves;
    private VmxInstructions vmx;

    /**
     * The fields of the current VMCS.
     *
     * @param inHalves whether the kernel runs outside 64-bit mode
     */
    VmcsFields(VmxInstructions vmx, ExitLedger ledger, boolean inHalves) {
        this.vmx = vmx;
        this.ledger = ledger;
        this.inHalves = inHalves;
    }

    /** The VMCS is current on another processor. */
    void processor(VmxInstructions other) {
        vmx = other;
    }

    long read(VmcsField field) {
        ledger.read();
        check(vmx.vmread(field.encoding), "VMREAD");
        return inHalves && field.width == VmcsField.Width.QUADWORD ? (vmx.read() & LOW) | upperHalf(field) : vmx.read();
    }

    private long upperHalf(VmcsField field) {
        ledger.read();
        check(vmx.vmread(field.encoding + 1L), "VMREAD");
        return vmx.read() << 32;
    }

    void write(VmcsField field, long value) {
        ledger.write();
        if (inHalves) {
            writeHalves(field, value);
        } else {
            check(vmx.vmwrite(field.encoding, value), "VMWRITE");
        }
    }

    /** Outside 64-bit mode an operand has 32 bits; the upper half of a 64-bit field has an encoding of its own. */
    private void writeHalves(VmcsField field, long value) {
        check(vmx.vmwrite(field.encoding, value & LOW), "VMWRITE");
        if (field.width == VmcsField.Width.QUADWORD) {
            ledger.write();
            check(vmx.vmwrite(field.encoding + 1L, value >>> 32), "VMWRITE");
        }
    }

    void check(int result, String instruction) {
        if (result != VmxInstructions.SUCCEED) {
            throw new ModelBug("KVM: " + instruction + " failed with " + result);
        }
    }
}

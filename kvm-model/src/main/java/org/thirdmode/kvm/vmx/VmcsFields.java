package org.thirdmode.kvm.vmx;

import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.ModelBug;

/** VMREAD and VMWRITE of the current VMCS by the name of the field, counted. */
final class VmcsFields {
    private final VmxInstructions vmx;
    private final ExitLedger ledger;

    VmcsFields(VmxInstructions vmx, ExitLedger ledger) {
        this.vmx = vmx;
        this.ledger = ledger;
    }

    long read(VmcsField field) {
        ledger.read();
        check(vmx.vmread(field.encoding), "VMREAD");
        return vmx.read();
    }

    void write(VmcsField field, long value) {
        ledger.write();
        check(vmx.vmwrite(field.encoding, value), "VMWRITE");
    }

    void check(int result, String instruction) {
        if (result != VmxInstructions.SUCCEED) {
            throw new ModelBug("KVM: " + instruction + " failed with " + result);
        }
    }
}

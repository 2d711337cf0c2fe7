package org.thirdmode.kvm.vmx;

import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.ModelBug;

/** VMREAD and VMWRITE of the current VMCS by the name of the field, counted. */
final class VmcsFields {
    private final VmxInstructions vmx;
    long reads;
    long writes;

    VmcsFields(VmxInstructions vmx) {
        this.vmx = vmx;
    }

    long read(VmcsField field) {
        reads++;
        check(vmx.vmread(field.encoding), "VMREAD");
        return vmx.read();
    }

    void write(VmcsField field, long value) {
        writes++;
        check(vmx.vmwrite(field.encoding, value), "VMWRITE");
    }

    void check(int result, String instruction) {
        if (result != VmxInstructions.SUCCEED) {
            throw new ModelBug("KVM: " + instruction + " failed with " + result);
        }
    }
}

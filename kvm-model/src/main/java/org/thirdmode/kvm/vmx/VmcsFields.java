package org.thirdmode.kvm.vmx;

import java.util.Arrays;
import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.ModelBug;

/**
 * VMREAD and VMWRITE of the current VMCS by the name of the field, counted. What a field holds is remembered: it is read once
 * after an exit that may have changed it, and written where it is to change. KVM: {@code vmx->segment_cache}, {@code
 * vmx_guest_state}.
 */
final class VmcsFields {
    private static final long LOW = 0xffff_ffffL;

    private final ExitLedger ledger;
    private final boolean inHalves;
    private VmxInstructions vmx;

    /** What fields hold, by their ordinal. */
    private final long[] known = new long[VmcsField.all().size()];

    /** When each of them was found out, in exits; negative for never. */
    private final long[] knownSince = new long[known.length];

    /** Whether the processor may change a field by itself. */
    private final boolean[] volatileFields = new boolean[known.length];

    private long exits;

    /**
     * The fields of the current VMCS.
     *
     * @param inHalves whether the kernel runs outside 64-bit mode
     */
    VmcsFields(VmxInstructions vmx, ExitLedger ledger, boolean inHalves) {
        this.vmx = vmx;
        this.ledger = ledger;
        this.inHalves = inHalves;
        Arrays.fill(knownSince, -1);
        for (VmcsField field : VmcsField.all()) {
            volatileFields[field.ordinal()] = field.kind == VmcsField.Kind.GUEST_STATE
                    || field.kind == VmcsField.Kind.EXIT_INFORMATION
                    || field == VmcsField.ENTRY_CONTROLS
                    || field == VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION;
        }
    }

    /** Nobody changes {@code field} but the hypervisor: the guest exits before. */
    void own(VmcsField field) {
        volatileFields[field.ordinal()] = false;
    }

    /** The guest has run, or an entry failed: what the processor may have changed is not known any more. */
    void exited() {
        exits++;
    }

    private boolean knows(VmcsField field) {
        int n = field.ordinal();
        return volatileFields[n] ? knownSince[n] == exits : knownSince[n] >= 0;
    }

    private void know(VmcsField field, long value) {
        known[field.ordinal()] = value;
        knownSince[field.ordinal()] = exits;
    }

    /** The VMCS is current on another processor. */
    void processor(VmxInstructions other) {
        vmx = other;
    }

    long read(VmcsField field) {
        if (!knows(field)) {
            ledger.read();
            check(vmx.vmread(field.encoding), "VMREAD");
            long low = vmx.read();
            know(field, inHalves && field.width == VmcsField.Width.QUADWORD ? (low & LOW) | upperHalf(field) : low);
        }
        return known[field.ordinal()];
    }

    private long upperHalf(VmcsField field) {
        ledger.read();
        check(vmx.vmread(field.encoding + 1L), "VMREAD");
        return vmx.read() << 32;
    }

    void write(VmcsField field, long value) {
        long held = value & (inHalves && field.width == VmcsField.Width.NATURAL ? LOW : field.mask);
        if (knows(field) && known[field.ordinal()] == held) {
            return;
        }
        know(field, held);
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

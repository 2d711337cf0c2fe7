package org.thirdmode.kvm.svm;

import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.svm.vmcb.CleanBit;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * A VMCB by the names of its fields, and which groups of them were changed since the last VMRUN. APM 2 "VMCB State
 * Caching".
 */
final class VmcbFields {
    /** A group that a processor may know and this hypervisor does not is not declared clean. */
    private static final int GROUPS = (1 << CleanBit.values().length) - 1;

    /** Physical address of the VMCB. */
    final long address;

    private final Vmcb vmcb;
    private final ExitLedger ledger;
    private int dirty = GROUPS;

    VmcbFields(PhysicalMemory memory, long address, ExitLedger ledger) {
        this.ledger = ledger;
        this.address = address;
        vmcb = new Vmcb(memory).at(address);
    }

    long read(VmcbField field) {
        ledger.read();
        return vmcb.get(field);
    }

    /** Returns whether the field had another value. */
    boolean write(VmcbField field, long value) {
        ledger.read();
        if (vmcb.get(field) == (value & field.mask())) {
            return false;
        }
        ledger.write();
        vmcb.set(field, value);
        if (field.clean != null) {
            dirty |= field.clean.mask;
        }
        return true;
    }

    /** Sets or clears bits. */
    void bits(VmcbField field, long bits, boolean set) {
        long value = read(field);
        write(field, set ? value | bits : value & ~bits);
    }

    /** The next VMRUN is to read all of it. */
    void changed() {
        dirty = GROUPS;
    }

    /** The clean bits for the next VMRUN, after which nothing is changed. */
    int takeClean() {
        int clean = GROUPS & ~dirty;
        dirty = 0;
        return clean;
    }
}

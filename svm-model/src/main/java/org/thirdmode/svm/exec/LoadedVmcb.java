package org.thirdmode.svm.exec;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.svm.vmcb.CleanBit;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbValues;

/**
 * What the processor holds of the VMCB of its last VMRUN. A group of fields whose clean bit is set is not read again where
 * the VMCB is the same: whoever changed such a field in memory without clearing the bit sees the old value in force. APM 2
 * "VMCB State Caching".
 */
final class LoadedVmcb implements VmcbValues {
    private static final long NONE = -1L;

    /** Fields of each clean bit that VMRUN reads. */
    private static final VmcbField[][] GROUPS = groups();

    /** Fields that VMRUN reads every time. */
    private static final VmcbField[] ALWAYS = {
        VmcbField.TLB_CONTROL,
        VmcbField.INTERRUPT_SHADOW,
        VmcbField.EVENTINJ,
        VmcbField.VMCB_CLEAN,
        VmcbField.NRIP,
        VmcbField.RFLAGS,
        VmcbField.RIP,
        VmcbField.RSP,
        VmcbField.RAX
    };

    private final long[] values = new long[VmcbField.values().length];
    private long address = NONE;

    private static VmcbField[][] groups() {
        CleanBit[] bits = CleanBit.values();
        VmcbField[][] groups = new VmcbField[bits.length][];
        for (CleanBit bit : bits) {
            List<VmcbField> fields = new ArrayList<>();
            for (VmcbField field : VmcbField.values()) {
                if (field.clean == bit && bit != CleanBit.AVIC) {
                    fields.add(field);
                }
            }
            groups[bit.ordinal()] = fields.toArray(new VmcbField[0]);
        }
        return groups;
    }

    @Override
    public long get(VmcbField field) {
        return values[field.ordinal()];
    }

    /** Nothing is held: after RESET. */
    void forget() {
        address = NONE;
    }

    /**
     * Reads a VMCB.
     *
     * @param honoursCleanBits whether the processor has VMCB caching
     * @return the clean bits by which something was not read
     */
    int load(Vmcb vmcb, boolean honoursCleanBits) {
        for (VmcbField field : ALWAYS) {
            values[field.ordinal()] = vmcb.get(field);
        }
        int clean = honoursCleanBits && address == vmcb.address() ? (int) get(VmcbField.VMCB_CLEAN) : 0;
        for (int group = 0; group < GROUPS.length; group++) {
            if (((clean >>> group) & 1) == 0) {
                for (VmcbField field : GROUPS[group]) {
                    values[field.ordinal()] = vmcb.get(field);
                }
            }
        }
        address = vmcb.address();
        return clean;
    }

    /** Writes a field to the VMCB and to what is held of it. */
    void store(Vmcb vmcb, VmcbField field, long value) {
        values[field.ordinal()] = value & field.mask();
        vmcb.set(field, value);
    }

    /** The fields whose clean bit is set though memory holds something else. */
    List<VmcbField> stale(Vmcb vmcb, int clean) {
        List<VmcbField> fields = new ArrayList<>();
        for (int group = 0; group < GROUPS.length; group++) {
            if (((clean >>> group) & 1) != 0) {
                for (VmcbField field : GROUPS[group]) {
                    if (vmcb.get(field) != get(field)) {
                        fields.add(field);
                    }
                }
            }
        }
        return fields;
    }
}

package org.thirdmode.svm.exec;

import java.util.ArrayList;
import java.util.Arrays;
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

    /** What VMRUN reads ends here. */
    private static final int END = VmcbField.LASTEXCPTO.offset + Long.BYTES;

    private static final int CLEAN = VmcbField.VMCB_CLEAN.offset;

    /** Fields of each clean bit that VMRUN reads. */
    private static final Group[] GROUPS = groups();

    /** Fields that VMRUN reads every time. */
    private static final Group ALWAYS = new Group(List.of(
            VmcbField.TLB_CONTROL,
            VmcbField.INTERRUPT_SHADOW,
            VmcbField.EVENTINJ,
            VmcbField.VMCB_CLEAN,
            VmcbField.NRIP,
            VmcbField.RFLAGS,
            VmcbField.RIP,
            VmcbField.RSP,
            VmcbField.RAX));

    /** The fields as they were read, each at its place in a VMCB. */
    final byte[] image = new byte[VmcbField.VMCB_SIZE];

    private long address = NONE;

    /** Fields that are read together. */
    private static final class Group {
        final List<VmcbField> fields;
        private final int[] offsets;
        private final long[] masks;

        Group(List<VmcbField> fields) {
            this.fields = fields;
            offsets = fields.stream().mapToInt(field -> field.offset).toArray();
            masks = fields.stream().mapToLong(VmcbField::mask).toArray();
        }

        void copy(byte[] from, byte[] to) {
            for (int n = 0; n < offsets.length; n++) {
                int at = offsets[n];
                long held = Vmcb.at(to, at);
                Vmcb.set(to, at, held ^ ((held ^ Vmcb.at(from, at)) & masks[n]));
            }
        }
    }

    private static Group[] groups() {
        CleanBit[] bits = CleanBit.values();
        Group[] groups = new Group[bits.length];
        for (CleanBit bit : bits) {
            groups[bit.ordinal()] = new Group(Arrays.stream(VmcbField.values())
                    .filter(field -> field.clean == bit && bit != CleanBit.AVIC)
                    .toList());
        }
        return groups;
    }

    @Override
    public long get(VmcbField field) {
        return Vmcb.at(image, field.offset) & field.mask();
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
        byte[] from = vmcb.image();
        int clean = honoursCleanBits && address == vmcb.address() ? (int) Vmcb.at(from, CLEAN) : 0;
        if (clean == 0) {
            System.arraycopy(from, 0, image, 0, END);
        } else {
            ALWAYS.copy(from, image);
            for (int group = 0; group < GROUPS.length; group++) {
                if (((clean >>> group) & 1) == 0) {
                    GROUPS[group].copy(from, image);
                }
            }
        }
        address = vmcb.address();
        return clean;
    }

    /** Writes a field to the VMCB and to what is held of it. */
    void store(Vmcb vmcb, VmcbField field, long value) {
        long held = Vmcb.at(image, field.offset);
        Vmcb.set(image, field.offset, held ^ ((held ^ value) & field.mask()));
        vmcb.set(field, value);
    }

    /** The fields whose clean bit is set though memory holds something else. */
    List<VmcbField> stale(Vmcb vmcb, int clean) {
        List<VmcbField> fields = new ArrayList<>();
        for (int group = 0; group < GROUPS.length; group++) {
            if (((clean >>> group) & 1) != 0) {
                for (VmcbField field : GROUPS[group].fields) {
                    if (vmcb.get(field) != get(field)) {
                        fields.add(field);
                    }
                }
            }
        }
        return fields;
    }
}

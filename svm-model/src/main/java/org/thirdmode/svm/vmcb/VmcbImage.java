package org.thirdmode.svm.vmcb;

import java.util.EnumSet;
import java.util.Set;

/** The values of a VMCB apart from any memory; a field that nobody has set is not known. */
public final class VmcbImage implements VmcbValues {
    private static final VmcbField[] FIELDS = VmcbField.values();

    private final long[] values = new long[FIELDS.length];
    private final Set<VmcbField> known = EnumSet.noneOf(VmcbField.class);

    /** Nothing is known. */
    public VmcbImage() {}

    /** A copy. */
    public VmcbImage(VmcbValues other) {
        for (VmcbField field : FIELDS) {
            if (field.scalar() && other.knows(field)) {
                set(field, other.get(field));
            }
        }
    }

    @Override
    public long get(VmcbField field) {
        return values[field.ordinal()];
    }

    @Override
    public boolean knows(VmcbField field) {
        return known.contains(field);
    }

    /** Sets a field to the low bits of {@code value}. */
    public void set(VmcbField field, long value) {
        values[field.ordinal()] = value & field.mask();
        known.add(field);
    }

    /** Sets bits of a field. */
    public void setBits(VmcbField field, long bits) {
        set(field, get(field) | bits);
    }

    /** Clears bits of a field. */
    public void clearBits(VmcbField field, long bits) {
        set(field, get(field) & ~bits);
    }

    /** The fields that are known. */
    public Set<VmcbField> known() {
        return EnumSet.copyOf(known);
    }
}

package org.thirdmode.vmx.entry;

import java.util.BitSet;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.memory.Frame;

/** A VMCS of which perhaps not everything is known: each field has a value or none. */
public final class VmcsView {
    final byte[] bytes = new byte[Vmcs.SIZE];
    private final BitSet known = new BitSet();

    /** Nothing is known. */
    public VmcsView() {}

    /** Everything that a region holds. */
    public static VmcsView of(Vmcs vmcs) {
        VmcsView view = new VmcsView();
        for (VmcsField field : VmcsField.all()) {
            view.put(field, vmcs.read(field));
        }
        return view;
    }

    /** A copy that changes on its own. */
    public VmcsView copy() {
        VmcsView copy = new VmcsView();
        System.arraycopy(bytes, 0, copy.bytes, 0, bytes.length);
        copy.known.or(known);
        return copy;
    }

    /** The field has this value: the bits that the field has. */
    public VmcsView put(VmcsField field, long value) {
        Frame.LONG.set(bytes, field.offset, value & field.mask);
        known.set(field.ordinal());
        return this;
    }

    /** The field's value is not known any more. */
    public VmcsView forget(VmcsField field) {
        known.clear(field.ordinal());
        Frame.LONG.set(bytes, field.offset, 0L);
        return this;
    }

    public boolean knows(VmcsField field) {
        return known.get(field.ordinal());
    }

    /** The value of a field; 0 where it is not known. */
    public long get(VmcsField field) {
        return (long) Frame.LONG.get(bytes, field.offset);
    }

    /** How many fields are known. */
    public int size() {
        return known.cardinality();
    }
}

package org.thirdmode.vmx.vmcs;

/** VM-function controls: which leaves of VMFUNC a guest may execute. SDM 3C "VM-Function Controls". */
public enum VmFunctions implements ControlBit {
    EPTP_SWITCHING(0, "EPTP switching");

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    VmFunctions(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.VM_FUNCTION_CONTROLS;
    }

    @Override
    public int bit() {
        return bit;
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public long mask() {
        return mask;
    }

    /** Whether the bit is 1 in a value of the field. */
    public boolean in(long controls) {
        return (controls & mask) != 0;
    }
}

package org.thirdmode.vmx.vmcs;

/** Secondary VM-exit controls, a field of 64 bits. SDM 3C "VM-Exit Controls". */
public enum SecondaryExitControls implements ControlBit {
    SAVE_IA32_FRED(0, "Save IA32_FRED"),
    LOAD_IA32_FRED(1, "Load IA32_FRED"),
    LOAD_IA32_SPEC_CTRL(2, "Load IA32_SPEC_CTRL"),
    PREMATURELY_BUSY_SHADOW_STACK(3, "Prematurely busy shadow stack");

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    SecondaryExitControls(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.SECONDARY_EXIT_CONTROLS;
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

package org.thirdmode.vmx.vmcs;

/** Pin-based VM-execution controls: asynchronous events. SDM 3C "Pin-Based VM-Execution Controls". */
public enum PinBased implements ControlBit {
    EXTERNAL_INTERRUPT_EXITING(0, "External-interrupt exiting"),
    NMI_EXITING(3, "NMI exiting"),
    VIRTUAL_NMIS(5, "Virtual NMIs"),
    ACTIVATE_VMX_PREEMPTION_TIMER(6, "Activate VMX-preemption timer"),
    PROCESS_POSTED_INTERRUPTS(7, "Process posted interrupts");

    /** The default1 class: reserved bits that are 1. SDM 3D "Reserved Controls and Default Settings". */
    public static final long DEFAULT1 = 0x16;

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    PinBased(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.PIN_BASED_CONTROLS;
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

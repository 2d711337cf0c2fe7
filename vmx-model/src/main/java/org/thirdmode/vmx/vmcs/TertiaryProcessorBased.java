package org.thirdmode.vmx.vmcs;

/** Tertiary processor-based VM-execution controls, a field of 64 bits. SDM 3C "Processor-Based VM-Execution Controls". */
public enum TertiaryProcessorBased implements ControlBit {
    LOADIWKEY_EXITING(0, "LOADIWKEY exiting"),
    ENABLE_HLAT(1, "Enable HLAT"),
    EPT_PAGING_WRITE_CONTROL(2, "EPT paging-write control"),
    GUEST_PAGING_VERIFICATION(3, "Guest-paging verification"),
    IPI_VIRTUALIZATION(4, "IPI virtualization"),
    ENABLE_MSR_LIST_INSTRUCTIONS(6, "Enable MSR-list instructions"),
    VIRTUALIZE_IA32_SPEC_CTRL(7, "Virtualize IA32_SPEC_CTRL"),
    APIC_TIMER_VIRTUALIZATION(8, "APIC-timer virtualization");

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    TertiaryProcessorBased(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS;
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

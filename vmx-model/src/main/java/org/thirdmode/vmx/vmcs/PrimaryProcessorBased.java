package org.thirdmode.vmx.vmcs;

/** Primary processor-based VM-execution controls. SDM 3C "Processor-Based VM-Execution Controls". */
public enum PrimaryProcessorBased implements ControlBit {
    INTERRUPT_WINDOW_EXITING(2, "Interrupt-window exiting"),
    USE_TSC_OFFSETTING(3, "Use TSC offsetting"),
    HLT_EXITING(7, "HLT exiting"),
    INVLPG_EXITING(9, "INVLPG exiting"),
    MWAIT_EXITING(10, "MWAIT exiting"),
    RDPMC_EXITING(11, "RDPMC exiting"),
    RDTSC_EXITING(12, "RDTSC exiting"),
    CR3_LOAD_EXITING(15, "CR3-load exiting"),
    CR3_STORE_EXITING(16, "CR3-store exiting"),
    ACTIVATE_TERTIARY_CONTROLS(17, "Activate tertiary controls"),
    CR8_LOAD_EXITING(19, "CR8-load exiting"),
    CR8_STORE_EXITING(20, "CR8-store exiting"),
    USE_TPR_SHADOW(21, "Use TPR shadow"),
    NMI_WINDOW_EXITING(22, "NMI-window exiting"),
    MOV_DR_EXITING(23, "MOV-DR exiting"),
    UNCONDITIONAL_I_O_EXITING(24, "Unconditional I/O exiting"),
    USE_I_O_BITMAPS(25, "Use I/O bitmaps"),
    MONITOR_TRAP_FLAG(27, "Monitor trap flag"),
    USE_MSR_BITMAPS(28, "Use MSR bitmaps"),
    MONITOR_EXITING(29, "MONITOR exiting"),
    PAUSE_EXITING(30, "PAUSE exiting"),
    ACTIVATE_SECONDARY_CONTROLS(31, "Activate secondary controls");

    /** The default1 class. SDM 3D "Reserved Controls and Default Settings". */
    public static final long DEFAULT1 = 0x0401_e172;

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    PrimaryProcessorBased(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS;
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

package org.thirdmode.vmx.vmcs;

/** Primary VM-exit controls. SDM 3C "VM-Exit Controls". */
public enum ExitControls implements ControlBit {
    SAVE_DEBUG_CONTROLS(2, "Save debug controls"),
    HOST_ADDRESS_SPACE_SIZE(9, "Host address-space size"),
    LOAD_IA32_PERF_GLOBAL_CTRL(12, "Load IA32_PERF_GLOBAL_CTRL"),
    ACKNOWLEDGE_INTERRUPT_ON_EXIT(15, "Acknowledge interrupt on exit"),
    SAVE_IA32_PAT(18, "Save IA32_PAT"),
    LOAD_IA32_PAT(19, "Load IA32_PAT"),
    SAVE_IA32_EFER(20, "Save IA32_EFER"),
    LOAD_IA32_EFER(21, "Load IA32_EFER"),
    SAVE_VMX_PREEMPTION_TIMER_VALUE(22, "Save VMX-preemption timer value"),
    CLEAR_IA32_BNDCFGS(23, "Clear IA32_BNDCFGS"),
    CONCEAL_VMX_FROM_PT(24, "Conceal VMX from PT"),
    CLEAR_IA32_RTIT_CTL(25, "Clear IA32_RTIT_CTL"),
    CLEAR_IA32_LBR_CTL(26, "Clear IA32_LBR_CTL"),
    CLEAR_UINV(27, "Clear UINV"),
    LOAD_CET_STATE(28, "Load CET state"),
    LOAD_PKRS(29, "Load PKRS"),
    SAVE_IA32_PERF_GLOBAL_CTRL(30, "Save IA32_PERF_GLOBAL_CTRL"),
    ACTIVATE_SECONDARY_CONTROLS(31, "Activate secondary controls");

    /** The default1 class. SDM 3D "Reserved Controls and Default Settings". */
    public static final long DEFAULT1 = 0x0003_6dff;

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    ExitControls(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.PRIMARY_EXIT_CONTROLS;
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

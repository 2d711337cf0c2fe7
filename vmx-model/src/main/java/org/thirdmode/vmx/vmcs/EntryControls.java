package org.thirdmode.vmx.vmcs;

/** VM-entry controls. SDM 3C "VM-Entry Controls". */
public enum EntryControls implements ControlBit {
    LOAD_DEBUG_CONTROLS(2, "Load debug controls"),
    IA_32E_MODE_GUEST(9, "IA-32e mode guest"),
    ENTRY_TO_SMM(10, "Entry to SMM"),
    DEACTIVATE_DUAL_MONITOR_TREATMENT(11, "Deactivate dual-monitor treatment"),
    LOAD_IA32_PERF_GLOBAL_CTRL(13, "Load IA32_PERF_GLOBAL_CTRL"),
    LOAD_IA32_PAT(14, "Load IA32_PAT"),
    LOAD_IA32_EFER(15, "Load IA32_EFER"),
    LOAD_IA32_BNDCFGS(16, "Load IA32_BNDCFGS"),
    CONCEAL_VMX_FROM_PT(17, "Conceal VMX from PT"),
    LOAD_IA32_RTIT_CTL(18, "Load IA32_RTIT_CTL"),
    LOAD_UINV(19, "Load UINV"),
    LOAD_CET_STATE(20, "Load CET state"),
    LOAD_GUEST_IA32_LBR_CTL(21, "Load guest IA32_LBR_CTL"),
    LOAD_PKRS(22, "Load PKRS"),
    LOAD_IA32_FRED(23, "Load IA32_FRED"),
    LOAD_IA32_SPEC_CTRL(24, "Load IA32_SPEC_CTRL");

    /** The default1 class. SDM 3D "Reserved Controls and Default Settings". */
    public static final long DEFAULT1 = 0x0000_11ff;

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    EntryControls(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.ENTRY_CONTROLS;
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

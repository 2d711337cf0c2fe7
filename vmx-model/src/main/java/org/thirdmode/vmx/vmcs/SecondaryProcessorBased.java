package org.thirdmode.vmx.vmcs;

/** Secondary processor-based VM-execution controls. SDM 3C "Processor-Based VM-Execution Controls". */
public enum SecondaryProcessorBased implements ControlBit {
    VIRTUALIZE_APIC_ACCESSES(0, "Virtualize APIC accesses"),
    ENABLE_EPT(1, "Enable EPT"),
    DESCRIPTOR_TABLE_EXITING(2, "Descriptor-table exiting"),
    ENABLE_RDTSCP(3, "Enable RDTSCP"),
    VIRTUALIZE_X2APIC_MODE(4, "Virtualize x2APIC mode"),
    ENABLE_VPID(5, "Enable VPID"),
    WBINVD_EXITING(6, "WBINVD exiting"),
    UNRESTRICTED_GUEST(7, "Unrestricted guest"),
    APIC_REGISTER_VIRTUALIZATION(8, "APIC-register virtualization"),
    VIRTUAL_INTERRUPT_DELIVERY(9, "Virtual-interrupt delivery"),
    PAUSE_LOOP_EXITING(10, "PAUSE-loop exiting"),
    RDRAND_EXITING(11, "RDRAND exiting"),
    ENABLE_INVPCID(12, "Enable INVPCID"),
    ENABLE_VM_FUNCTIONS(13, "Enable VM functions"),
    VMCS_SHADOWING(14, "VMCS shadowing"),
    ENABLE_ENCLS_EXITING(15, "Enable ENCLS exiting"),
    RDSEED_EXITING(16, "RDSEED exiting"),
    ENABLE_PML(17, "Enable PML"),
    EPT_VIOLATION_VE(18, "EPT-violation #VE"),
    CONCEAL_VMX_FROM_PT(19, "Conceal VMX from PT"),
    ENABLE_XSAVES(20, "Enable XSAVES/XRSTORS"),
    PASID_TRANSLATION(21, "PASID translation"),
    MODE_BASED_EXECUTE_CONTROL_FOR_EPT(22, "Mode-based execute control for EPT"),
    SUB_PAGE_WRITE_PERMISSIONS_FOR_EPT(23, "Sub-page write permissions for EPT"),
    INTEL_PT_USES_GUEST_PHYSICAL_ADDRESSES(24, "Intel PT uses guest physical addresses"),
    USE_TSC_SCALING(25, "Use TSC scaling"),
    ENABLE_USER_WAIT_AND_PAUSE(26, "Enable user wait and pause"),
    ENABLE_PCONFIG(27, "Enable PCONFIG"),
    ENABLE_ENCLV_EXITING(28, "Enable ENCLV exiting"),
    VMM_BUS_LOCK_DETECTION(30, "VMM bus-lock detection"),
    INSTRUCTION_TIMEOUT(31, "Instruction timeout");

    private final int bit;
    private final String title;

    /** The bit as a value of the field. */
    public final long mask;

    SecondaryProcessorBased(int bit, String title) {
        this.bit = bit;
        this.title = title;
        mask = 1L << bit;
    }

    @Override
    public VmcsField field() {
        return VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS;
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

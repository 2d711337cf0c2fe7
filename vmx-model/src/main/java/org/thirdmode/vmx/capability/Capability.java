package org.thirdmode.vmx.capability;

import static org.thirdmode.vmx.capability.CapabilityMsr.IA32_VMX_BASIC;
import static org.thirdmode.vmx.capability.CapabilityMsr.IA32_VMX_EPT_VPID_CAP;
import static org.thirdmode.vmx.capability.CapabilityMsr.IA32_VMX_MISC;

/**
 * What a processor may have beside controls: bits of IA32_VMX_BASIC, IA32_VMX_MISC and IA32_VMX_EPT_VPID_CAP. SDM 3D "Basic
 * VMX Information", "Miscellaneous Data", "VPID and EPT Capabilities".
 */
public enum Capability {
    INS_OUTS_INFORMATION(IA32_VMX_BASIC, 54, "instruction information for INS and OUTS"),
    TRUE_CONTROLS(IA32_VMX_BASIC, 55, "default1 controls that may be 0"),
    OPTIONAL_ERROR_CODE(IA32_VMX_BASIC, 56, "injection of an exception with or without error code"),

    STORE_EFER_LMA(IA32_VMX_MISC, 5, "store EFER.LMA into \"IA-32e mode guest\""),
    ACTIVITY_HLT(IA32_VMX_MISC, 6, "activity state HLT"),
    ACTIVITY_SHUTDOWN(IA32_VMX_MISC, 7, "activity state shutdown"),
    ACTIVITY_WAIT_FOR_SIPI(IA32_VMX_MISC, 8, "activity state wait-for-SIPI"),
    VMWRITE_TO_ANY_FIELD(IA32_VMX_MISC, 29, "VMWRITE to VM-exit information fields"),
    INJECTION_WITH_LENGTH_0(IA32_VMX_MISC, 30, "injection with instruction length 0"),

    EPT_EXECUTE_ONLY(IA32_VMX_EPT_VPID_CAP, 0, "execute-only EPT translations"),
    EPT_WALK_LENGTH_4(IA32_VMX_EPT_VPID_CAP, 6, "EPT page-walk length 4"),
    EPT_WALK_LENGTH_5(IA32_VMX_EPT_VPID_CAP, 7, "EPT page-walk length 5"),
    EPT_UNCACHEABLE(IA32_VMX_EPT_VPID_CAP, 8, "EPT paging structures of memory type UC"),
    EPT_WRITE_BACK(IA32_VMX_EPT_VPID_CAP, 14, "EPT paging structures of memory type WB"),
    EPT_2_MBYTE_PAGES(IA32_VMX_EPT_VPID_CAP, 16, "EPT 2-MByte pages"),
    EPT_1_GBYTE_PAGES(IA32_VMX_EPT_VPID_CAP, 17, "EPT 1-GByte pages"),
    INVEPT(IA32_VMX_EPT_VPID_CAP, 20, "INVEPT"),
    EPT_ACCESSED_AND_DIRTY(IA32_VMX_EPT_VPID_CAP, 21, "accessed and dirty flags for EPT"),
    EPT_ADVANCED_INFORMATION(IA32_VMX_EPT_VPID_CAP, 22, "advanced VM-exit information for EPT violations"),
    EPT_SUPERVISOR_SHADOW_STACK(IA32_VMX_EPT_VPID_CAP, 23, "supervisor shadow-stack control of EPT"),
    INVEPT_SINGLE_CONTEXT(IA32_VMX_EPT_VPID_CAP, 25, "single-context INVEPT"),
    INVEPT_ALL_CONTEXTS(IA32_VMX_EPT_VPID_CAP, 26, "all-context INVEPT"),
    INVVPID(IA32_VMX_EPT_VPID_CAP, 32, "INVVPID"),
    INVVPID_INDIVIDUAL_ADDRESS(IA32_VMX_EPT_VPID_CAP, 40, "individual-address INVVPID"),
    INVVPID_SINGLE_CONTEXT(IA32_VMX_EPT_VPID_CAP, 41, "single-context INVVPID"),
    INVVPID_ALL_CONTEXTS(IA32_VMX_EPT_VPID_CAP, 42, "all-context INVVPID"),
    INVVPID_RETAINING_GLOBALS(IA32_VMX_EPT_VPID_CAP, 43, "single-context-retaining-globals INVVPID");

    /** Where it is told. */
    public final CapabilityMsr msr;

    public final int bit;

    /** In words. */
    public final String title;

    Capability(CapabilityMsr msr, int bit, String title) {
        this.msr = msr;
        this.bit = bit;
        this.title = title;
    }

    /** The bit as a value of its MSR. */
    public long mask() {
        return 1L << bit;
    }
}

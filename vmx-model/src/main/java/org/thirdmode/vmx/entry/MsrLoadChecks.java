package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.entry.EntryCheck.row;
import static org.thirdmode.vmx.entry.EntryCheck.rows;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_MSR_LOAD_ADDRESS;
import static org.thirdmode.vmx.vmcs.VmcsField.VM_ENTRY_MSR_LOAD_COUNT;

import java.util.List;

/** "Loading MSRs": each entry of the VM-entry MSR-load area, in turn ({@link Facts#loading}). */
final class MsrLoadChecks {
    private static final long IA32_BIOS_UPDT_TRIG = 0x79;
    private static final long IA32_BIOS_SIGN_ID = 0x8b;
    private static final long IA32_SMM_MONITOR_CTL = 0x9b;
    private static final long IA32_SMBASE = 0x9e;
    private static final long IA32_FS_BASE = 0xc000_0100L;
    private static final long IA32_GS_BASE = 0xc000_0101L;

    static final List<EntryCheck> ROWS = rows(
            Section.MSR_LOADING,
            row(
                            "msr-load-base",
                            "MSR-load entry: FS and GS base",
                            "the MSR is not C0000100H (IA32_FS_BASE) or C0000101H (IA32_GS_BASE)",
                            f -> index(f) != IA32_FS_BASE && index(f) != IA32_GS_BASE)
                    .on(VM_ENTRY_MSR_LOAD_ADDRESS, VM_ENTRY_MSR_LOAD_COUNT),
            row(
                            "msr-load-x2apic",
                            "MSR-load entry: x2APIC registers",
                            "the MSR is none of 800H to 8FFH, the registers of a local APIC in x2APIC mode",
                            f -> index(f) >>> 8 != 8)
                    .on(VM_ENTRY_MSR_LOAD_ADDRESS, VM_ENTRY_MSR_LOAD_COUNT),
            row(
                            "msr-load-smm",
                            "MSR-load entry: registers of SMM",
                            "the MSR is not one that only SMM may write: 9BH (IA32_SMM_MONITOR_CTL), 9EH (IA32_SMBASE)",
                            f -> index(f) != IA32_SMM_MONITOR_CTL && index(f) != IA32_SMBASE)
                    .on(VM_ENTRY_MSR_LOAD_ADDRESS, VM_ENTRY_MSR_LOAD_COUNT),
            row(
                            "msr-load-microcode",
                            "MSR-load entry: microcode updates",
                            "the MSR is not 79H (IA32_BIOS_UPDT_TRIG) or 8BH (IA32_BIOS_SIGN_ID), which this processor does"
                                    + " not load",
                            f -> index(f) != IA32_BIOS_UPDT_TRIG && index(f) != IA32_BIOS_SIGN_ID)
                    .on(VM_ENTRY_MSR_LOAD_ADDRESS, VM_ENTRY_MSR_LOAD_COUNT),
            row(
                            "msr-load-reserved",
                            "MSR-load entry: reserved bits",
                            "bits 63:32 of the entry are 0",
                            f -> f.msrEntry() >>> 32 == 0)
                    .on(VM_ENTRY_MSR_LOAD_ADDRESS, VM_ENTRY_MSR_LOAD_COUNT),
            row(
                            "msr-load-wrmsr",
                            "MSR-load entry: the value",
                            "WRMSR of the value would not cause a general-protection exception at CPL 0",
                            Facts::msrIsWritable)
                    .on(VM_ENTRY_MSR_LOAD_ADDRESS, VM_ENTRY_MSR_LOAD_COUNT));

    private MsrLoadChecks() {}

    private static long index(Facts f) {
        return f.msrEntry() & 0xffff_ffffL;
    }
}

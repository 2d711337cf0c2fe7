package org.thirdmode.kvm.vmx;

import org.thirdmode.kvm.HostMachine;
import org.thirdmode.vmx.capability.CapabilityMsr;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/** What of a VMCS stays as it is while its guest lives: controls and host state. KVM: {@code vmx_vcpu_setup}. */
final class VmcsSetup {
    private static final int FRAME = 4096;

    /** IA32_VMX_BASIC: there are the capability MSRs with TRUE in their names. All processors since load IA32_EFER. */
    private static final long TRUE_CONTROLS = 1L << 55;

    /** MSRs that the guest may read and write itself: their values are in the VMCS. */
    private static final int[] DIRECT_MSRS = {
        0x174,
        0x175,
        0x176, // IA32_SYSENTER_CS, _ESP, _EIP
        0xc000_0100,
        0xc000_0101 // IA32_FS_BASE, IA32_GS_BASE
    };

    private final HostMachine host;
    private final VmxCapabilities capabilities;
    private final VmcsFields vmcs;
    private final boolean nested;
    private long primary;
    private long secondary;
    private boolean unrestricted;

    VmcsSetup(HostMachine host, VmcsFields vmcs, boolean nested) {
        this.host = host;
        this.vmcs = vmcs;
        this.nested = nested;
        capabilities = VmxCapabilities.of(host.cpu.profile);
    }

    /** The primary processor-based controls that were written. */
    long primary() {
        return primary;
    }

    /** The secondary processor-based controls that were written. */
    long secondary() {
        return secondary;
    }

    /** Whether the guest can run in real-address mode and without paging. */
    boolean unrestricted() {
        return unrestricted;
    }

    /** What this hypervisor cannot do without, on this processor. */
    private void require() {
        String processor = "processor " + host.cpu.profile.name();
        if ((capabilities.msr(CapabilityMsr.IA32_VMX_BASIC) & TRUE_CONTROLS) == 0) {
            throw new IllegalArgumentException(
                    processor + ": this hypervisor needs VM entries that load IA32_EFER, which it lacks");
        }
        long secondary = capabilities.msr(CapabilityMsr.IA32_VMX_PROCBASED_CTLS2) >>> 32;
        if (nested && !SecondaryProcessorBased.ENABLE_EPT.in(secondary)) {
            throw new IllegalArgumentException(processor + " has no EPT; use a shadow MMU");
        }
    }

    void write(long msrBitmap) {
        require();
        controls();
        msrBitmap(msrBitmap);
        hostState();
        vmcs.write(VmcsField.VMCS_LINK_POINTER, -1L);
        vmcs.write(VmcsField.GUEST_IA32_DEBUGCTL, 0);
        vmcs.write(VmcsField.GUEST_ACTIVITY_STATE, 0);
    }

    /** The controls wanted, adjusted to what the processor demands. SDM 3D "VMX Capability Reporting Facility". */
    private long adjusted(CapabilityMsr msr, long wanted) {
        long mustBeOne = capabilities.msr(msr) & 0xffff_ffffL;
        long mayBeOne = capabilities.msr(msr) >>> 32;
        return (wanted | mustBeOne) & mayBeOne;
    }

    private void controls() {
        vmcs.write(
                VmcsField.PIN_BASED_CONTROLS,
                adjusted(
                        CapabilityMsr.IA32_VMX_TRUE_PINBASED_CTLS,
                        PinBased.EXTERNAL_INTERRUPT_EXITING.mask
                                | PinBased.NMI_EXITING.mask
                                | PinBased.VIRTUAL_NMIS.mask));
        long shadow = PrimaryProcessorBased.CR3_LOAD_EXITING.mask
                | PrimaryProcessorBased.CR3_STORE_EXITING.mask
                | PrimaryProcessorBased.INVLPG_EXITING.mask;
        primary = adjusted(
                CapabilityMsr.IA32_VMX_TRUE_PROCBASED_CTLS,
                PrimaryProcessorBased.USE_TSC_OFFSETTING.mask
                        | PrimaryProcessorBased.HLT_EXITING.mask
                        | PrimaryProcessorBased.MWAIT_EXITING.mask
                        | PrimaryProcessorBased.MONITOR_EXITING.mask
                        | PrimaryProcessorBased.RDPMC_EXITING.mask
                        | PrimaryProcessorBased.CR8_LOAD_EXITING.mask
                        | PrimaryProcessorBased.CR8_STORE_EXITING.mask
                        | PrimaryProcessorBased.UNCONDITIONAL_I_O_EXITING.mask
                        | PrimaryProcessorBased.USE_MSR_BITMAPS.mask
                        | PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS.mask
                        | (nested ? 0 : shadow));
        vmcs.write(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, primary);
        long second = SecondaryProcessorBased.ENABLE_EPT.mask | SecondaryProcessorBased.UNRESTRICTED_GUEST.mask;
        secondary = adjusted(
                CapabilityMsr.IA32_VMX_PROCBASED_CTLS2,
                SecondaryProcessorBased.ENABLE_VPID.mask
                        | SecondaryProcessorBased.ENABLE_RDTSCP.mask
                        | SecondaryProcessorBased.ENABLE_INVPCID.mask
                        | SecondaryProcessorBased.ENABLE_XSAVES.mask
                        | (nested ? second : 0));
        unrestricted = SecondaryProcessorBased.UNRESTRICTED_GUEST.in(secondary);
        vmcs.write(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, secondary);
        vmcs.write(VmcsField.VPID, 1);
        vmcs.write(
                VmcsField.PRIMARY_EXIT_CONTROLS,
                adjusted(
                        CapabilityMsr.IA32_VMX_TRUE_EXIT_CTLS,
                        ExitControls.SAVE_DEBUG_CONTROLS.mask
                                | ExitControls.HOST_ADDRESS_SPACE_SIZE.mask
                                | ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT.mask
                                | ExitControls.SAVE_IA32_PAT.mask
                                | ExitControls.LOAD_IA32_PAT.mask
                                | ExitControls.SAVE_IA32_EFER.mask
                                | ExitControls.LOAD_IA32_EFER.mask));
        vmcs.write(VmcsField.ENTRY_CONTROLS, entryControls(false));
        vmcs.write(VmcsField.EXCEPTION_BITMAP, nested ? 0 : 1L << 14);
        vmcs.write(VmcsField.PAGE_FAULT_ERROR_CODE_MASK, 0);
        vmcs.write(VmcsField.PAGE_FAULT_ERROR_CODE_MATCH, 0);
        vmcs.write(VmcsField.CR3_TARGET_COUNT, 0);
        vmcs.write(VmcsField.VM_EXIT_MSR_STORE_COUNT, 0);
        vmcs.write(VmcsField.VM_EXIT_MSR_LOAD_COUNT, 0);
        vmcs.write(VmcsField.VM_ENTRY_MSR_LOAD_COUNT, 0);
    }

    /** The VM-entry controls for a guest in IA-32e mode or not. */
    long entryControls(boolean ia32eMode) {
        return adjusted(
                CapabilityMsr.IA32_VMX_TRUE_ENTRY_CTLS,
                EntryControls.LOAD_DEBUG_CONTROLS.mask
                        | EntryControls.LOAD_IA32_PAT.mask
                        | EntryControls.LOAD_IA32_EFER.mask
                        | (ia32eMode ? EntryControls.IA_32E_MODE_GUEST.mask : 0));
    }

    /** SDM 3C "MSR-Bitmap Address": reads of low and of high MSRs, writes of both; a bit set exits. */
    private void msrBitmap(long page) {
        for (int n = 0; n < FRAME; n += 8) {
            host.memory.write(page + n, 8, -1L);
        }
        for (int msr : DIRECT_MSRS) {
            long at = page + ((msr & 0x1fff) >>> 3) + (msr < 0 ? 1024 : 0);
            long keep = ~(1L << (msr & 7));
            host.memory.write(at, 1, host.memory.read(at, 1) & keep);
            host.memory.write(at + 2048, 1, host.memory.read(at + 2048, 1) & keep);
        }
        vmcs.write(VmcsField.MSR_BITMAPS_ADDRESS, page);
    }

    private void hostState() {
        CpuState s = host.cpu.state;
        vmcs.write(VmcsField.HOST_CR0, s.cr0);
        vmcs.write(VmcsField.HOST_CR3, s.cr3);
        vmcs.write(VmcsField.HOST_CR4, s.cr4);
        vmcs.write(VmcsField.HOST_IA32_EFER, s.efer);
        vmcs.write(VmcsField.HOST_IA32_PAT, host.cpu.system.msrs.pat);
        vmcs.write(VmcsField.HOST_CS_SELECTOR, s.segments[Segment.CS].selector);
        vmcs.write(VmcsField.HOST_SS_SELECTOR, s.segments[Segment.SS].selector);
        vmcs.write(VmcsField.HOST_DS_SELECTOR, s.segments[Segment.DS].selector);
        vmcs.write(VmcsField.HOST_ES_SELECTOR, s.segments[Segment.ES].selector);
        vmcs.write(VmcsField.HOST_FS_SELECTOR, s.segments[Segment.FS].selector);
        vmcs.write(VmcsField.HOST_GS_SELECTOR, s.segments[Segment.GS].selector);
        vmcs.write(VmcsField.HOST_TR_SELECTOR, s.tr.selector);
        vmcs.write(VmcsField.HOST_TR_BASE, s.tr.base);
        vmcs.write(VmcsField.HOST_GDTR_BASE, s.gdtrBase);
        vmcs.write(VmcsField.HOST_IDTR_BASE, s.idtrBase);
        vmcs.write(VmcsField.HOST_FS_BASE, 0);
        vmcs.write(VmcsField.HOST_GS_BASE, 0);
        vmcs.write(VmcsField.HOST_IA32_SYSENTER_CS, 0);
        vmcs.write(VmcsField.HOST_IA32_SYSENTER_ESP, 0);
        vmcs.write(VmcsField.HOST_IA32_SYSENTER_EIP, 0);
        vmcs.write(VmcsField.HOST_RSP, 0);
        vmcs.write(VmcsField.HOST_RIP, 0);
    }
}

package org.thirdmode.kvm.vmx;

import java.util.Locale;
import org.thirdmode.kvm.HostMachine;
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

    /** Whether the processor has a field of the VMCS. */
    boolean has(VmcsField field) {
        return capabilities.exists(field);
    }

    /** Whether VM entries load IA32_EFER: where not, the MSR lists do. */
    boolean loadsEfer() {
        return capabilities.has(EntryControls.LOAD_IA32_EFER)
                && capabilities.has(ExitControls.SAVE_IA32_EFER)
                && capabilities.has(ExitControls.LOAD_IA32_EFER);
    }

    /** Whether the processor knows when the guest blocks NMIs, and can be left when it no longer does. */
    boolean virtualNmis() {
        return capabilities.has(PinBased.VIRTUAL_NMIS) && capabilities.has(PrimaryProcessorBased.NMI_WINDOW_EXITING);
    }

    void write(long msrBitmap) {
        if (nested && !capabilities.has(SecondaryProcessorBased.ENABLE_EPT)) {
            throw new IllegalArgumentException(processor() + " has no EPT; use a shadow MMU");
        }
        controls();
        msrBitmap(msrBitmap);
        hostState();
        vmcs.write(VmcsField.VMCS_LINK_POINTER, -1L);
        vmcs.write(VmcsField.GUEST_IA32_DEBUGCTL, 0);
        vmcs.write(VmcsField.GUEST_ACTIVITY_STATE, 0);
    }

    private String processor() {
        return "processor " + host.cpu.profile.name();
    }

    /**
     * The controls wanted, adjusted to what the processor demands. SDM 3D "VMX Capability Reporting Facility". KVM: {@code
     * adjust_vmx_controls}.
     *
     * @param needed without which this hypervisor cannot do
     * @param wanted used where the processor has them
     */
    private long adjusted(VmcsField controls, long needed, long wanted) {
        long mayBeOne = capabilities.mayBeOne(controls);
        if ((needed & ~mayBeOne) != 0) {
            throw new IllegalArgumentException(String.format(
                    "%s: this hypervisor needs bits 0x%x of the %s, which it lacks",
                    processor(), needed & ~mayBeOne, controls.title.toLowerCase(Locale.ROOT)));
        }
        return (needed | wanted | capabilities.mustBeOne(controls)) & mayBeOne;
    }

    private void controls() {
        vmcs.write(
                VmcsField.PIN_BASED_CONTROLS,
                adjusted(
                        VmcsField.PIN_BASED_CONTROLS,
                        PinBased.EXTERNAL_INTERRUPT_EXITING.mask | PinBased.NMI_EXITING.mask,
                        virtualNmis() ? PinBased.VIRTUAL_NMIS.mask : 0));
        long shadow = PrimaryProcessorBased.CR3_LOAD_EXITING.mask
                | PrimaryProcessorBased.CR3_STORE_EXITING.mask
                | PrimaryProcessorBased.INVLPG_EXITING.mask;
        primary = adjusted(
                VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS,
                PrimaryProcessorBased.USE_TSC_OFFSETTING.mask
                        | PrimaryProcessorBased.HLT_EXITING.mask
                        | PrimaryProcessorBased.INTERRUPT_WINDOW_EXITING.mask
                        | PrimaryProcessorBased.MWAIT_EXITING.mask
                        | PrimaryProcessorBased.RDPMC_EXITING.mask
                        | PrimaryProcessorBased.CR8_LOAD_EXITING.mask
                        | PrimaryProcessorBased.CR8_STORE_EXITING.mask
                        | PrimaryProcessorBased.UNCONDITIONAL_I_O_EXITING.mask
                        | (nested ? 0 : shadow),
                PrimaryProcessorBased.MONITOR_EXITING.mask
                        | PrimaryProcessorBased.USE_MSR_BITMAPS.mask
                        | PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS.mask);
        primary &= ~PrimaryProcessorBased.INTERRUPT_WINDOW_EXITING.mask;
        vmcs.write(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, primary);
        if (has(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS)) {
            secondaryControls();
        }
        vmcs.write(
                VmcsField.PRIMARY_EXIT_CONTROLS,
                adjusted(
                        VmcsField.PRIMARY_EXIT_CONTROLS,
                        ExitControls.SAVE_DEBUG_CONTROLS.mask
                                | (host.is64Bit() ? ExitControls.HOST_ADDRESS_SPACE_SIZE.mask : 0)
                                | ExitControls.ACKNOWLEDGE_INTERRUPT_ON_EXIT.mask,
                        ExitControls.SAVE_IA32_PAT.mask
                                | ExitControls.LOAD_IA32_PAT.mask
                                | (loadsEfer()
                                        ? ExitControls.SAVE_IA32_EFER.mask | ExitControls.LOAD_IA32_EFER.mask
                                        : 0)));
        long entry = adjusted(
                VmcsField.ENTRY_CONTROLS,
                EntryControls.LOAD_DEBUG_CONTROLS.mask | (host.is64Bit() ? EntryControls.IA_32E_MODE_GUEST.mask : 0),
                EntryControls.LOAD_IA32_PAT.mask | (loadsEfer() ? EntryControls.LOAD_IA32_EFER.mask : 0));
        vmcs.write(VmcsField.ENTRY_CONTROLS, entry & ~EntryControls.IA_32E_MODE_GUEST.mask);
        vmcs.write(VmcsField.EXCEPTION_BITMAP, exceptions());
        vmcs.write(VmcsField.PAGE_FAULT_ERROR_CODE_MASK, 0);
        vmcs.write(VmcsField.PAGE_FAULT_ERROR_CODE_MATCH, 0);
        vmcs.write(VmcsField.CR3_TARGET_COUNT, 0);
        vmcs.write(VmcsField.VM_EXIT_MSR_STORE_COUNT, 0);
        vmcs.write(VmcsField.VM_EXIT_MSR_LOAD_COUNT, 0);
        vmcs.write(VmcsField.VM_ENTRY_MSR_LOAD_COUNT, 0);
    }

    private void secondaryControls() {
        long second = SecondaryProcessorBased.ENABLE_EPT.mask | SecondaryProcessorBased.UNRESTRICTED_GUEST.mask;
        secondary = adjusted(
                VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                0,
                SecondaryProcessorBased.ENABLE_VPID.mask
                        | SecondaryProcessorBased.ENABLE_RDTSCP.mask
                        | SecondaryProcessorBased.ENABLE_INVPCID.mask
                        | SecondaryProcessorBased.ENABLE_XSAVES.mask
                        | (nested ? second : 0));
        unrestricted = SecondaryProcessorBased.UNRESTRICTED_GUEST.in(secondary);
        vmcs.write(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, secondary);
        if (vpid()) {
            vmcs.write(VmcsField.VPID, 1);
        }
    }

    /** Whether the guest's translations have a tag: where not, each entry and each exit forgets them all. */
    boolean vpid() {
        return SecondaryProcessorBased.ENABLE_VPID.in(secondary);
    }

    /** The exceptions that exit, but where real-address mode is run as virtual-8086 mode: then all. */
    long exceptions() {
        return nested ? 0 : 1L << 14;
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
        if (has(VmcsField.MSR_BITMAPS_ADDRESS)) {
            vmcs.write(VmcsField.MSR_BITMAPS_ADDRESS, page);
        }
    }

    private void hostState() {
        CpuState s = host.cpu.state;
        vmcs.write(VmcsField.HOST_CR0, s.cr0);
        vmcs.write(VmcsField.HOST_CR3, s.cr3);
        vmcs.write(VmcsField.HOST_CR4, s.cr4);
        if (has(VmcsField.HOST_IA32_EFER)) {
            vmcs.write(VmcsField.HOST_IA32_EFER, s.efer);
        }
        if (has(VmcsField.HOST_IA32_PAT)) {
            vmcs.write(VmcsField.HOST_IA32_PAT, host.cpu.system.msrs.pat);
        }
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

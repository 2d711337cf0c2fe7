package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Intercept;

/**
 * The control words of the current VMCS as the VM entry found them. A control that another control must activate reads as 0
 * while that one is 0. SDM 3C "VM-Execution Control Fields".
 */
final class Controls {
    /** What every guest of VMX leaves for, whatever its controls say. SDM 3C "Instructions That Cause VM Exits Unconditionally". */
    private static final long ALWAYS = Intercept.CPUID
            | Intercept.INVD
            | Intercept.XSETBV
            | Intercept.TASK_SWITCH
            | Intercept.INIT
            | Intercept.STARTUP
            | Intercept.SHUTDOWN;

    private long pin;
    private long primary;
    private long secondary;
    private long exit;
    private long entry;

    /** Reads the control words. */
    void read(Vmcs vmcs) {
        pin = vmcs.read(VmcsField.PIN_BASED_CONTROLS);
        primary = vmcs.read(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS);
        secondary = is(PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS)
                ? vmcs.read(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS)
                : 0;
        exit = vmcs.read(VmcsField.PRIMARY_EXIT_CONTROLS);
        entry = vmcs.read(VmcsField.ENTRY_CONTROLS);
    }

    boolean is(PinBased control) {
        return (pin & control.mask) != 0;
    }

    boolean is(PrimaryProcessorBased control) {
        return (primary & control.mask) != 0;
    }

    boolean is(SecondaryProcessorBased control) {
        return (secondary & control.mask) != 0;
    }

    boolean is(ExitControls control) {
        return (exit & control.mask) != 0;
    }

    boolean is(EntryControls control) {
        return (entry & control.mask) != 0;
    }

    /** What the core has to ask about while the guest runs. */
    long intercepts(Vmcs vmcs) {
        return ALWAYS | instructions() | accesses(vmcs) | events(vmcs);
    }

    private static long bit(boolean wanted, long intercept) {
        return wanted ? intercept : 0;
    }

    private long instructions() {
        boolean rdtsc = is(PrimaryProcessorBased.RDTSC_EXITING);
        return bit(is(PrimaryProcessorBased.HLT_EXITING), Intercept.HLT)
                | bit(is(PrimaryProcessorBased.INVLPG_EXITING), Intercept.INVLPG)
                | bit(
                        is(PrimaryProcessorBased.INVLPG_EXITING) || !is(SecondaryProcessorBased.ENABLE_INVPCID),
                        Intercept.INVPCID)
                | bit(is(SecondaryProcessorBased.WBINVD_EXITING), Intercept.WBINVD)
                | bit(rdtsc, Intercept.RDTSC)
                | bit(rdtsc || !is(SecondaryProcessorBased.ENABLE_RDTSCP), Intercept.RDTSCP)
                | bit(is(PrimaryProcessorBased.RDPMC_EXITING), Intercept.RDPMC)
                | bit(is(SecondaryProcessorBased.RDRAND_EXITING), Intercept.RDRAND)
                | bit(is(SecondaryProcessorBased.RDSEED_EXITING), Intercept.RDSEED)
                | bit(
                        is(PrimaryProcessorBased.PAUSE_EXITING) || is(SecondaryProcessorBased.PAUSE_LOOP_EXITING),
                        Intercept.PAUSE)
                | bit(is(PrimaryProcessorBased.MONITOR_EXITING), Intercept.MONITOR)
                | bit(is(PrimaryProcessorBased.MWAIT_EXITING), Intercept.MWAIT)
                | Intercept.XSAVES
                | Intercept.XRSTORS
                | bit(is(PrimaryProcessorBased.MOV_DR_EXITING), Intercept.DR_READ | Intercept.DR_WRITE)
                | bit(
                        is(SecondaryProcessorBased.DESCRIPTOR_TABLE_EXITING),
                        Intercept.DESCRIPTOR_TABLE_LOAD | Intercept.DESCRIPTOR_TABLE_STORE);
    }

    private long accesses(Vmcs vmcs) {
        boolean shadow = is(PrimaryProcessorBased.USE_TPR_SHADOW);
        boolean masks =
                (vmcs.read(VmcsField.CR0_GUEST_HOST_MASK) | vmcs.read(VmcsField.CR4_GUEST_HOST_MASK)) != 0 || shadow;
        return bit(
                        masks
                                || is(PrimaryProcessorBased.CR3_STORE_EXITING)
                                || is(PrimaryProcessorBased.CR8_STORE_EXITING),
                        Intercept.CR_READ)
                | bit(
                        masks
                                || is(PrimaryProcessorBased.CR3_LOAD_EXITING)
                                || is(PrimaryProcessorBased.CR8_LOAD_EXITING),
                        Intercept.CR_WRITE)
                | bit(
                        is(PrimaryProcessorBased.UNCONDITIONAL_I_O_EXITING)
                                || is(PrimaryProcessorBased.USE_I_O_BITMAPS),
                        Intercept.IO)
                | Intercept.MSR
                | bit(is(PrimaryProcessorBased.USE_TSC_OFFSETTING), Intercept.TIME_STAMP);
    }

    private long events(Vmcs vmcs) {
        boolean pageFaults =
                (vmcs.read(VmcsField.PAGE_FAULT_ERROR_CODE_MASK) | vmcs.read(VmcsField.PAGE_FAULT_ERROR_CODE_MATCH))
                        != 0;
        return bit(vmcs.read(VmcsField.EXCEPTION_BITMAP) != 0 || pageFaults, Intercept.EXCEPTION)
                | bit(is(PinBased.EXTERNAL_INTERRUPT_EXITING), Intercept.EXTERNAL_INTERRUPT)
                | bit(is(PinBased.NMI_EXITING), Intercept.NMI)
                | bit(is(PrimaryProcessorBased.MONITOR_TRAP_FLAG), Intercept.EACH_INSTRUCTION);
    }
}

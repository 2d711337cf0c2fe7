package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.Processor.Activity;
import org.thirdmode.x86.exec.system.ModelSpecificRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;

/**
 * The guest-state area: loaded by VM entries, saved by VM exits. SDM 3C "Loading Guest State", "Saving Guest State".
 *
 * <p>Not there, since no profile has them: IA32_PERF_GLOBAL_CTRL, IA32_BNDCFGS, IA32_RTIT_CTL, CET, IA32_PKRS, SMBASE.
 */
final class GuestState {
    static final int BLOCKING_BY_STI = 1;
    static final int BLOCKING_BY_MOV_SS = 1 << 1;
    static final int BLOCKING_BY_NMI = 1 << 3;

    static final int ACTIVITY_ACTIVE = 0;
    static final int ACTIVITY_HLT = 1;
    static final int ACTIVITY_SHUTDOWN = 2;
    static final int ACTIVITY_WAIT_FOR_SIPI = 3;

    /** Pending debug exceptions: B3..B0, BS. */
    private static final int PENDING = 0x400f;

    private static final int PENDING_BS = 1 << 14;

    /** Pending debug exceptions: at least one of the breakpoints that were met was enabled. */
    private static final int ENABLED_BREAKPOINT = 1 << 12;

    /** CR0 bits that entries and exits leave as they are: ET, NW, CD. */
    static final long CR0_KEPT = Cr0.ET | Cr0.NW | Cr0.CD;

    private static final long DR7_ONES = 0x400;
    private static final long DR7_WRITABLE = 0xffff_2bffL;
    private static final long LOW32 = 0xffff_ffffL;
    private static final int RIGHTS = 0x1_f0ff;
    private static final int DPL = 3 << Segment.DPL_SHIFT;

    private static final VmcsField[] SELECTORS = {
        VmcsField.GUEST_ES_SELECTOR,
        VmcsField.GUEST_CS_SELECTOR,
        VmcsField.GUEST_SS_SELECTOR,
        VmcsField.GUEST_DS_SELECTOR,
        VmcsField.GUEST_FS_SELECTOR,
        VmcsField.GUEST_GS_SELECTOR,
        VmcsField.GUEST_LDTR_SELECTOR,
        VmcsField.GUEST_TR_SELECTOR
    };

    private static final VmcsField[] BASES = {
        VmcsField.GUEST_ES_BASE,
        VmcsField.GUEST_CS_BASE,
        VmcsField.GUEST_SS_BASE,
        VmcsField.GUEST_DS_BASE,
        VmcsField.GUEST_FS_BASE,
        VmcsField.GUEST_GS_BASE,
        VmcsField.GUEST_LDTR_BASE,
        VmcsField.GUEST_TR_BASE
    };

    private static final VmcsField[] LIMITS = {
        VmcsField.GUEST_ES_LIMIT,
        VmcsField.GUEST_CS_LIMIT,
        VmcsField.GUEST_SS_LIMIT,
        VmcsField.GUEST_DS_LIMIT,
        VmcsField.GUEST_FS_LIMIT,
        VmcsField.GUEST_GS_LIMIT,
        VmcsField.GUEST_LDTR_LIMIT,
        VmcsField.GUEST_TR_LIMIT
    };

    private static final VmcsField[] ACCESS_RIGHTS = {
        VmcsField.GUEST_ES_ACCESS_RIGHTS,
        VmcsField.GUEST_CS_ACCESS_RIGHTS,
        VmcsField.GUEST_SS_ACCESS_RIGHTS,
        VmcsField.GUEST_DS_ACCESS_RIGHTS,
        VmcsField.GUEST_FS_ACCESS_RIGHTS,
        VmcsField.GUEST_GS_ACCESS_RIGHTS,
        VmcsField.GUEST_LDTR_ACCESS_RIGHTS,
        VmcsField.GUEST_TR_ACCESS_RIGHTS
    };

    private static final VmcsField[] PDPTES = {
        VmcsField.GUEST_PDPTE0, VmcsField.GUEST_PDPTE1, VmcsField.GUEST_PDPTE2, VmcsField.GUEST_PDPTE3
    };

    private static final int LDTR = 6;
    private static final int TR = 7;

    private final Vmx vmx;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcs vmcs;
    private final Controls controls;

    GuestState(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        state = cpu.state;
        vmcs = vmx.vmcs;
        controls = vmx.controls;
    }

    private Segment segment(int index) {
        return index == LDTR ? state.ldtr : index == TR ? state.tr : state.segments[index];
    }

    // ---- loading ----

    /** Loads everything but the MSR-load area, and what is not a register. */
    void load() {
        registers();
        controlRegisters();
        descriptorTables();
        nonRegisterState();
    }

    private void controlRegisters() {
        state.cr0 = (vmcs.read(VmcsField.GUEST_CR0) & ~CR0_KEPT) | (state.cr0 & CR0_KEPT);
        state.cr3 = vmcs.read(VmcsField.GUEST_CR3);
        state.cr4 = vmcs.read(VmcsField.GUEST_CR4);
        if (controls.is(EntryControls.LOAD_DEBUG_CONTROLS)) {
            state.dr[7] = (vmcs.read(VmcsField.GUEST_DR7) & DR7_WRITABLE) | DR7_ONES;
            cpu.system.msrs.debugControl = vmcs.read(VmcsField.GUEST_IA32_DEBUGCTL);
        }
        ModelSpecificRegisters msrs = cpu.system.msrs;
        msrs.sysenterCs = vmcs.read(VmcsField.GUEST_IA32_SYSENTER_CS);
        msrs.sysenterEsp = vmcs.read(VmcsField.GUEST_IA32_SYSENTER_ESP);
        msrs.sysenterEip = vmcs.read(VmcsField.GUEST_IA32_SYSENTER_EIP);
        if (controls.is(EntryControls.LOAD_IA32_EFER)) {
            state.efer = vmcs.read(VmcsField.GUEST_IA32_EFER);
        } else {
            boolean ia32e = controls.is(EntryControls.IA_32E_MODE_GUEST);
            long kept = state.paging() ? ~(Efer.LMA | Efer.LME) : ~Efer.LMA;
            long set = state.paging() ? Efer.LMA | Efer.LME : Efer.LMA;
            state.efer = (state.efer & kept) | (ia32e ? set : 0);
        }
        if (controls.is(EntryControls.LOAD_IA32_PAT)) {
            msrs.pat = vmcs.read(VmcsField.GUEST_IA32_PAT);
        }
    }

    private void descriptorTables() {
        for (int n = 0; n < SELECTORS.length; n++) {
            segment(n)
                    .set(
                            (int) vmcs.read(SELECTORS[n]),
                            vmcs.read(BASES[n]),
                            vmcs.read(LIMITS[n]),
                            (int) vmcs.read(ACCESS_RIGHTS[n]) & RIGHTS);
        }
        // The privilege level is the DPL of SS, usable or not.
        state.cpl = state.segments[Segment.SS].dpl();
        state.gdtrBase = vmcs.read(VmcsField.GUEST_GDTR_BASE);
        state.gdtrLimit = (int) vmcs.read(VmcsField.GUEST_GDTR_LIMIT);
        state.idtrBase = vmcs.read(VmcsField.GUEST_IDTR_BASE);
        state.idtrLimit = (int) vmcs.read(VmcsField.GUEST_IDTR_LIMIT);
    }

    private void registers() {
        state.r[CpuState.RSP] = vmcs.read(VmcsField.GUEST_RSP);
        state.rip = vmcs.read(VmcsField.GUEST_RIP);
        state.instructionRip = state.rip;
        state.setRflags(vmcs.read(VmcsField.GUEST_RFLAGS));
    }

    private void nonRegisterState() {
        int blocking = (int) vmcs.read(VmcsField.GUEST_INTERRUPTIBILITY_STATE);
        cpu.shadow = (blocking & BLOCKING_BY_MOV_SS) != 0
                ? Processor.SHADOW_MOV_SS
                : (blocking & BLOCKING_BY_STI) != 0 ? Processor.SHADOW_STI : Processor.NO_SHADOW;
        boolean byNmi = (blocking & BLOCKING_BY_NMI) != 0;
        if (controls.is(PinBased.VIRTUAL_NMIS)) {
            vmx.virtualNmiBlocked = byNmi;
            cpu.nmiBlocked = false;
        } else {
            cpu.nmiBlocked = byNmi;
        }
        cpu.activity = switch ((int) vmcs.read(VmcsField.GUEST_ACTIVITY_STATE)) {
            case ACTIVITY_HLT -> Activity.HLT;
            case ACTIVITY_SHUTDOWN -> Activity.SHUTDOWN;
            case ACTIVITY_WAIT_FOR_SIPI -> Activity.WAIT_FOR_SIPI;
            default -> Activity.ACTIVE;
        };
        int pending = (int) vmcs.read(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS);
        // Without BS and without an enabled breakpoint nothing is delivered.
        cpu.pendingDebug = (pending & (PENDING_BS | ENABLED_BREAKPOINT)) != 0 ? pending & PENDING : 0;
    }

    /** Whether the guest uses PAE paging: then there are PDPTE registers. */
    boolean paePaging() {
        return state.paging() && !state.longModeActive() && (state.cr4 & Cr4.PAE) != 0;
    }

    /**
     * The PDPTE registers: from the VMCS where EPT is enabled, else from the table that CR3 points to.
     *
     * @return whether they are valid
     */
    boolean loadPdptes() {
        if (!paePaging()) {
            return true;
        }
        if (!controls.is(SecondaryProcessorBased.ENABLE_EPT)) {
            return cpu.walker.loadPdptes(state.cr3);
        }
        for (int n = 0; n < PDPTES.length; n++) {
            state.pdpte[n] = vmcs.read(PDPTES[n]);
        }
        return true;
    }

    // ---- saving ----

    /** Saves everything but the MSR-store area. RIP and RFLAGS are as they are to be saved. */
    void save() {
        saveControlRegisters();
        saveDescriptorTables();
        vmcs.write(VmcsField.GUEST_RSP, state.r[CpuState.RSP]);
        vmcs.write(VmcsField.GUEST_RIP, state.rip);
        vmcs.write(VmcsField.GUEST_RFLAGS, state.rflags());
        saveNonRegisterState();
    }

    private void saveControlRegisters() {
        vmcs.write(VmcsField.GUEST_CR0, state.cr0);
        vmcs.write(VmcsField.GUEST_CR3, state.cr3);
        vmcs.write(VmcsField.GUEST_CR4, state.cr4);
        ModelSpecificRegisters msrs = cpu.system.msrs;
        if (controls.is(ExitControls.SAVE_DEBUG_CONTROLS)) {
            vmcs.write(VmcsField.GUEST_DR7, state.dr[7]);
            vmcs.write(VmcsField.GUEST_IA32_DEBUGCTL, msrs.debugControl);
        }
        vmcs.write(VmcsField.GUEST_IA32_SYSENTER_CS, msrs.sysenterCs);
        vmcs.write(VmcsField.GUEST_IA32_SYSENTER_ESP, msrs.sysenterEsp);
        vmcs.write(VmcsField.GUEST_IA32_SYSENTER_EIP, msrs.sysenterEip);
        if (controls.is(ExitControls.SAVE_IA32_PAT)) {
            vmcs.write(VmcsField.GUEST_IA32_PAT, msrs.pat);
        }
        if (controls.is(ExitControls.SAVE_IA32_EFER)) {
            vmcs.write(VmcsField.GUEST_IA32_EFER, state.efer);
        }
        if (controls.is(ExitControls.SAVE_VMX_PREEMPTION_TIMER_VALUE)) {
            vmcs.write(VmcsField.VMX_PREEMPTION_TIMER_VALUE, vmx.preemptionTimer.remaining());
        }
        if (controls.is(SecondaryProcessorBased.ENABLE_EPT) && paePaging()) {
            for (int n = 0; n < PDPTES.length; n++) {
                vmcs.write(PDPTES[n], state.pdpte[n]);
            }
        }
        // IA32_VMX_MISC[5]: exits tell whether the guest was in IA-32e mode.
        if (vmx.savesIa32eMode) {
            long entry = vmcs.read(VmcsField.ENTRY_CONTROLS);
            long ia32e = EntryControls.IA_32E_MODE_GUEST.mask;
            vmcs.write(VmcsField.ENTRY_CONTROLS, state.longModeActive() ? entry | ia32e : entry & ~ia32e);
        }
    }

    private void saveDescriptorTables() {
        for (int n = 0; n < SELECTORS.length; n++) {
            Segment segment = segment(n);
            int rights = segment.attributes & RIGHTS;
            if (n == Segment.SS) {
                rights = (rights & ~DPL) | (state.cpl << Segment.DPL_SHIFT);
            }
            vmcs.write(SELECTORS[n], segment.selector);
            vmcs.write(BASES[n], segment.base);
            vmcs.write(LIMITS[n], segment.limit);
            vmcs.write(ACCESS_RIGHTS[n], rights);
        }
        vmcs.write(VmcsField.GUEST_GDTR_BASE, state.gdtrBase);
        vmcs.write(VmcsField.GUEST_GDTR_LIMIT, state.gdtrLimit & LOW32);
        vmcs.write(VmcsField.GUEST_IDTR_BASE, state.idtrBase);
        vmcs.write(VmcsField.GUEST_IDTR_LIMIT, state.idtrLimit & LOW32);
    }

    private void saveNonRegisterState() {
        int blocking = switch (cpu.shadow) {
            case Processor.SHADOW_STI -> BLOCKING_BY_STI;
            case Processor.SHADOW_MOV_SS -> BLOCKING_BY_MOV_SS;
            default -> 0;
        };
        boolean byNmi = controls.is(PinBased.VIRTUAL_NMIS) ? vmx.virtualNmiBlocked : cpu.nmiBlocked;
        vmcs.write(VmcsField.GUEST_INTERRUPTIBILITY_STATE, blocking | (byNmi ? BLOCKING_BY_NMI : 0));
        int activity = switch (cpu.activity) {
            case HLT -> ACTIVITY_HLT;
            case SHUTDOWN -> ACTIVITY_SHUTDOWN;
            case WAIT_FOR_SIPI -> ACTIVITY_WAIT_FOR_SIPI;
            case ACTIVE, MWAIT -> ACTIVITY_ACTIVE;
        };
        vmcs.write(VmcsField.GUEST_ACTIVITY_STATE, activity);
        int pending = cpu.pendingDebug & PENDING;
        boolean breakpoint = (pending & 0xf) != 0;
        vmcs.write(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS, breakpoint ? pending | ENABLED_BREAKPOINT : pending);
    }
}

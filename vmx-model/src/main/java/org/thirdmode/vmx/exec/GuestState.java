package org.thirdmode.vmx.exec;

import java.util.Arrays;
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

    // Where the fields stand that every entry and exit moves: as constants, the compiler puts them into its code. Of
    // the
    // segment registers the rows ES, CS, SS, DS, FS, GS, LDTR, TR follow one another.
    private static final int SELECTORS = VmcsField.GUEST_ES_SELECTOR.offset;
    private static final int BASES = VmcsField.GUEST_ES_BASE.offset;
    private static final int LIMITS = VmcsField.GUEST_ES_LIMIT.offset;
    private static final int ACCESS_RIGHTS = VmcsField.GUEST_ES_ACCESS_RIGHTS.offset;
    private static final int GDTR_BASE = VmcsField.GUEST_GDTR_BASE.offset;
    private static final int GDTR_LIMIT = VmcsField.GUEST_GDTR_LIMIT.offset;
    private static final int IDTR_BASE = VmcsField.GUEST_IDTR_BASE.offset;
    private static final int IDTR_LIMIT = VmcsField.GUEST_IDTR_LIMIT.offset;
    private static final int CR0 = VmcsField.GUEST_CR0.offset;
    private static final int CR3 = VmcsField.GUEST_CR3.offset;
    private static final int CR4 = VmcsField.GUEST_CR4.offset;
    private static final int SYSENTER_CS = VmcsField.GUEST_IA32_SYSENTER_CS.offset;
    private static final int SYSENTER_ESP = VmcsField.GUEST_IA32_SYSENTER_ESP.offset;
    private static final int SYSENTER_EIP = VmcsField.GUEST_IA32_SYSENTER_EIP.offset;
    private static final int RSP = VmcsField.GUEST_RSP.offset;
    private static final int RIP = VmcsField.GUEST_RIP.offset;
    private static final int RFLAGS = VmcsField.GUEST_RFLAGS.offset;
    private static final int INTERRUPTIBILITY_STATE = VmcsField.GUEST_INTERRUPTIBILITY_STATE.offset;
    private static final int ACTIVITY_STATE = VmcsField.GUEST_ACTIVITY_STATE.offset;
    private static final int PENDING_DEBUG_EXCEPTIONS = VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS.offset;

    private static final long LOW16 = 0xffff;

    private static final VmcsField[] PDPTES = {
        VmcsField.GUEST_PDPTE0, VmcsField.GUEST_PDPTE1, VmcsField.GUEST_PDPTE2, VmcsField.GUEST_PDPTE3
    };

    private final Vmx vmx;
    private final Processor cpu;
    private final CpuState state;
    private final Vmcs vmcs;
    private final Controls controls;

    /** ES, CS, SS, DS, FS, GS, LDTR, TR. */
    private final Segment[] segments;

    GuestState(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        state = cpu.state;
        vmcs = vmx.vmcs;
        controls = vmx.controls;
        segments = Arrays.copyOf(state.segments, state.segments.length + 2);
        segments[state.segments.length] = state.ldtr;
        segments[state.segments.length + 1] = state.tr;
    }

    // ---- loading ----

    /** Loads everything but the MSR-load area, and what is not a register. */
    void load() {
        byte[] image = vmcs.image();
        registers(image);
        controlRegisters(image);
        descriptorTables(image);
        nonRegisterState(image);
    }

    private void controlRegisters(byte[] image) {
        state.cr0 = (Vmcs.at(image, CR0) & ~CR0_KEPT) | (state.cr0 & CR0_KEPT);
        state.cr3 = Vmcs.at(image, CR3);
        state.cr4 = Vmcs.at(image, CR4);
        if (controls.is(EntryControls.LOAD_DEBUG_CONTROLS)) {
            state.dr[7] = (vmcs.read(VmcsField.GUEST_DR7) & DR7_WRITABLE) | DR7_ONES;
            cpu.system.msrs.debugControl = vmcs.read(VmcsField.GUEST_IA32_DEBUGCTL);
        }
        ModelSpecificRegisters msrs = cpu.system.msrs;
        msrs.sysenterCs = Vmcs.at(image, SYSENTER_CS) & LOW32;
        msrs.sysenterEsp = Vmcs.at(image, SYSENTER_ESP);
        msrs.sysenterEip = Vmcs.at(image, SYSENTER_EIP);
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

    private void descriptorTables(byte[] image) {
        for (int n = 0; n < segments.length; n++) {
            int row = n * Long.BYTES;
            segments[n].set(
                    (int) (Vmcs.at(image, SELECTORS + row) & LOW16),
                    Vmcs.at(image, BASES + row),
                    Vmcs.at(image, LIMITS + row) & LOW32,
                    (int) Vmcs.at(image, ACCESS_RIGHTS + row) & RIGHTS);
        }
        // The privilege level is the DPL of SS, usable or not.
        state.cpl = state.segments[Segment.SS].dpl();
        state.gdtrBase = Vmcs.at(image, GDTR_BASE);
        state.gdtrLimit = (int) Vmcs.at(image, GDTR_LIMIT);
        state.idtrBase = Vmcs.at(image, IDTR_BASE);
        state.idtrLimit = (int) Vmcs.at(image, IDTR_LIMIT);
    }

    private void registers(byte[] image) {
        state.r[CpuState.RSP] = Vmcs.at(image, RSP);
        state.rip = Vmcs.at(image, RIP);
        state.instructionRip = state.rip;
        state.setRflags(Vmcs.at(image, RFLAGS));
    }

    private void nonRegisterState(byte[] image) {
        int blocking = (int) Vmcs.at(image, INTERRUPTIBILITY_STATE);
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
        cpu.activity = switch ((int) Vmcs.at(image, ACTIVITY_STATE)) {
            case ACTIVITY_HLT -> Activity.HLT;
            case ACTIVITY_SHUTDOWN -> Activity.SHUTDOWN;
            case ACTIVITY_WAIT_FOR_SIPI -> Activity.WAIT_FOR_SIPI;
            default -> Activity.ACTIVE;
        };
        int pending = (int) Vmcs.at(image, PENDING_DEBUG_EXCEPTIONS);
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
        byte[] image = vmcs.imageToWrite();
        saveControlRegisters(image);
        saveDescriptorTables(image);
        Vmcs.set(image, RSP, state.r[CpuState.RSP]);
        Vmcs.set(image, RIP, state.rip);
        Vmcs.set(image, RFLAGS, state.rflags());
        saveNonRegisterState(image);
        vmcs.written();
    }

    private void saveControlRegisters(byte[] image) {
        Vmcs.set(image, CR0, state.cr0);
        Vmcs.set(image, CR3, state.cr3);
        Vmcs.set(image, CR4, state.cr4);
        ModelSpecificRegisters msrs = cpu.system.msrs;
        if (controls.is(ExitControls.SAVE_DEBUG_CONTROLS)) {
            vmcs.write(VmcsField.GUEST_DR7, state.dr[7]);
            vmcs.write(VmcsField.GUEST_IA32_DEBUGCTL, msrs.debugControl);
        }
        Vmcs.set(image, SYSENTER_CS, msrs.sysenterCs & LOW32);
        Vmcs.set(image, SYSENTER_ESP, msrs.sysenterEsp);
        Vmcs.set(image, SYSENTER_EIP, msrs.sysenterEip);
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

    private void saveDescriptorTables(byte[] image) {
        for (int n = 0; n < segments.length; n++) {
            Segment segment = segments[n];
            int row = n * Long.BYTES;
            Vmcs.set(image, SELECTORS + row, segment.selector & LOW16);
            Vmcs.set(image, BASES + row, segment.base);
            Vmcs.set(image, LIMITS + row, segment.limit & LOW32);
            Vmcs.set(image, ACCESS_RIGHTS + row, segment.attributes & RIGHTS);
        }
        int stack = state.segments[Segment.SS].attributes & RIGHTS & ~DPL;
        int stackRights = ACCESS_RIGHTS + (Segment.SS * Long.BYTES);
        Vmcs.set(image, stackRights, stack | (state.cpl << Segment.DPL_SHIFT));
        Vmcs.set(image, GDTR_BASE, state.gdtrBase);
        Vmcs.set(image, GDTR_LIMIT, state.gdtrLimit & LOW32);
        Vmcs.set(image, IDTR_BASE, state.idtrBase);
        Vmcs.set(image, IDTR_LIMIT, state.idtrLimit & LOW32);
    }

    private void saveNonRegisterState(byte[] image) {
        int blocking = switch (cpu.shadow) {
            case Processor.SHADOW_STI -> BLOCKING_BY_STI;
            case Processor.SHADOW_MOV_SS -> BLOCKING_BY_MOV_SS;
            default -> 0;
        };
        boolean byNmi = controls.is(PinBased.VIRTUAL_NMIS) ? vmx.virtualNmiBlocked : cpu.nmiBlocked;
        Vmcs.set(image, INTERRUPTIBILITY_STATE, blocking | (byNmi ? BLOCKING_BY_NMI : 0));
        int activity = switch (cpu.activity) {
            case HLT -> ACTIVITY_HLT;
            case SHUTDOWN -> ACTIVITY_SHUTDOWN;
            case WAIT_FOR_SIPI -> ACTIVITY_WAIT_FOR_SIPI;
            case ACTIVE, MWAIT -> ACTIVITY_ACTIVE;
        };
        Vmcs.set(image, ACTIVITY_STATE, activity);
        int pending = cpu.pendingDebug & PENDING;
        boolean breakpoint = (pending & 0xf) != 0;
        Vmcs.set(image, PENDING_DEBUG_EXCEPTIONS, breakpoint ? pending | ENABLED_BREAKPOINT : pending);
    }
}

package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.ModelSpecificRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/** The host-state area, loaded by VM exits. SDM 3C "Loading Host State". */
final class HostState {
    private static final int CODE = Segment.PRESENT
            | Segment.CODE_OR_DATA
            | Segment.CODE
            | Segment.WRITABLE
            | Segment.ACCESSED
            | Segment.GRANULAR;
    private static final int DATA = Segment.PRESENT
            | Segment.CODE_OR_DATA
            | Segment.WRITABLE
            | Segment.ACCESSED
            | Segment.BIG
            | Segment.GRANULAR;
    private static final int BUSY_TSS = Segment.PRESENT | 11;
    private static final long FLAT = 0xffff_ffffL;
    private static final int TSS_LIMIT = 0x67;
    private static final int TABLE_LIMIT = 0xffff;
    private static final long DR7_RESET = 0x400;

    private static final VmcsField[] SELECTORS = {
        VmcsField.HOST_ES_SELECTOR,
        VmcsField.HOST_CS_SELECTOR,
        VmcsField.HOST_SS_SELECTOR,
        VmcsField.HOST_DS_SELECTOR,
        VmcsField.HOST_FS_SELECTOR,
        VmcsField.HOST_GS_SELECTOR
    };

    private final Processor cpu;
    private final CpuState state;
    private final Vmcs vmcs;
    private final Controls controls;

    HostState(Vmx vmx) {
        cpu = vmx.cpu;
        state = cpu.state;
        vmcs = vmx.vmcs;
        controls = vmx.controls;
    }

    /**
     * Loads everything but the MSR-load area.
     *
     * @return whether it can be used: not so where the PDPTEs of a host with PAE paging are invalid
     */
    boolean load() {
        boolean wide = controls.is(ExitControls.HOST_ADDRESS_SPACE_SIZE);
        state.cr0 = (vmcs.read(VmcsField.HOST_CR0) & ~GuestState.CR0_KEPT) | (state.cr0 & GuestState.CR0_KEPT);
        state.cr3 = vmcs.read(VmcsField.HOST_CR3);
        long cr4 = vmcs.read(VmcsField.HOST_CR4);
        state.cr4 = wide ? cr4 | Cr4.PAE : cr4 & ~Cr4.PCIDE;
        modelSpecificRegisters(wide);
        segments(wide);
        state.dr[7] = DR7_RESET;
        state.r[CpuState.RSP] = vmcs.read(VmcsField.HOST_RSP);
        state.rip = vmcs.read(VmcsField.HOST_RIP);
        state.instructionRip = state.rip;
        state.setRflags(Rflags.FIXED);
        cpu.activity = Processor.Activity.ACTIVE;
        cpu.shadow = Processor.NO_SHADOW;
        cpu.pendingDebug = 0;
        boolean pae = !wide && state.paging() && (state.cr4 & Cr4.PAE) != 0;
        return !pae || cpu.walker.loadPdptes(state.cr3);
    }

    private void modelSpecificRegisters(boolean wide) {
        ModelSpecificRegisters msrs = cpu.system.msrs;
        msrs.debugControl = 0;
        msrs.sysenterCs = vmcs.read(VmcsField.HOST_IA32_SYSENTER_CS);
        msrs.sysenterEsp = vmcs.read(VmcsField.HOST_IA32_SYSENTER_ESP);
        msrs.sysenterEip = vmcs.read(VmcsField.HOST_IA32_SYSENTER_EIP);
        long mode = Efer.LMA | Efer.LME;
        state.efer = controls.is(ExitControls.LOAD_IA32_EFER)
                ? vmcs.read(VmcsField.HOST_IA32_EFER)
                : (state.efer & ~mode) | (wide ? mode : 0);
        if (controls.is(ExitControls.LOAD_IA32_PAT)) {
            msrs.pat = vmcs.read(VmcsField.HOST_IA32_PAT);
        }
    }

    private void segments(boolean wide) {
        for (int n = 0; n < SELECTORS.length; n++) {
            int selector = (int) vmcs.read(SELECTORS[n]);
            long base = n == Segment.FS
                    ? vmcs.read(VmcsField.HOST_FS_BASE)
                    : n == Segment.GS ? vmcs.read(VmcsField.HOST_GS_BASE) : 0;
            int rights = n == Segment.CS
                    ? CODE | (wide ? Segment.LONG : Segment.BIG)
                    : selector == 0 ? Segment.UNUSABLE : DATA;
            state.segments[n].set(selector, base, FLAT, rights);
        }
        state.cpl = 0;
        state.ldtr.set(0, 0, 0, Segment.UNUSABLE);
        state.tr.set(
                (int) vmcs.read(VmcsField.HOST_TR_SELECTOR), vmcs.read(VmcsField.HOST_TR_BASE), TSS_LIMIT, BUSY_TSS);
        state.gdtrBase = vmcs.read(VmcsField.HOST_GDTR_BASE);
        state.gdtrLimit = TABLE_LIMIT;
        state.idtrBase = vmcs.read(VmcsField.HOST_IDTR_BASE);
        state.idtrLimit = TABLE_LIMIT;
    }
}

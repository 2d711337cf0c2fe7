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

    // Where the fields stand, as in GuestState. The rows ES, CS, SS, DS, FS, GS follow one another.
    private static final int SELECTORS = VmcsField.HOST_ES_SELECTOR.offset;
    private static final int FS_BASE = VmcsField.HOST_FS_BASE.offset;
    private static final int GS_BASE = VmcsField.HOST_GS_BASE.offset;
    private static final int TR_SELECTOR = VmcsField.HOST_TR_SELECTOR.offset;
    private static final int TR_BASE = VmcsField.HOST_TR_BASE.offset;
    private static final int GDTR_BASE = VmcsField.HOST_GDTR_BASE.offset;
    private static final int IDTR_BASE = VmcsField.HOST_IDTR_BASE.offset;
    private static final int CR0 = VmcsField.HOST_CR0.offset;
    private static final int CR3 = VmcsField.HOST_CR3.offset;
    private static final int CR4 = VmcsField.HOST_CR4.offset;
    private static final int SYSENTER_CS = VmcsField.HOST_IA32_SYSENTER_CS.offset;
    private static final int SYSENTER_ESP = VmcsField.HOST_IA32_SYSENTER_ESP.offset;
    private static final int SYSENTER_EIP = VmcsField.HOST_IA32_SYSENTER_EIP.offset;
    private static final int RSP = VmcsField.HOST_RSP.offset;
    private static final int RIP = VmcsField.HOST_RIP.offset;

    private static final long LOW32 = 0xffff_ffffL;
    private static final int LOW16 = 0xffff;

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
        byte[] image = vmcs.image();
        boolean wide = controls.is(ExitControls.HOST_ADDRESS_SPACE_SIZE);
        state.cr0 = (Vmcs.at(image, CR0) & ~GuestState.CR0_KEPT) | (state.cr0 & GuestState.CR0_KEPT);
        state.cr3 = Vmcs.at(image, CR3);
        long cr4 = Vmcs.at(image, CR4);
        state.cr4 = wide ? cr4 | Cr4.PAE : cr4 & ~Cr4.PCIDE;
        modelSpecificRegisters(image, wide);
        segments(image, wide);
        state.dr[7] = DR7_RESET;
        state.r[CpuState.RSP] = Vmcs.at(image, RSP);
        state.rip = Vmcs.at(image, RIP);
        state.instructionRip = state.rip;
        state.setRflags(Rflags.FIXED);
        cpu.activity = Processor.Activity.ACTIVE;
        cpu.shadow = Processor.NO_SHADOW;
        cpu.pendingDebug = 0;
        boolean pae = !wide && state.paging() && (state.cr4 & Cr4.PAE) != 0;
        return !pae || cpu.walker.loadPdptes(state.cr3);
    }

    private void modelSpecificRegisters(byte[] image, boolean wide) {
        ModelSpecificRegisters msrs = cpu.system.msrs;
        msrs.debugControl = 0;
        msrs.sysenterCs = Vmcs.at(image, SYSENTER_CS) & LOW32;
        msrs.sysenterEsp = Vmcs.at(image, SYSENTER_ESP);
        msrs.sysenterEip = Vmcs.at(image, SYSENTER_EIP);
        long mode = Efer.LMA | Efer.LME;
        state.efer = controls.is(ExitControls.LOAD_IA32_EFER)
                ? vmcs.read(VmcsField.HOST_IA32_EFER)
                : (state.efer & ~mode) | (wide ? mode : 0);
        if (controls.is(ExitControls.LOAD_IA32_PAT)) {
            msrs.pat = vmcs.read(VmcsField.HOST_IA32_PAT);
        }
    }

    private void segments(byte[] image, boolean wide) {
        Segment[] segments = state.segments;
        for (int n = 0; n < segments.length; n++) {
            int selector = (int) Vmcs.at(image, SELECTORS + (n * Long.BYTES)) & LOW16;
            segments[n].set(selector, 0, FLAT, selector == 0 ? Segment.UNUSABLE : DATA);
        }
        segments[Segment.CS].attributes = CODE | (wide ? Segment.LONG : Segment.BIG);
        segments[Segment.FS].base = Vmcs.at(image, FS_BASE);
        segments[Segment.GS].base = Vmcs.at(image, GS_BASE);
        state.cpl = 0;
        state.ldtr.set(0, 0, 0, Segment.UNUSABLE);
        state.tr.set((int) Vmcs.at(image, TR_SELECTOR) & LOW16, Vmcs.at(image, TR_BASE), TSS_LIMIT, BUSY_TSS);
        state.gdtrBase = Vmcs.at(image, GDTR_BASE);
        state.gdtrLimit = TABLE_LIMIT;
        state.idtrBase = Vmcs.at(image, IDTR_BASE);
        state.idtrLimit = TABLE_LIMIT;
    }
}

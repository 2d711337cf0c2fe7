package org.thirdmode.svm.exec;

import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.ControlRegisters;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/**
 * The host's state between VMRUN and #VMEXIT, in memory where VM_HSAVE_PA points. "The format is implementation-dependent":
 * here that of a VMCB's state-save area, with the hidden parts of the segment registers. APM 2 "VMRUN and #VMEXIT: Saving
 * Host State", "#VMEXIT".
 */
final class HostSaveArea {
    // Where the fields stand, as in GuestRegisters.
    private static final int SEGMENTS = VmcbField.ES_SELECTOR.offset;
    private static final int SEGMENT_COUNT = 4;
    private static final int SEGMENT_SIZE = 16;
    private static final int GDTR_LIMIT = VmcbField.GDTR_LIMIT.offset;
    private static final int GDTR_BASE = VmcbField.GDTR_BASE.offset;
    private static final int IDTR_LIMIT = VmcbField.IDTR_LIMIT.offset;
    private static final int IDTR_BASE = VmcbField.IDTR_BASE.offset;
    private static final int EFER = VmcbField.EFER.offset;
    private static final int CR0 = VmcbField.CR0.offset;
    private static final int CR3 = VmcbField.CR3.offset;
    private static final int CR4 = VmcbField.CR4.offset;
    private static final int RFLAGS = VmcbField.RFLAGS.offset;
    private static final int RIP = VmcbField.RIP.offset;
    private static final int RSP = VmcbField.RSP.offset;
    private static final int RAX = VmcbField.RAX.offset;

    private static final long CR0_DEFINED =
            Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.AM | Cr0.NW | Cr0.CD | Cr0.PG;

    private static final long DR7_DISABLED = 0x400;

    private final Processor cpu;
    private final CpuState state;
    private final Vmcb area;
    private final long cr4Allowed;
    private final long eferAllowed;

    HostSaveArea(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        area = new Vmcb(cpu.memory);
        cr4Allowed = ControlRegisters.cr4Allowed(cpu.features);
        eferAllowed = ControlRegisters.eferAllowed(cpu.features);
    }

    /** Saves the host; RIP is that of the instruction after VMRUN. */
    void save(long address) {
        byte[] image = area.at(address).imageToWrite();
        for (int n = 0; n < SEGMENT_COUNT; n++) {
            Segment segment = state.segments[n];
            int at = SEGMENTS + (n * SEGMENT_SIZE);
            Vmcb.set(image, at, Segments.packed(segment));
            Vmcb.set(image, at + Long.BYTES, segment.base);
        }
        Vmcb.set(image, GDTR_BASE, state.gdtrBase);
        Frame.INT.set(image, GDTR_LIMIT, state.gdtrLimit);
        Vmcb.set(image, IDTR_BASE, state.idtrBase);
        Frame.INT.set(image, IDTR_LIMIT, state.idtrLimit);
        Vmcb.set(image, EFER, state.efer);
        Vmcb.set(image, CR0, state.cr0);
        Vmcb.set(image, CR4, state.cr4);
        Vmcb.set(image, CR3, state.cr3);
        Vmcb.set(image, RFLAGS, state.rflags());
        Vmcb.set(image, RIP, state.rip);
        Vmcb.set(image, RSP, state.r[CpuState.RSP]);
        Vmcb.set(image, RAX, state.r[CpuState.RAX]);
        area.written();
    }

    /**
     * Loads the host: CR0.PE is forced to 1, RFLAGS.VM and CPL to 0, all breakpoints are disabled.
     *
     * @return false where the state is not one that a processor can be in: it shuts down
     */
    boolean load(long address) {
        byte[] image = area.at(address).image();
        long cr0 = Vmcb.at(image, CR0) | Cr0.PE;
        long cr3 = Vmcb.at(image, CR3);
        long cr4 = Vmcb.at(image, CR4);
        long efer = Vmcb.at(image, EFER);
        if (!legal(cr0, cr3, cr4, efer)) {
            return false;
        }
        for (int n = 0; n < SEGMENT_COUNT; n++) {
            int at = SEGMENTS + (n * SEGMENT_SIZE);
            Segments.load(state.segments[n], Vmcb.at(image, at), Vmcb.at(image, at + Long.BYTES));
        }
        state.segments[Segment.CS].attributes &= ~Segment.UNUSABLE;
        state.gdtrBase = Vmcb.at(image, GDTR_BASE);
        state.gdtrLimit = (int) Vmcb.at(image, GDTR_LIMIT) & 0xffff;
        state.idtrBase = Vmcb.at(image, IDTR_BASE);
        state.idtrLimit = (int) Vmcb.at(image, IDTR_LIMIT) & 0xffff;
        state.efer = efer;
        state.cr0 = cr0;
        state.cr4 = cr4;
        state.cr3 = cr3;
        state.setRflags(Vmcb.at(image, RFLAGS) & ~(long) Rflags.VM);
        state.rip = Vmcb.at(image, RIP);
        state.r[CpuState.RSP] = Vmcb.at(image, RSP);
        state.r[CpuState.RAX] = Vmcb.at(image, RAX);
        state.dr[7] = DR7_DISABLED;
        state.cpl = 0;
        return true;
    }

    /** "Checks the reloaded host state for consistency." */
    private boolean legal(long cr0, long cr3, long cr4, long efer) {
        boolean paging = (cr0 & Cr0.PG) != 0;
        boolean longMode = (efer & Efer.LMA) != 0;
        return (cr0 & ~CR0_DEFINED) == 0
                && (cr0 & (Cr0.CD | Cr0.NW)) != Cr0.NW
                && (cr4 & ~cr4Allowed) == 0
                && (efer & ~eferAllowed) == 0
                && (efer & Efer.SVME) != 0
                && longMode == (paging && (efer & Efer.LME) != 0)
                && (!longMode || (cr4 & Cr4.PAE) != 0)
                && (cr3 >>> cpu.memory.addressWidth() == 0 || !longMode);
    }
}

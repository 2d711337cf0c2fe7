package org.thirdmode.svm.exec;

import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.ControlRegisters;
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
    private static final VmcbField[] SELECTORS = {
        VmcbField.ES_SELECTOR, VmcbField.CS_SELECTOR, VmcbField.SS_SELECTOR, VmcbField.DS_SELECTOR
    };

    private static final int[] REGISTERS = {Segment.ES, Segment.CS, Segment.SS, Segment.DS};

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
        area.at(address);
        for (int n = 0; n < SELECTORS.length; n++) {
            Segment segment = state.segments[REGISTERS[n]];
            VmcbField selector = SELECTORS[n];
            area.set(selector, segment.selector);
            area.set(selector.next(1), Segments.toVmcb(segment));
            area.set(selector.next(2), segment.limit);
            area.set(selector.next(3), segment.base);
        }
        area.set(VmcbField.GDTR_BASE, state.gdtrBase);
        area.set(VmcbField.GDTR_LIMIT, state.gdtrLimit);
        area.set(VmcbField.IDTR_BASE, state.idtrBase);
        area.set(VmcbField.IDTR_LIMIT, state.idtrLimit);
        area.set(VmcbField.EFER, state.efer);
        area.set(VmcbField.CR0, state.cr0);
        area.set(VmcbField.CR4, state.cr4);
        area.set(VmcbField.CR3, state.cr3);
        area.set(VmcbField.RFLAGS, state.rflags());
        area.set(VmcbField.RIP, state.rip);
        area.set(VmcbField.RSP, state.r[CpuState.RSP]);
        area.set(VmcbField.RAX, state.r[CpuState.RAX]);
    }

    /**
     * Loads the host: CR0.PE is forced to 1, RFLAGS.VM and CPL to 0, all breakpoints are disabled.
     *
     * @return false where the state is not one that a processor can be in: it shuts down
     */
    boolean load(long address) {
        area.at(address);
        long cr0 = area.get(VmcbField.CR0) | Cr0.PE;
        long cr4 = area.get(VmcbField.CR4);
        long efer = area.get(VmcbField.EFER);
        if (!legal(cr0, cr4, efer)) {
            return false;
        }
        for (int n = 0; n < SELECTORS.length; n++) {
            VmcbField selector = SELECTORS[n];
            long attributes = area.get(selector.next(1));
            boolean code = REGISTERS[n] == Segment.CS;
            state.segments[REGISTERS[n]].set(
                    (int) area.get(selector),
                    area.get(selector.next(3)),
                    area.get(selector.next(2)),
                    code ? Segments.codeFromVmcb(attributes) : Segments.fromVmcb(attributes));
        }
        state.gdtrBase = area.get(VmcbField.GDTR_BASE);
        state.gdtrLimit = (int) area.get(VmcbField.GDTR_LIMIT) & 0xffff;
        state.idtrBase = area.get(VmcbField.IDTR_BASE);
        state.idtrLimit = (int) area.get(VmcbField.IDTR_LIMIT) & 0xffff;
        state.efer = efer;
        state.cr0 = cr0;
        state.cr4 = cr4;
        state.cr3 = area.get(VmcbField.CR3);
        state.setRflags(area.get(VmcbField.RFLAGS) & ~(long) Rflags.VM);
        state.rip = area.get(VmcbField.RIP);
        state.r[CpuState.RSP] = area.get(VmcbField.RSP);
        state.r[CpuState.RAX] = area.get(VmcbField.RAX);
        state.dr[7] = DR7_DISABLED;
        state.cpl = 0;
        return true;
    }

    /** "Checks the reloaded host state for consistency." */
    private boolean legal(long cr0, long cr4, long efer) {
        boolean paging = (cr0 & Cr0.PG) != 0;
        boolean longMode = (efer & Efer.LMA) != 0;
        return (cr0 & ~CR0_DEFINED) == 0
                && (cr0 & (Cr0.CD | Cr0.NW)) != Cr0.NW
                && (cr4 & ~cr4Allowed) == 0
                && (efer & ~eferAllowed) == 0
                && (efer & Efer.SVME) != 0
                && longMode == (paging && (efer & Efer.LME) != 0)
                && (!longMode || (cr4 & Cr4.PAE) != 0)
                && (area.get(VmcbField.CR3) >>> cpu.memory.addressWidth() == 0 || !longMode);
    }
}

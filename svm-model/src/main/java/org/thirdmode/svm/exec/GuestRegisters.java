package org.thirdmode.svm.exec;

import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/**
 * The guest's registers between the VMCB and the processor: what VMRUN loads and #VMEXIT saves, and what VMLOAD and VMSAVE
 * do. APM 2 "VMRUN Instruction", "VMSAVE and VMLOAD Instructions".
 */
final class GuestRegisters {
    private static final VmcbField[] SELECTORS = {
        VmcbField.ES_SELECTOR, VmcbField.CS_SELECTOR, VmcbField.SS_SELECTOR, VmcbField.DS_SELECTOR
    };

    private static final int[] REGISTERS = {Segment.ES, Segment.CS, Segment.SS, Segment.DS};

    private static final long CR0_DEFINED =
            Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS | Cr0.NE | Cr0.WP | Cr0.AM | Cr0.NW | Cr0.CD | Cr0.PG;

    private static final long DR6_WRITABLE = 0xe00f;
    private static final long DR6_ONES = 0xffff_0ff0L;
    private static final long DR7_WRITABLE = 0xffff_23ffL;
    private static final long DR7_ONES = 0x400;
    private static final long LOW32 = 0xffff_ffffL;

    private final Processor cpu;
    private final CpuState state;
    private final LoadedVmcb loaded;

    GuestRegisters(Processor cpu, LoadedVmcb loaded) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.loaded = loaded;
    }

    // ---- VMRUN ----

    /** Loads what VMRUN loads, from the VMCB as it was read. */
    void load() {
        for (int n = 0; n < SELECTORS.length; n++) {
            VmcbField selector = SELECTORS[n];
            long attributes = loaded.get(selector.next(1));
            boolean code = REGISTERS[n] == Segment.CS;
            state.segments[REGISTERS[n]].set(
                    (int) loaded.get(selector),
                    canonical(loaded.get(selector.next(3))),
                    loaded.get(selector.next(2)),
                    code ? Segments.codeFromVmcb(attributes) : Segments.fromVmcb(attributes));
        }
        state.gdtrBase = canonical(loaded.get(VmcbField.GDTR_BASE));
        state.gdtrLimit = (int) loaded.get(VmcbField.GDTR_LIMIT) & 0xffff;
        state.idtrBase = canonical(loaded.get(VmcbField.IDTR_BASE));
        state.idtrLimit = (int) loaded.get(VmcbField.IDTR_LIMIT) & 0xffff;
        long cr0 = (loaded.get(VmcbField.CR0) & CR0_DEFINED) | Cr0.ET;
        long efer = loaded.get(VmcbField.EFER) & ~Efer.LMA;
        boolean longMode = (cr0 & Cr0.PG) != 0 && (efer & Efer.LME) != 0;
        state.cr0 = cr0;
        state.efer = longMode ? efer | Efer.LMA : efer;
        state.cr4 = loaded.get(VmcbField.CR4);
        state.cr3 = longMode ? loaded.get(VmcbField.CR3) : loaded.get(VmcbField.CR3) & LOW32;
        state.cr2 = loaded.get(VmcbField.CR2);
        state.dr[6] = (loaded.get(VmcbField.DR6) & DR6_WRITABLE) | DR6_ONES;
        state.dr[7] = (loaded.get(VmcbField.DR7) & DR7_WRITABLE) | DR7_ONES;
        state.setRflags(loaded.get(VmcbField.RFLAGS));
        state.rip = longMode ? loaded.get(VmcbField.RIP) : loaded.get(VmcbField.RIP) & LOW32;
        state.r[CpuState.RSP] = loaded.get(VmcbField.RSP);
        state.r[CpuState.RAX] = loaded.get(VmcbField.RAX);
        state.cpl = privilege();
    }

    /** "When the guest is in real mode the CPL is forced to 0, in virtual-8086 mode to 3." */
    private int privilege() {
        if (!state.protectedMode()) {
            return 0;
        }
        return state.virtual8086() ? 3 : (int) loaded.get(VmcbField.CPL) & 3;
    }

    /** A base that is sign-extended from the most significant implemented bit. */
    private long canonical(long address) {
        int unused = 64 - Math.max(cpu.profile.linearAddressWidth(), 48);
        return (address << unused) >> unused;
    }

    // ---- #VMEXIT ----

    /** Saves what #VMEXIT saves. */
    void save(Vmcb vmcb) {
        for (int n = 0; n < SELECTORS.length; n++) {
            Segment segment = state.segments[REGISTERS[n]];
            VmcbField selector = SELECTORS[n];
            loaded.store(vmcb, selector, segment.selector);
            loaded.store(vmcb, selector.next(1), Segments.toVmcb(segment));
            loaded.store(vmcb, selector.next(2), segment.limit);
            loaded.store(vmcb, selector.next(3), segment.base);
        }
        loaded.store(vmcb, VmcbField.GDTR_BASE, state.gdtrBase);
        loaded.store(vmcb, VmcbField.GDTR_LIMIT, state.gdtrLimit);
        loaded.store(vmcb, VmcbField.IDTR_BASE, state.idtrBase);
        loaded.store(vmcb, VmcbField.IDTR_LIMIT, state.idtrLimit);
        loaded.store(vmcb, VmcbField.EFER, state.efer);
        loaded.store(vmcb, VmcbField.CR4, state.cr4);
        loaded.store(vmcb, VmcbField.CR3, state.cr3);
        loaded.store(vmcb, VmcbField.CR2, state.cr2);
        loaded.store(vmcb, VmcbField.CR0, state.cr0);
        loaded.store(vmcb, VmcbField.DR7, state.dr[7]);
        loaded.store(vmcb, VmcbField.DR6, state.dr[6]);
        loaded.store(vmcb, VmcbField.RFLAGS, state.rflags());
        loaded.store(vmcb, VmcbField.RIP, state.rip);
        loaded.store(vmcb, VmcbField.RSP, state.r[CpuState.RSP]);
        loaded.store(vmcb, VmcbField.RAX, state.r[CpuState.RAX]);
        loaded.store(vmcb, VmcbField.CPL, state.cpl);
    }

    // ---- VMLOAD and VMSAVE ----

    private static final VmcbField[] FURTHER_SELECTORS = {
        VmcbField.FS_SELECTOR, VmcbField.GS_SELECTOR, VmcbField.LDTR_SELECTOR, VmcbField.TR_SELECTOR
    };

    private Segment further(int n) {
        return switch (n) {
            case 0 -> state.segments[Segment.FS];
            case 1 -> state.segments[Segment.GS];
            case 2 -> state.ldtr;
            default -> state.tr;
        };
    }

    /** VMLOAD: FS, GS, TR, LDTR with their hidden parts, KernelGsBase, STAR and its kin, the SYSENTER registers. */
    void loadFurther(Vmcb vmcb) {
        for (int n = 0; n < FURTHER_SELECTORS.length; n++) {
            VmcbField selector = FURTHER_SELECTORS[n];
            further(n)
                    .set(
                            (int) vmcb.get(selector),
                            canonical(vmcb.get(selector.next(3))),
                            vmcb.get(selector.next(2)),
                            Segments.fromVmcb(vmcb.get(selector.next(1))));
        }
        var msrs = cpu.system.msrs;
        msrs.kernelGsBase = canonical(vmcb.get(VmcbField.KERNEL_GS_BASE));
        msrs.star = vmcb.get(VmcbField.STAR);
        msrs.lstar = canonical(vmcb.get(VmcbField.LSTAR));
        msrs.cstar = canonical(vmcb.get(VmcbField.CSTAR));
        msrs.fmask = vmcb.get(VmcbField.SFMASK) & LOW32;
        msrs.sysenterCs = vmcb.get(VmcbField.SYSENTER_CS) & LOW32;
        msrs.sysenterEsp = canonical(vmcb.get(VmcbField.SYSENTER_ESP));
        msrs.sysenterEip = canonical(vmcb.get(VmcbField.SYSENTER_EIP));
        state.deriveSegment(Segment.FS);
        state.deriveSegment(Segment.GS);
    }

    /** VMSAVE. */
    void saveFurther(Vmcb vmcb) {
        for (int n = 0; n < FURTHER_SELECTORS.length; n++) {
            VmcbField selector = FURTHER_SELECTORS[n];
            Segment segment = further(n);
            vmcb.set(selector, segment.selector);
            vmcb.set(selector.next(1), Segments.toVmcb(segment));
            vmcb.set(selector.next(2), segment.limit);
            vmcb.set(selector.next(3), segment.base);
        }
        var msrs = cpu.system.msrs;
        vmcb.set(VmcbField.KERNEL_GS_BASE, msrs.kernelGsBase);
        vmcb.set(VmcbField.STAR, msrs.star);
        vmcb.set(VmcbField.LSTAR, msrs.lstar);
        vmcb.set(VmcbField.CSTAR, msrs.cstar);
        vmcb.set(VmcbField.SFMASK, msrs.fmask);
        vmcb.set(VmcbField.SYSENTER_CS, msrs.sysenterCs);
        vmcb.set(VmcbField.SYSENTER_ESP, msrs.sysenterEsp);
        vmcb.set(VmcbField.SYSENTER_EIP, msrs.sysenterEip);
    }

    /** What hangs on the registers that were loaded. */
    void loadedAll() {
        cpu.system.debug.changed();
        cpu.modeChanged();
    }

    /** RFLAGS.IF. */
    boolean interruptsEnabled() {
        return (state.systemFlags & Rflags.IF) != 0;
    }
}

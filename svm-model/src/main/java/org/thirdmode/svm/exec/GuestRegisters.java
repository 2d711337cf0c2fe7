package org.thirdmode.svm.exec;

import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
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
    // Where the fields stand that every VMRUN and #VMEXIT moves: as constants, the compiler puts them into its code.
    // ES, CS,
    // SS and DS follow one another, of 16 bytes each.
    private static final int SEGMENTS = VmcbField.ES_SELECTOR.offset;
    private static final int SEGMENT_COUNT = 4;
    private static final int SEGMENT_SIZE = 16;
    private static final int GDTR_LIMIT = VmcbField.GDTR_LIMIT.offset;
    private static final int GDTR_BASE = VmcbField.GDTR_BASE.offset;
    private static final int IDTR_LIMIT = VmcbField.IDTR_LIMIT.offset;
    private static final int IDTR_BASE = VmcbField.IDTR_BASE.offset;
    private static final int CPL = VmcbField.CPL.offset;
    private static final int EFER = VmcbField.EFER.offset;
    private static final int CR0 = VmcbField.CR0.offset;
    private static final int CR2 = VmcbField.CR2.offset;
    private static final int CR3 = VmcbField.CR3.offset;
    private static final int CR4 = VmcbField.CR4.offset;
    private static final int DR6 = VmcbField.DR6.offset;
    private static final int DR7 = VmcbField.DR7.offset;
    private static final int RFLAGS = VmcbField.RFLAGS.offset;
    private static final int RIP = VmcbField.RIP.offset;
    private static final int RSP = VmcbField.RSP.offset;
    private static final int RAX = VmcbField.RAX.offset;

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

    /** Bits of an address that no linear address has. */
    private final int unusedBits;

    GuestRegisters(Processor cpu, LoadedVmcb loaded) {
        unusedBits = 64 - Math.max(cpu.profile.linearAddressWidth(), 48);
        this.cpu = cpu;
        this.state = cpu.state;
        this.loaded = loaded;
    }

    // ---- VMRUN ----

    /** Loads what VMRUN loads, from the VMCB as it was read. */
    void load() {
        byte[] image = loaded.image;
        for (int n = 0; n < SEGMENT_COUNT; n++) {
            int at = SEGMENTS + (n * SEGMENT_SIZE);
            Segments.load(state.segments[n], Vmcb.at(image, at), canonical(Vmcb.at(image, at + Long.BYTES)));
        }
        // CS is always usable.
        state.segments[Segment.CS].attributes &= ~Segment.UNUSABLE;
        state.gdtrBase = canonical(Vmcb.at(image, GDTR_BASE));
        state.gdtrLimit = (int) Vmcb.at(image, GDTR_LIMIT) & 0xffff;
        state.idtrBase = canonical(Vmcb.at(image, IDTR_BASE));
        state.idtrLimit = (int) Vmcb.at(image, IDTR_LIMIT) & 0xffff;
        long cr0 = (Vmcb.at(image, CR0) & CR0_DEFINED) | Cr0.ET;
        long efer = Vmcb.at(image, EFER) & ~Efer.LMA;
        boolean longMode = (cr0 & Cr0.PG) != 0 && (efer & Efer.LME) != 0;
        state.cr0 = cr0;
        state.efer = longMode ? efer | Efer.LMA : efer;
        state.cr4 = Vmcb.at(image, CR4);
        state.cr3 = longMode ? Vmcb.at(image, CR3) : Vmcb.at(image, CR3) & LOW32;
        state.cr2 = Vmcb.at(image, CR2);
        state.dr[6] = (Vmcb.at(image, DR6) & DR6_WRITABLE) | DR6_ONES;
        state.dr[7] = (Vmcb.at(image, DR7) & DR7_WRITABLE) | DR7_ONES;
        state.setRflags(Vmcb.at(image, RFLAGS));
        state.rip = longMode ? Vmcb.at(image, RIP) : Vmcb.at(image, RIP) & LOW32;
        state.r[CpuState.RSP] = Vmcb.at(image, RSP);
        state.r[CpuState.RAX] = Vmcb.at(image, RAX);
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
        return (address << unusedBits) >> unusedBits;
    }

    // ---- #VMEXIT ----

    /** Saves what #VMEXIT saves: to the VMCB and to what is held of it. */
    void save(Vmcb vmcb) {
        save(vmcb.imageToWrite());
        vmcb.written();
        save(loaded.image);
    }

    private void save(byte[] image) {
        for (int n = 0; n < SEGMENT_COUNT; n++) {
            Segment segment = state.segments[n];
            int at = SEGMENTS + (n * SEGMENT_SIZE);
            Vmcb.set(image, at, Segments.packed(segment));
            Vmcb.set(image, at + Long.BYTES, segment.base);
        }
        Frame.INT.set(image, GDTR_LIMIT, state.gdtrLimit);
        Vmcb.set(image, GDTR_BASE, state.gdtrBase);
        Frame.INT.set(image, IDTR_LIMIT, state.idtrLimit);
        Vmcb.set(image, IDTR_BASE, state.idtrBase);
        Vmcb.set(image, EFER, state.efer);
        Vmcb.set(image, CR4, state.cr4);
        Vmcb.set(image, CR3, state.cr3);
        Vmcb.set(image, CR2, state.cr2);
        Vmcb.set(image, CR0, state.cr0);
        Vmcb.set(image, DR7, state.dr[7]);
        Vmcb.set(image, DR6, state.dr[6]);
        Vmcb.set(image, RFLAGS, state.rflags());
        Vmcb.set(image, RIP, state.rip);
        Vmcb.set(image, RSP, state.r[CpuState.RSP]);
        Vmcb.set(image, RAX, state.r[CpuState.RAX]);
        image[CPL] = (byte) state.cpl;
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

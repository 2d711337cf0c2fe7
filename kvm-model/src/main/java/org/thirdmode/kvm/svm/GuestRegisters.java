package org.thirdmode.kvm.svm;

import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.HostProcessor;
import org.thirdmode.kvm.RegisterGroup;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.ModelSpecificRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;

/**
 * Moves the guest's registers between where the hardware has them and the guest processor. Part of them VMRUN and #VMEXIT
 * swap, part VMLOAD and VMSAVE move; the general registers but RAX and RSP, DR0 to DR3, the FPU and some MSRs are the
 * processor's own while a guest and its hypervisor take turns.
 */
final class GuestRegisters {
    private static final int LDTR = RegisterGroup.LDTR;
    private static final int TR = RegisterGroup.TR;
    private static final int IA32_TSC_AUX = 0xc000_0103;

    /** Bits of CR0 that the guest may change by itself whatever else the hypervisor keeps from it. */
    private static final long CR0_GUEST = Cr0.TS | Cr0.MP;

    private static final int CR0 = 1;

    /** Selectors in the order of {@link #segmentRegister}; attributes, limit and base stand behind each. */
    private static final VmcbField[] SELECTORS = {
        VmcbField.ES_SELECTOR,
        VmcbField.CS_SELECTOR,
        VmcbField.SS_SELECTOR,
        VmcbField.DS_SELECTOR,
        VmcbField.FS_SELECTOR,
        VmcbField.GS_SELECTOR,
        VmcbField.LDTR_SELECTOR,
        VmcbField.TR_SELECTOR
    };

    private static final VmcbField[] LAST_BRANCHES = {
        VmcbField.BR_FROM, VmcbField.BR_TO, VmcbField.LASTEXCPFROM, VmcbField.LASTEXCPTO
    };

    /** The groups with registers that VMLOAD and VMSAVE move: FS, GS, LDTR, TR, MSRs of system calls. */
    private static final int FURTHER = RegisterGroup.DATA | RegisterGroup.SYSTEM | RegisterGroup.MSRS;

    private HostProcessor on;
    private Processor hardware;
    private final Processor guest;
    private final CpuState state;
    private final VmcbFields vmcb;
    private final boolean nested;

    /** The groups of registers that the guest processor has; the others are in the hardware alone. */
    private int available = RegisterGroup.ALL;

    /** What VMLOAD loads has changed in the VMCB. */
    private boolean further;

    GuestRegisters(HostMachine host, Processor guest, VmcbFields vmcb, boolean nested) {
        processor(host.processors().getFirst());
        this.guest = guest;
        state = guest.state;
        this.vmcb = vmcb;
        this.nested = nested;
    }

    /** The guest goes on on another processor: what the VMCB does not hold is to be stored there. */
    void processor(HostProcessor other) {
        on = other;
        hardware = other.cpu;
    }

    private Segment segmentRegister(int n) {
        return n == LDTR ? state.ldtr : n == TR ? state.tr : state.segments[n];
    }

    // ---- from the hardware ----

    /** The guest has run: nothing is fetched. */
    void left() {
        available = 0;
    }

    /** Whether the guest processor has a group of registers. */
    boolean has(int group) {
        return (available & group) != 0;
    }

    /** Brings groups of registers that are not here yet. */
    void fetch(int groups) {
        int missing = groups & ~available;
        if (missing == 0) {
            return;
        }
        if ((missing & FURTHER) != 0 && !has(FURTHER)) {
            on.svm.vmsave(vmcb.address);
        }
        available |= missing;
        if ((missing & RegisterGroup.PRIVILEGE) != 0) {
            state.setRflags(vmcb.read(VmcbField.RFLAGS));
            state.cpl = (int) vmcb.read(VmcbField.CPL);
            state.cr2 = vmcb.read(VmcbField.CR2);
            state.pkru = hardware.state.pkru;
        }
        if ((missing & RegisterGroup.GENERAL) != 0) {
            fetchGeneral();
        }
        for (int n = 0; n < SELECTORS.length; n++) {
            if ((missing & RegisterGroup.of(n)) != 0) {
                fetchSegment(n);
            }
        }
        if ((missing & RegisterGroup.SYSTEM) != 0) {
            state.gdtrBase = vmcb.read(VmcbField.GDTR_BASE);
            state.gdtrLimit = (int) vmcb.read(VmcbField.GDTR_LIMIT);
            state.idtrBase = vmcb.read(VmcbField.IDTR_BASE);
            state.idtrLimit = (int) vmcb.read(VmcbField.IDTR_LIMIT);
        }
        if ((missing & RegisterGroup.MSRS) != 0) {
            fetchMsrs();
        }
        if ((missing & RegisterGroup.PAGING) != 0) {
            fetchPagingRegisters();
        }
        if ((missing & RegisterGroup.TO_DECODE) != 0) {
            guest.modeChanged();
        }
    }

    private void fetchGeneral() {
        System.arraycopy(hardware.state.r, 0, state.r, 0, 16);
        state.r[CpuState.RAX] = vmcb.read(VmcbField.RAX);
        state.r[CpuState.RSP] = vmcb.read(VmcbField.RSP);
        state.rip = vmcb.read(VmcbField.RIP);
        state.instructionRip = state.rip;
        System.arraycopy(hardware.state.dr, 0, state.dr, 0, 4);
        state.dr[6] = vmcb.read(VmcbField.DR6);
        state.dr[7] = vmcb.read(VmcbField.DR7);
        guest.fpu.set(hardware.fpu);
        // One bit for STI and for MOV SS: the stricter of the two.
        guest.shadow = (vmcb.read(VmcbField.INTERRUPT_SHADOW) & 1) != 0 ? Processor.SHADOW_MOV_SS : Processor.NO_SHADOW;
        guest.pendingDebug = 0;
        guest.activity = Processor.Activity.ACTIVE;
        guest.system.debug.changed();
    }

    private void fetchSegment(int n) {
        VmcbField selector = SELECTORS[n];
        segmentRegister(n)
                .set(
                        (int) vmcb.read(selector),
                        vmcb.read(selector.next(3)),
                        vmcb.read(selector.next(2)),
                        fromVmcb(n, (int) vmcb.read(selector.next(1))));
    }

    private void fetchPagingRegisters() {
        if (nested) {
            state.cr0 = vmcb.read(VmcbField.CR0);
            state.cr3 = vmcb.read(VmcbField.CR3);
            state.cr4 = vmcb.read(VmcbField.CR4);
            state.efer = vmcb.read(VmcbField.EFER) & ~Efer.SVME;
        } else {
            fetchOwnedByGuest();
        }
    }

    /** With shadow tables CR0 is written at each entry: what the guest has changed of it by itself must be in it. */
    void fetchOwnedByGuest() {
        state.cr0 = (state.cr0 & ~CR0_GUEST) | (vmcb.read(VmcbField.CR0) & CR0_GUEST);
    }

    private void fetchMsrs() {
        ModelSpecificRegisters msrs = guest.system.msrs;
        msrs.star = vmcb.read(VmcbField.STAR);
        msrs.lstar = vmcb.read(VmcbField.LSTAR);
        msrs.cstar = vmcb.read(VmcbField.CSTAR);
        msrs.fmask = vmcb.read(VmcbField.SFMASK);
        msrs.kernelGsBase = vmcb.read(VmcbField.KERNEL_GS_BASE);
        msrs.sysenterCs = vmcb.read(VmcbField.SYSENTER_CS);
        msrs.sysenterEsp = vmcb.read(VmcbField.SYSENTER_ESP);
        msrs.sysenterEip = vmcb.read(VmcbField.SYSENTER_EIP);
        if (ownBranches()) {
            msrs.debugControl = vmcb.read(VmcbField.DBGCTL);
            for (int n = 0; n < LAST_BRANCHES.length; n++) {
                msrs.lastBranch[n] = vmcb.read(LAST_BRANCHES[n]);
            }
        }
    }

    private boolean ownBranches() {
        return (vmcb.read(VmcbField.VIRTUAL_EXTENSIONS) & 1) != 0;
    }

    /** The twelve attribute bits of a VMCB; a null selector's register has P clear there. */
    private static int fromVmcb(int n, int attributes) {
        int moved = (attributes & 0xff) | ((attributes & 0xf00) << 4);
        return n == Segment.CS || (moved & Segment.PRESENT) != 0 ? moved : moved | Segment.UNUSABLE;
    }

    private static int toVmcb(Segment segment) {
        int image = (segment.attributes & 0xff) | ((segment.attributes >>> 4) & 0xf00);
        return segment.usable() ? image : image & ~Segment.PRESENT;
    }

    // ---- to the hardware ----

    /** Stores what was fetched; returns whether a register that decides what linear addresses mean was changed. */
    boolean store() {
        if (has(RegisterGroup.PRIVILEGE)) {
            vmcb.write(VmcbField.RFLAGS, state.rflags());
            vmcb.write(VmcbField.CPL, state.cpl);
            vmcb.write(VmcbField.CR2, state.cr2);
            hardware.state.pkru = state.pkru;
        }
        if (has(RegisterGroup.GENERAL)) {
            storeGeneral();
        }
        for (int n = 0; n < SELECTORS.length; n++) {
            if (has(RegisterGroup.of(n))) {
                storeSegment(n);
            }
        }
        if (has(RegisterGroup.SYSTEM)) {
            vmcb.write(VmcbField.GDTR_BASE, state.gdtrBase);
            vmcb.write(VmcbField.GDTR_LIMIT, state.gdtrLimit & 0xffffL);
            vmcb.write(VmcbField.IDTR_BASE, state.idtrBase);
            vmcb.write(VmcbField.IDTR_LIMIT, state.idtrLimit & 0xffffL);
        }
        if (has(RegisterGroup.MSRS)) {
            storeMsrs();
        }
        further |= has(FURTHER);
        return nested && has(RegisterGroup.PAGING) && storePagingRegisters();
    }

    private void storeGeneral() {
        System.arraycopy(state.r, 0, hardware.state.r, 0, 16);
        vmcb.write(VmcbField.RAX, state.r[CpuState.RAX]);
        vmcb.write(VmcbField.RSP, state.r[CpuState.RSP]);
        vmcb.write(VmcbField.RIP, state.rip);
        System.arraycopy(state.dr, 0, hardware.state.dr, 0, 4);
        vmcb.write(VmcbField.DR6, state.dr[6]);
        vmcb.write(VmcbField.DR7, state.dr[7]);
        hardware.state.xcr0 = state.xcr0;
        hardware.fpu.set(guest.fpu);
        vmcb.write(VmcbField.INTERRUPT_SHADOW, guest.shadow != Processor.NO_SHADOW ? 1 : 0);
    }

    private void storeSegment(int n) {
        Segment segment = segmentRegister(n);
        VmcbField selector = SELECTORS[n];
        vmcb.write(selector, segment.selector);
        vmcb.write(selector.next(1), toVmcb(segment));
        vmcb.write(selector.next(2), segment.limit);
        vmcb.write(selector.next(3), segment.base);
    }

    private boolean storePagingRegisters() {
        vmcb.write(VmcbField.G_PAT, guest.system.msrs.pat);
        return vmcb.write(VmcbField.CR0, state.cr0)
                | vmcb.write(VmcbField.CR3, state.cr3)
                | vmcb.write(VmcbField.CR4, state.cr4)
                | vmcb.write(VmcbField.EFER, state.efer | Efer.SVME);
    }

    /**
     * With shadow tables the guest's paging registers are not those it runs with, so its changes of them exit; CR0 need not
     * where both are the same but for what the guest may change. KVM: {@code update_cr0_intercept}.
     */
    void storeShadowPaging(HardwarePaging paging) {
        vmcb.write(VmcbField.CR0, paging.cr0);
        vmcb.write(VmcbField.CR3, paging.cr3);
        vmcb.write(VmcbField.CR4, paging.cr4);
        vmcb.write(VmcbField.EFER, paging.efer | Efer.SVME);
        boolean same = ((paging.cr0 ^ state.cr0) & ~Cr0.ET) == 0;
        vmcb.bits(VmcbField.INTERCEPT_CR_READ, CR0, !same);
        vmcb.bits(VmcbField.INTERCEPT_CR_WRITE, CR0, !same);
    }

    private void storeMsrs() {
        ModelSpecificRegisters msrs = guest.system.msrs;
        vmcb.write(VmcbField.STAR, msrs.star);
        vmcb.write(VmcbField.LSTAR, msrs.lstar);
        vmcb.write(VmcbField.CSTAR, msrs.cstar);
        vmcb.write(VmcbField.SFMASK, msrs.fmask);
        vmcb.write(VmcbField.KERNEL_GS_BASE, msrs.kernelGsBase);
        vmcb.write(VmcbField.SYSENTER_CS, msrs.sysenterCs);
        vmcb.write(VmcbField.SYSENTER_ESP, msrs.sysenterEsp);
        vmcb.write(VmcbField.SYSENTER_EIP, msrs.sysenterEip);
        hardware.system.msrs.write(IA32_TSC_AUX, msrs.tscAux);
        // LBR virtualization costs time at each entry and exit: only while the guest has asked for something.
        vmcb.bits(VmcbField.VIRTUAL_EXTENSIONS, 1, msrs.debugControl != 0);
        vmcb.write(VmcbField.DBGCTL, msrs.debugControl);
        for (int n = 0; n < LAST_BRANCHES.length; n++) {
            vmcb.write(LAST_BRANCHES[n], msrs.lastBranch[n]);
        }
    }

    /** VMLOAD, where the VMCB has other values than the processor. */
    void loadFurther() {
        if (further) {
            further = false;
            on.svm.vmload(vmcb.address);
        }
    }

    /** Makes the guest read its own time-stamp counter: {@code ticks} is the guest's time now. */
    void timeStamp(long ticks) {
        long counter = guest.system.msrs.timeStamp() - guest.now() + ticks;
        vmcb.write(VmcbField.TSC_OFFSET, counter - hardware.system.msrs.timeStamp());
    }
}

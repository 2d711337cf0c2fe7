package org.thirdmode.kvm.vmx;

import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.RegisterGroup;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.ModelSpecificRegisters;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/**
 * Moves the guest's registers between where the hardware has them and the guest processor. In hardware most are in the VMCS;
 * the general registers, CR2, DR0 to DR6, the FPU and some MSRs are the processor's own while a guest and its hypervisor take
 * turns.
 */
final class GuestRegisters {
    /** CR0 bits that the guest does not own: NE must be set, the others are not changed by entries and exits. */
    private static final int LDTR = RegisterGroup.LDTR;

    private static final int TR = RegisterGroup.TR;
    private static final long CR0_HOST = Cr0.NE | Cr0.CD | Cr0.NW | Cr0.ET;

    /** CR4 bits that the guest does not own. */
    private static final long CR4_HOST = Cr4.VMXE;

    /** CR4 bits that say what page tables mean. */
    private static final long CR4_PAGING = Cr4.PAE | Cr4.PSE | Cr4.PCIDE | Cr4.LA57 | Cr4.SMEP | Cr4.SMAP | Cr4.PKE;

    private static final int REAL_DATA = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
    private static final int VIRTUAL_8086_DATA = REAL_DATA | (3 << Segment.DPL_SHIFT);
    private static final int BUSY_TSS = Segment.PRESENT | 11;

    private static final int IA32_LSTAR = 0xc000_0082;
    private static final int IA32_FMASK = 0xc000_0084;
    private static final int IA32_TSC_AUX = 0xc000_0103;

    private static final int BLOCKING_BY_STI = 1;
    private static final int BLOCKING_BY_MOV_SS = 1 << 1;
    private static final int BLOCKING_BY_NMI = 1 << 3;

    /** Pending debug exceptions: B3 to B0 and BS; at least one of the breakpoints was enabled. */
    private static final int PENDING = 0x400f;

    private static final int ENABLED_BREAKPOINT = 1 << 12;

    private static final VmcsField[][] SEGMENTS = {
        segment(0), segment(1), segment(2), segment(3), segment(4), segment(5), segment(LDTR), segment(TR)
    };

    private static final VmcsField[] PDPTES = {
        VmcsField.GUEST_PDPTE0, VmcsField.GUEST_PDPTE1, VmcsField.GUEST_PDPTE2, VmcsField.GUEST_PDPTE3
    };

    /** Selector, base, limit and access rights of segment register {@code n}: their encodings go up in the order of the VMCS. */
    private static VmcsField[] segment(int n) {
        return new VmcsField[] {
            VmcsField.byEncoding(VmcsField.GUEST_ES_SELECTOR.encoding + (2L * n)),
            VmcsField.byEncoding(VmcsField.GUEST_ES_BASE.encoding + (2L * n)),
            VmcsField.byEncoding(VmcsField.GUEST_ES_LIMIT.encoding + (2L * n)),
            VmcsField.byEncoding(VmcsField.GUEST_ES_ACCESS_RIGHTS.encoding + (2L * n))
        };
    }

    private Processor hardware;
    private final Processor guest;
    private final CpuState state;
    private final VmcsFields vmcs;
    private final boolean nested;
    private final boolean unrestricted;

    /** The hardware's paging registers are the hypervisor's. */
    private boolean shadowed;

    /** With {@link #nested}: they may become the hypervisor's. */
    private final boolean agile;

    /** The processor's VM entries and exits switch IA32_EFER and IA32_PAT. */
    private final boolean loadsEfer;

    private final boolean loadsPat;
    private final MsrSwitch msrSwitch;
    private long tscOffset = Long.MIN_VALUE;

    /** The groups of registers that the guest processor has; the others are in the hardware alone. */
    private int available = RegisterGroup.ALL;

    /** The guest's real-address mode is virtual-8086 mode in the VMCS. */
    private boolean virtual8086;

    /** The guest's IOPL meanwhile: in the VMCS it is 3. */
    private int iopl;

    /** The guest has no paging, and in the VMCS the identity map's. */
    private boolean identityMapped;

    /**
     * Between a guest's processor and the VMCS.
     *
     * @param msrSwitch the lists of MSRs that are switched; null where the processor needs none
     */
    GuestRegisters(
            HostMachine host,
            Processor guest,
            VmcsFields vmcs,
            boolean nested,
            boolean agile,
            VmcsSetup setup,
            MsrSwitch msrSwitch) {
        hardware = host.cpu;
        this.guest = guest;
        state = guest.state;
        this.vmcs = vmcs;
        this.nested = nested;
        this.agile = agile;
        shadowed = !nested;
        this.msrSwitch = msrSwitch;
        unrestricted = setup.unrestricted();
        loadsEfer = setup.has(VmcsField.GUEST_IA32_EFER);
        loadsPat = setup.has(VmcsField.GUEST_IA32_PAT);
        if (!nested) {
            // Each change of one of them exits, or is none of the hardware's registers.
            vmcs.own(VmcsField.GUEST_CR0);
            vmcs.own(VmcsField.GUEST_CR3);
            vmcs.own(VmcsField.GUEST_CR4);
            vmcs.own(VmcsField.GUEST_IA32_EFER);
            vmcs.own(VmcsField.ENTRY_CONTROLS);
        }
    }

    /** The guest goes on on another processor: what the VMCS does not hold is to be stored there. */
    void processor(Processor other) {
        hardware = other;
    }

    /** Whether the guest's real-address mode is virtual-8086 mode in the VMCS. */
    boolean virtual8086() {
        return virtual8086;
    }

    /** Whether the guest runs without paging on the identity map's tables. */
    boolean identityMapped() {
        return identityMapped;
    }

    private Segment segmentRegister(int n) {
        return n == LDTR ? state.ldtr : n == TR ? state.tr : state.segments[n];
    }

    // ---- from the hardware ----

    /** Whether all of them are here. */
    boolean complete() {
        return available == RegisterGroup.ALL;
    }

    /** The guest has run: nothing is fetched. */
    void left() {
        available = 0;
    }

    /** Brings groups of registers that are not here yet. */
    void fetch(int groups) {
        int missing = (virtual8086 || identityMapped ? RegisterGroup.ALL : groups) & ~available;
        if (missing == 0) {
            return;
        }
        available |= missing;
        if ((missing & RegisterGroup.PRIVILEGE) != 0) {
            fetchPrivilege();
        }
        if ((missing & RegisterGroup.GENERAL) != 0) {
            fetchGeneral();
        }
        for (int n = 0; n < (virtual8086 ? LDTR : SEGMENTS.length); n++) {
            if ((missing & RegisterGroup.of(n)) != 0) {
                VmcsField[] fields = SEGMENTS[n];
                int rights = virtual8086 ? REAL_DATA : (int) vmcs.read(fields[3]);
                segmentRegister(n).set((int) vmcs.read(fields[0]), vmcs.read(fields[1]), vmcs.read(fields[2]), rights);
            }
        }
        if ((missing & RegisterGroup.SYSTEM) != 0) {
            state.gdtrBase = vmcs.read(VmcsField.GUEST_GDTR_BASE);
            state.gdtrLimit = (int) vmcs.read(VmcsField.GUEST_GDTR_LIMIT);
            state.idtrBase = vmcs.read(VmcsField.GUEST_IDTR_BASE);
            state.idtrLimit = (int) vmcs.read(VmcsField.GUEST_IDTR_LIMIT);
        }
        if ((missing & RegisterGroup.MSRS) != 0) {
            fetchMsrs();
        }
        if (!shadowed && (missing & RegisterGroup.PAGING) != 0) {
            fetchPagingRegisters();
        }
        if ((missing & RegisterGroup.TO_DECODE) != 0) {
            guest.modeChanged();
        }
    }

    private void fetchPrivilege() {
        state.setRflags(vmcs.read(VmcsField.GUEST_RFLAGS));
        if (virtual8086) {
            state.systemFlags = (state.systemFlags & ~(Rflags.VM | Rflags.IOPL)) | iopl;
        }
        state.cpl = virtual8086 ? 0 : (int) (vmcs.read(VmcsField.GUEST_SS_ACCESS_RIGHTS) >>> Segment.DPL_SHIFT) & 3;
        state.cr2 = hardware.state.cr2;
        state.pkru = hardware.state.pkru;
    }

    private void fetchGeneral() {
        System.arraycopy(hardware.state.r, 0, state.r, 0, 16);
        state.r[CpuState.RSP] = vmcs.read(VmcsField.GUEST_RSP);
        state.rip = vmcs.read(VmcsField.GUEST_RIP);
        state.instructionRip = state.rip;
        int blocking = (int) vmcs.read(VmcsField.GUEST_INTERRUPTIBILITY_STATE);
        guest.shadow = (blocking & BLOCKING_BY_MOV_SS) != 0
                ? Processor.SHADOW_MOV_SS
                : (blocking & BLOCKING_BY_STI) != 0 ? Processor.SHADOW_STI : Processor.NO_SHADOW;
        guest.nmiBlocked = (blocking & BLOCKING_BY_NMI) != 0;
        guest.pendingDebug = (int) vmcs.read(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS) & PENDING;
        guest.activity = Processor.Activity.ACTIVE;
        System.arraycopy(hardware.state.dr, 0, state.dr, 0, 7);
        state.dr[7] = vmcs.read(VmcsField.GUEST_DR7);
        guest.system.debug.changed();
        guest.fpu.set(hardware.fpu);
    }

    private void fetchPagingRegisters() {
        long host = cr0Mask();
        state.cr0 = (vmcs.read(VmcsField.GUEST_CR0) & ~host) | (vmcs.read(VmcsField.CR0_READ_SHADOW) & host);
        if (identityMapped) {
            // Every change of the others exits.
            return;
        }
        state.cr3 = vmcs.read(VmcsField.GUEST_CR3);
        state.cr4 = (vmcs.read(VmcsField.GUEST_CR4) & ~CR4_HOST) | (vmcs.read(VmcsField.CR4_READ_SHADOW) & CR4_HOST);
        state.efer = vmcs.read(VmcsField.GUEST_IA32_EFER);
        for (int n = 0; n < PDPTES.length; n++) {
            state.pdpte[n] = vmcs.read(PDPTES[n]);
        }
    }

    /** CR0 bits of which the guest reads the shadow. With agile paging also those that decide whose registers the guest runs with. */
    private long cr0Mask() {
        return unrestricted ? CR0_HOST | (agile ? Cr0.PG | Cr0.WP : 0) : CR0_HOST | Cr0.PG | Cr0.PE;
    }

    private void fetchMsrs() {
        ModelSpecificRegisters msrs = guest.system.msrs;
        if (!virtual8086) {
            msrs.sysenterCs = vmcs.read(VmcsField.GUEST_IA32_SYSENTER_CS);
        }
        msrs.sysenterEsp = vmcs.read(VmcsField.GUEST_IA32_SYSENTER_ESP);
        msrs.sysenterEip = vmcs.read(VmcsField.GUEST_IA32_SYSENTER_EIP);
        msrs.debugControl = vmcs.read(VmcsField.GUEST_IA32_DEBUGCTL);
        // SWAPGS changes it without an exit.
        msrs.kernelGsBase =
                msrSwitch == null ? hardware.system.msrs.kernelGsBase : msrSwitch.read(MsrSwitch.KERNEL_GS_BASE);
    }

    // ---- to the hardware ----

    /** Stores what was fetched; returns whether a register that decides what linear addresses mean was changed. */
    boolean store(GuestMode mode) {
        virtual8086 = mode == GuestMode.VIRTUAL_8086;
        identityMapped = nested && !unrestricted && !state.paging();
        if (has(RegisterGroup.PRIVILEGE)) {
            iopl = state.systemFlags & Rflags.IOPL;
            vmcs.write(VmcsField.GUEST_RFLAGS, virtual8086 ? state.rflags() | Rflags.VM | Rflags.IOPL : state.rflags());
            hardware.state.cr2 = state.cr2;
            hardware.state.pkru = state.pkru;
        }
        if (has(RegisterGroup.GENERAL)) {
            storeGeneral();
        }
        for (int n = 0; n < SEGMENTS.length; n++) {
            if (has(RegisterGroup.of(n))) {
                storeSegment(n);
            }
        }
        if (has(RegisterGroup.SYSTEM)) {
            vmcs.write(VmcsField.GUEST_GDTR_BASE, state.gdtrBase);
            vmcs.write(VmcsField.GUEST_GDTR_LIMIT, state.gdtrLimit & 0xffffL);
            vmcs.write(VmcsField.GUEST_IDTR_BASE, state.idtrBase);
            vmcs.write(VmcsField.GUEST_IDTR_LIMIT, state.idtrLimit & 0xffffL);
        }
        if (has(RegisterGroup.MSRS)) {
            storeMsrs();
        }
        return !shadowed && has(RegisterGroup.PAGING) && storePagingRegisters();
    }

    private boolean has(int group) {
        return (available & group) != 0;
    }

    private void storeGeneral() {
        System.arraycopy(state.r, 0, hardware.state.r, 0, 16);
        vmcs.write(VmcsField.GUEST_RSP, state.r[CpuState.RSP]);
        vmcs.write(VmcsField.GUEST_RIP, state.rip);
        int blocking = switch (guest.shadow) {
            case Processor.SHADOW_STI -> BLOCKING_BY_STI;
            case Processor.SHADOW_MOV_SS -> BLOCKING_BY_MOV_SS;
            default -> 0;
        };
        vmcs.write(VmcsField.GUEST_INTERRUPTIBILITY_STATE, blocking | (guest.nmiBlocked ? BLOCKING_BY_NMI : 0));
        int pending = guest.pendingDebug & PENDING;
        vmcs.write(
                VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS,
                (pending & 0xf) != 0 ? pending | ENABLED_BREAKPOINT : pending);
        vmcs.write(VmcsField.GUEST_DR7, state.dr[7]);
        System.arraycopy(state.dr, 0, hardware.state.dr, 0, 7);
        hardware.state.xcr0 = state.xcr0;
        hardware.fpu.set(guest.fpu);
    }

    private void storeSegment(int n) {
        VmcsField[] fields = SEGMENTS[n];
        Segment segment = segmentRegister(n);
        vmcs.write(fields[0], segment.selector);
        if (virtual8086 && n == TR) {
            vmcs.write(VmcsField.GUEST_TR_BASE, RealMode.TSS);
            vmcs.write(VmcsField.GUEST_TR_LIMIT, RealMode.TSS_LIMIT);
            vmcs.write(VmcsField.GUEST_TR_ACCESS_RIGHTS, BUSY_TSS);
            return;
        }
        vmcs.write(fields[1], segment.base);
        vmcs.write(fields[2], segment.limit);
        vmcs.write(fields[3], virtual8086 && n < LDTR ? VIRTUAL_8086_DATA : accessRights(n, segment));
    }

    /**
     * A VM entry is stricter than a processor is with itself: TR is always busy, a usable segment always accessed. SDM 3C
     * "Checks on Guest Segment Registers".
     */
    private static int accessRights(int n, Segment segment) {
        if (n == TR) {
            return (segment.attributes & ~Segment.UNUSABLE) | 2;
        }
        if (n < LDTR && segment.usable()) {
            return segment.attributes | Segment.ACCESSED;
        }
        return segment.attributes;
    }

    /** Agile paging: from now on the hardware's paging registers are the hypervisor's, or the guest's own. */
    void shadowPaging(boolean hypervisors) {
        if (hypervisors) {
            fetch(RegisterGroup.PAGING);
            shadowed = true;
        } else {
            shadowed = false;
            available |= RegisterGroup.PAGING;
            storePagingRegisters();
        }
    }

    private boolean storePagingRegisters() {
        long cr0 = (state.cr0 & ~CR0_HOST) | Cr0.NE | Cr0.ET | (unrestricted ? 0 : Cr0.PG | Cr0.PE);
        long cr4 = state.cr4 | CR4_HOST | (virtual8086 ? Cr4.VME : 0);
        if (identityMapped) {
            cr4 = (cr4 & ~CR4_PAGING) | Cr4.PSE;
        }
        boolean changed = write(VmcsField.GUEST_CR0, cr0)
                | write(VmcsField.GUEST_CR3, identityMapped ? RealMode.identityCr3() : state.cr3)
                | write(VmcsField.GUEST_CR4, cr4)
                | storeEfer(identityMapped ? state.efer & ~Efer.LME : state.efer);
        vmcs.write(VmcsField.CR0_GUEST_HOST_MASK, cr0Mask());
        vmcs.write(VmcsField.CR0_READ_SHADOW, state.cr0);
        vmcs.write(VmcsField.CR4_GUEST_HOST_MASK, identityMapped ? -1L : CR4_HOST);
        vmcs.write(VmcsField.CR4_READ_SHADOW, state.cr4);
        for (int n = 0; n < PDPTES.length; n++) {
            vmcs.write(PDPTES[n], state.pdpte[n]);
        }
        storeIa32eMode(state.longModeActive());
        return changed;
    }

    /** With shadow tables the guest's paging registers are not those it runs with: every change of one exits. */
    void storeShadowPaging(HardwarePaging paging) {
        write(VmcsField.GUEST_CR0, paging.cr0 | Cr0.NE | Cr0.ET | Cr0.PE);
        write(VmcsField.GUEST_CR3, paging.cr3);
        write(VmcsField.GUEST_CR4, paging.cr4 | CR4_HOST | (virtual8086 ? Cr4.VME : 0));
        storeEfer(paging.efer);
        write(VmcsField.CR0_GUEST_HOST_MASK, -1L);
        write(VmcsField.CR0_READ_SHADOW, state.cr0);
        write(VmcsField.CR4_GUEST_HOST_MASK, -1L);
        write(VmcsField.CR4_READ_SHADOW, state.cr4);
        storeIa32eMode((paging.efer & Efer.LMA) != 0);
    }

    private boolean storeEfer(long efer) {
        if (loadsEfer) {
            return write(VmcsField.GUEST_IA32_EFER, efer);
        }
        // Without VPIDs the entry forgets all translations.
        msrSwitch.write(MsrSwitch.EFER, efer);
        return false;
    }

    private void storeIa32eMode(boolean active) {
        long ia32e = EntryControls.IA_32E_MODE_GUEST.mask;
        long entry = vmcs.read(VmcsField.ENTRY_CONTROLS);
        write(VmcsField.ENTRY_CONTROLS, active ? entry | ia32e : entry & ~ia32e);
    }

    private boolean write(VmcsField field, long value) {
        if (vmcs.read(field) == value) {
            return false;
        }
        vmcs.write(field, value);
        return true;
    }

    private void storeMsrs() {
        ModelSpecificRegisters msrs = guest.system.msrs;
        // Real-address mode has no SYSENTER: where it is 0, there is none in virtual-8086 mode either.
        vmcs.write(VmcsField.GUEST_IA32_SYSENTER_CS, virtual8086 ? 0 : msrs.sysenterCs);
        vmcs.write(VmcsField.GUEST_IA32_SYSENTER_ESP, msrs.sysenterEsp);
        vmcs.write(VmcsField.GUEST_IA32_SYSENTER_EIP, msrs.sysenterEip);
        vmcs.write(VmcsField.GUEST_IA32_DEBUGCTL, msrs.debugControl);
        if (loadsPat) {
            vmcs.write(VmcsField.GUEST_IA32_PAT, msrs.pat);
        }
        ModelSpecificRegisters own = hardware.system.msrs;
        own.write(IA32_LSTAR, msrs.lstar);
        own.write(IA32_FMASK, msrs.fmask);
        if (msrSwitch == null) {
            own.write(MsrSwitch.STAR, msrs.star);
            own.write(MsrSwitch.CSTAR, msrs.cstar);
            own.write(MsrSwitch.KERNEL_GS_BASE, msrs.kernelGsBase);
        } else {
            msrSwitch.write(MsrSwitch.STAR, msrs.star);
            msrSwitch.write(MsrSwitch.CSTAR, msrs.cstar);
            msrSwitch.write(MsrSwitch.KERNEL_GS_BASE, msrs.kernelGsBase);
        }
        own.write(IA32_TSC_AUX, msrs.tscAux);
    }

    /** Makes the guest read its own time-stamp counter: {@code ticks} is the guest's time now. */
    void timeStamp(long ticks) {
        long counter = guest.system.msrs.timeStamp() - guest.now() + ticks;
        long offset = counter - hardware.system.msrs.timeStamp();
        if (offset != tscOffset) {
            tscOffset = offset;
            vmcs.write(VmcsField.TSC_OFFSET, offset);
        }
    }
}

package org.thirdmode.kvm.agree;

import org.thirdmode.svm.exec.Svm;
import org.thirdmode.svm.exec.SvmExit;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** The least hypervisor, by SVM: nested paging, next RIP and decode assists. */
final class SvmHypervisor extends Hypervisor {
    private static final int MSR_VM_HSAVE_PA = 0xc001_0117;
    private static final long VMCB = World.HOST + 0x1000;
    private static final long HOST_SAVE = World.HOST + 0x2000;
    private static final long IOPM = World.HOST + 0x3000;
    private static final long MSRPM = World.HOST + 0x6000;
    private static final long NPT = World.HOST + 0x8000;
    private static final long NPT_LAST = NPT + 0x3000;
    private static final int FLUSH_EVERYTHING = 1;

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

    private final Svm svm;
    private final Vmcb vmcb;

    SvmHypervisor(SmallGuest guest) {
        super(CpuProfile.GENERIC_AMD, guest);
        svm = host.svm;
        svm.attach(ignored -> cpu.requestStop());
        svm.clgi();
        cpu.state.systemFlags |= Rflags.IF;
        cpu.system.msrs.write(MSR_VM_HSAVE_PA, HOST_SAVE);
        vmcb = new Vmcb(host.memory).at(VMCB);
        for (long at = IOPM; at < NPT; at += 8) {
            host.memory.write(at, 8, -1L);
        }
        controls();
        nestedPaging();
    }

    private long bits(SmallGuest.Optional what, long mask) {
        return guest.intercepts(what) ? mask : 0;
    }

    private void controls() {
        long control = bits(SmallGuest.Optional.CR3, 1 << 3) | bits(SmallGuest.Optional.CR8, 1 << 8);
        vmcb.set(VmcbField.INTERCEPT_CR_READ, control);
        vmcb.set(VmcbField.INTERCEPT_CR_WRITE, control);
        vmcb.set(VmcbField.INTERCEPT_DR_READ, bits(SmallGuest.Optional.DEBUG_REGISTERS, 0xffff));
        vmcb.set(VmcbField.INTERCEPT_DR_WRITE, bits(SmallGuest.Optional.DEBUG_REGISTERS, 0xffff));
        vmcb.set(VmcbField.INTERCEPT_EXCEPTIONS, guest.exceptions());
        vmcb.set(
                VmcbField.INTERCEPT_MISC1,
                InterceptTable.INTR
                        | InterceptTable.IOIO_PROT
                        | InterceptTable.MSR_PROT
                        | InterceptTable.SHUTDOWN
                        | (1 << 18)
                        | (1 << 22)
                        | bits(SmallGuest.Optional.DESCRIPTOR_TABLES, 0xf << 6)
                        | bits(SmallGuest.Optional.RDTSC, 1 << 14)
                        | bits(SmallGuest.Optional.RDPMC, 1 << 15)
                        | bits(SmallGuest.Optional.PAUSE, 1 << 23)
                        | bits(SmallGuest.Optional.HLT, 1 << 24)
                        | bits(SmallGuest.Optional.INVLPG, 1 << 25));
        vmcb.set(VmcbField.INTERCEPT_MISC2, InterceptTable.VMRUN | bits(SmallGuest.Optional.WBINVD, 1 << 9));
        vmcb.set(VmcbField.IOPM_BASE_PA, IOPM);
        vmcb.set(VmcbField.MSRPM_BASE_PA, MSRPM);
        vmcb.set(VmcbField.INTERRUPT_CONTROL, 1 << 24);
        vmcb.set(VmcbField.GUEST_ASID, 1);
        vmcb.set(VmcbField.G_PAT, 0x0007_0406_0007_0406L);
    }

    private void nestedPaging() {
        host.memory.write(NPT, 8, (NPT + 0x1000) | 7);
        host.memory.write(NPT + 0x1000, 8, (NPT + 0x2000) | 7);
        host.memory.write(NPT + 0x2000, 8, NPT_LAST | 7);
        for (long page = 0; page < World.END; page += 0x1000) {
            if (!World.lazy(page)) {
                map(page);
            }
        }
        vmcb.set(VmcbField.NESTED_CONTROL, 1);
        vmcb.set(VmcbField.N_CR3, NPT);
    }

    @Override
    void map(long page) {
        host.memory.write(NPT_LAST + (page >>> 9), 8, page | 7);
    }

    private Segment segment(int n) {
        return n == 6 ? state.ldtr : n == 7 ? state.tr : state.segments[n];
    }

    @Override
    void enter(int event, int errorCode, int length) {
        for (int n = 0; n < SELECTORS.length; n++) {
            Segment segment = segment(n);
            int attributes = (segment.attributes & 0xff) | ((segment.attributes >>> 4) & 0xf00);
            vmcb.set(SELECTORS[n], segment.selector);
            vmcb.set(SELECTORS[n].next(1), segment.usable() ? attributes : attributes & ~Segment.PRESENT);
            vmcb.set(SELECTORS[n].next(2), segment.limit);
            vmcb.set(SELECTORS[n].next(3), segment.base);
        }
        vmcb.set(VmcbField.CPL, state.cpl);
        vmcb.set(VmcbField.GDTR_BASE, state.gdtrBase);
        vmcb.set(VmcbField.GDTR_LIMIT, state.gdtrLimit);
        vmcb.set(VmcbField.IDTR_BASE, state.idtrBase);
        vmcb.set(VmcbField.IDTR_LIMIT, state.idtrLimit);
        vmcb.set(VmcbField.CR0, state.cr0);
        vmcb.set(VmcbField.CR2, state.cr2);
        vmcb.set(VmcbField.CR3, state.cr3);
        vmcb.set(VmcbField.CR4, state.cr4);
        vmcb.set(VmcbField.EFER, state.efer | Efer.SVME);
        vmcb.set(VmcbField.DR6, state.dr[6]);
        vmcb.set(VmcbField.DR7, state.dr[7]);
        vmcb.set(VmcbField.RFLAGS, state.rflags());
        vmcb.set(VmcbField.RIP, state.rip);
        vmcb.set(VmcbField.RSP, state.r[CpuState.RSP]);
        vmcb.set(VmcbField.RAX, state.r[CpuState.RAX]);
        vmcb.set(VmcbField.INTERRUPT_SHADOW, shadow ? 1 : 0);
        vmcb.set(VmcbField.EVENTINJ, event == 0 ? 0 : injected(event, errorCode, length));
        vmcb.set(VmcbField.TLB_CONTROL, FLUSH_EVERYTHING);
        System.arraycopy(state.r, 0, cpu.state.r, 0, 16);
        System.arraycopy(state.dr, 0, cpu.state.dr, 0, 4);
        svm.vmload(VMCB);
        svm.vmrun(VMCB);
    }

    /** INT3 and INTO are exceptions here, after which RIP goes on at NRIP; for INT1 the hypervisor has to move it. */
    private long injected(int event, int errorCode, int length) {
        int type = EventInformation.type(event);
        int common = type > EventInformation.SOFTWARE_INTERRUPT ? EventInformation.HARDWARE_EXCEPTION : type;
        if (type == EventInformation.PRIVILEGED_SOFTWARE_EXCEPTION) {
            vmcb.set(VmcbField.RIP, state.rip + length);
        } else if (type == EventInformation.SOFTWARE_EXCEPTION) {
            vmcb.set(VmcbField.NRIP, state.rip + length);
        }
        int information =
                EventInformation.of(common, EventInformation.vector(event), EventInformation.hasErrorCode(event));
        return (information & 0xffff_ffffL) | ((long) errorCode << 32);
    }

    @Override
    void fetch() {
        svm.vmsave(VMCB);
        System.arraycopy(cpu.state.r, 0, state.r, 0, 16);
        System.arraycopy(cpu.state.dr, 0, state.dr, 0, 4);
        for (int n = 0; n < SELECTORS.length; n++) {
            int attributes = (int) vmcb.get(SELECTORS[n].next(1));
            int moved = (attributes & 0xff) | ((attributes & 0xf00) << 4);
            segment(n)
                    .set(
                            (int) vmcb.get(SELECTORS[n]),
                            vmcb.get(SELECTORS[n].next(3)),
                            vmcb.get(SELECTORS[n].next(2)),
                            n == Segment.CS || (moved & Segment.PRESENT) != 0 ? moved : moved | Segment.UNUSABLE);
        }
        state.cpl = (int) vmcb.get(VmcbField.CPL);
        state.gdtrBase = vmcb.get(VmcbField.GDTR_BASE);
        state.gdtrLimit = (int) vmcb.get(VmcbField.GDTR_LIMIT);
        state.idtrBase = vmcb.get(VmcbField.IDTR_BASE);
        state.idtrLimit = (int) vmcb.get(VmcbField.IDTR_LIMIT);
        state.cr0 = vmcb.get(VmcbField.CR0);
        state.cr2 = vmcb.get(VmcbField.CR2);
        state.cr3 = vmcb.get(VmcbField.CR3);
        state.cr4 = vmcb.get(VmcbField.CR4);
        state.efer = vmcb.get(VmcbField.EFER);
        state.dr[6] = vmcb.get(VmcbField.DR6);
        state.dr[7] = vmcb.get(VmcbField.DR7);
        state.setRflags(vmcb.get(VmcbField.RFLAGS));
        state.rip = vmcb.get(VmcbField.RIP);
        state.r[CpuState.RSP] = vmcb.get(VmcbField.RSP);
        state.r[CpuState.RAX] = vmcb.get(VmcbField.RAX);
        shadow = (vmcb.get(VmcbField.INTERRUPT_SHADOW) & 1) != 0;
    }

    @Override
    int vectoring() {
        int event = (int) vmcb.get(VmcbField.EXITINTINFO);
        return event >= 0 ? 0 : event;
    }

    @Override
    int vectoringErrorCode() {
        return (int) (vmcb.get(VmcbField.EXITINTINFO) >>> 32);
    }

    /**
     * The processor has written DR6 and DR7 itself; CR2 it leaves to the hypervisor, and RF, which the frame of a fault holds
     * set: VMX's saves it so.
     */
    @Override
    void completeException(Exit exit) {
        if (exit.next() < 0 && exit.number() != Vector.DB) {
            state.systemFlags |= Rflags.RF;
        }
        if (exit.number() == Vector.PF) {
            state.cr2 = exit.value();
        }
    }

    private Exit instruction(Exit.Cause cause) {
        return Exit.instruction(cause, vmcb.get(VmcbField.NRIP));
    }

    private Exit access(Exit.Cause read, Exit.Cause written, boolean write, int number, int general) {
        return new Exit(write ? written : read, number, general, 0, vmcb.get(VmcbField.NRIP));
    }

    @Override
    Exit exit() {
        SvmExit exit = svm.lastExit();
        return switch (exit) {
            case SvmExit.Instruction(int code, String name) -> instruction(cause(code));
            case SvmExit.MsrAccess(boolean write) -> instruction(write ? Exit.Cause.WRMSR : Exit.Cause.RDMSR);
            case SvmExit.InvalidatePage(long linear) ->
                new Exit(Exit.Cause.INVLPG, 0, 0, linear, vmcb.get(VmcbField.NRIP));
            case SvmExit.PortAccess io ->
                new Exit(io.in() ? Exit.Cause.IN : Exit.Cause.OUT, io.port(), io.size(), 0, io.nextRip());
            case SvmExit.ControlRegister(int number, boolean write, boolean move, int general) ->
                access(Exit.Cause.READ_CR, Exit.Cause.WRITE_CR, write, number, general);
            case SvmExit.DebugRegister(int number, boolean write, int general) ->
                access(Exit.Cause.READ_DR, Exit.Cause.WRITE_DR, write, number, general);
            case SvmExit.GuestException(int vector, int errorCode, long address) ->
                new Exit(Exit.Cause.EXCEPTION, vector, errorCode, address, software());
            case SvmExit.NestedPageFault(long guestPhysical, long error) ->
                new Exit(Exit.Cause.SECOND_DIMENSION, 0, (int) (error >>> 1) & 1, guestPhysical, -1);
            case SvmExit.Shutdown() -> Exit.event(Exit.Cause.TRIPLE_FAULT);
            case SvmExit.Invalid() -> Exit.event(Exit.Cause.REFUSED);
            default -> throw new ModelBug("not asked for: " + exit);
        };
    }

    /** INT1, INT3 and INTO tell the next RIP; for exceptions that are none of theirs it is 0. */
    private long software() {
        long next = vmcb.get(VmcbField.NRIP);
        return next == 0 ? -1 : next;
    }

    private static Exit.Cause cause(int code) {
        return switch (code) {
            case 0x66 -> Exit.Cause.SIDT;
            case 0x67 -> Exit.Cause.SGDT;
            case 0x68 -> Exit.Cause.SLDT;
            case 0x69 -> Exit.Cause.STR;
            case 0x6e -> Exit.Cause.RDTSC;
            case 0x6f -> Exit.Cause.RDPMC;
            case 0x72 -> Exit.Cause.CPUID;
            case 0x76 -> Exit.Cause.INVD;
            case 0x77 -> Exit.Cause.PAUSE;
            case 0x78 -> Exit.Cause.HLT;
            case 0x89 -> Exit.Cause.WBINVD;
            default -> throw new ModelBug("not asked for: exit code " + Integer.toHexString(code));
        };
    }
}

package org.thirdmode.kvm.agree;

import org.thirdmode.vmx.capability.CapabilityMsr;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.exec.VmExit;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** The least hypervisor, by VMX: unrestricted guest and EPT. */
final class VmxHypervisor extends Hypervisor {
    private static final long VMXON = World.HOST;
    private static final long VMCS = World.HOST + 0x1000;
    private static final long EPT = World.HOST + 0x8000;
    private static final long EPT_LAST = EPT + 0x3000;

    /** Write-back, may be read, written and executed. */
    private static final long EPT_ENTRY = (6 << 3) | 7;

    private final VmxInstructions vmx;
    private final VmxCapabilities can;
    private boolean launched;

    VmxHypervisor(SmallGuest guest) {
        super(CpuProfile.GENERIC, guest);
        vmx = host.vmx.instructions;
        can = VmxCapabilities.of(CpuProfile.GENERIC);
        host.memory.write(VMXON, 4, Vmcs.REVISION);
        host.memory.write(VMCS, 4, Vmcs.REVISION);
        check(vmx.vmxon(VMXON));
        check(vmx.vmclear(VMCS));
        check(vmx.vmptrld(VMCS));
        controls();
        hostState();
        ept();
    }

    private static void check(int result) {
        if (result != VmxInstructions.SUCCEED) {
            throw new ModelBug("VMfail " + result);
        }
    }

    private void put(VmcsField field, long value) {
        check(vmx.vmwrite(field.encoding, value));
    }

    private long get(VmcsField field) {
        check(vmx.vmread(field.encoding));
        return vmx.read();
    }

    private long adjusted(CapabilityMsr msr, long wanted) {
        long value = can.msr(msr);
        return (wanted | (value & 0xffff_ffffL)) & (value >>> 32);
    }

    private long bit(SmallGuest.Optional what, PrimaryProcessorBased control) {
        return guest.intercepts(what) ? control.mask : 0;
    }

    private void controls() {
        put(
                VmcsField.PIN_BASED_CONTROLS,
                adjusted(CapabilityMsr.IA32_VMX_TRUE_PINBASED_CTLS, PinBased.EXTERNAL_INTERRUPT_EXITING.mask));
        put(
                VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS,
                adjusted(
                        CapabilityMsr.IA32_VMX_TRUE_PROCBASED_CTLS,
                        PrimaryProcessorBased.UNCONDITIONAL_I_O_EXITING.mask
                                | PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS.mask
                                | bit(SmallGuest.Optional.HLT, PrimaryProcessorBased.HLT_EXITING)
                                | bit(SmallGuest.Optional.RDTSC, PrimaryProcessorBased.RDTSC_EXITING)
                                | bit(SmallGuest.Optional.RDPMC, PrimaryProcessorBased.RDPMC_EXITING)
                                | bit(SmallGuest.Optional.INVLPG, PrimaryProcessorBased.INVLPG_EXITING)
                                | bit(SmallGuest.Optional.PAUSE, PrimaryProcessorBased.PAUSE_EXITING)
                                | bit(SmallGuest.Optional.DEBUG_REGISTERS, PrimaryProcessorBased.MOV_DR_EXITING)
                                | bit(SmallGuest.Optional.CR3, PrimaryProcessorBased.CR3_LOAD_EXITING)
                                | bit(SmallGuest.Optional.CR3, PrimaryProcessorBased.CR3_STORE_EXITING)
                                | bit(SmallGuest.Optional.CR8, PrimaryProcessorBased.CR8_LOAD_EXITING)
                                | bit(SmallGuest.Optional.CR8, PrimaryProcessorBased.CR8_STORE_EXITING)));
        long secondary = SecondaryProcessorBased.ENABLE_EPT.mask | SecondaryProcessorBased.UNRESTRICTED_GUEST.mask;
        if (guest.intercepts(SmallGuest.Optional.WBINVD)) {
            secondary |= SecondaryProcessorBased.WBINVD_EXITING.mask;
        }
        if (guest.intercepts(SmallGuest.Optional.DESCRIPTOR_TABLES)) {
            secondary |= SecondaryProcessorBased.DESCRIPTOR_TABLE_EXITING.mask;
        }
        put(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, adjusted(CapabilityMsr.IA32_VMX_PROCBASED_CTLS2, secondary));
        put(
                VmcsField.PRIMARY_EXIT_CONTROLS,
                adjusted(
                        CapabilityMsr.IA32_VMX_TRUE_EXIT_CTLS,
                        ExitControls.SAVE_DEBUG_CONTROLS.mask
                                | ExitControls.HOST_ADDRESS_SPACE_SIZE.mask
                                | ExitControls.SAVE_IA32_EFER.mask
                                | ExitControls.LOAD_IA32_EFER.mask));
        put(VmcsField.EXCEPTION_BITMAP, guest.exceptions() & 0xffff_ffffL);
        put(VmcsField.VMCS_LINK_POINTER, -1L);
        put(VmcsField.CR4_GUEST_HOST_MASK, Cr4.VMXE);
        put(VmcsField.CR4_READ_SHADOW, 0);
    }

    private void hostState() {
        CpuState s = cpu.state;
        put(VmcsField.HOST_CR0, s.cr0);
        put(VmcsField.HOST_CR3, s.cr3);
        put(VmcsField.HOST_CR4, s.cr4);
        put(VmcsField.HOST_IA32_EFER, s.efer);
        for (int n = 0; n < 6; n++) {
            put(VmcsField.byEncoding(VmcsField.HOST_ES_SELECTOR.encoding + (2L * n)), s.segments[n].selector);
        }
        put(VmcsField.HOST_TR_SELECTOR, s.tr.selector);
        put(VmcsField.HOST_TR_BASE, s.tr.base);
        put(VmcsField.HOST_GDTR_BASE, s.gdtrBase);
        put(VmcsField.HOST_IDTR_BASE, s.idtrBase);
    }

    private void ept() {
        host.memory.write(EPT, 8, (EPT + 0x1000) | 7);
        host.memory.write(EPT + 0x1000, 8, (EPT + 0x2000) | 7);
        host.memory.write(EPT + 0x2000, 8, EPT_LAST | 7);
        for (long page = 0; page < World.END; page += 0x1000) {
            if (!World.lazy(page)) {
                map(page);
            }
        }
        put(VmcsField.EPT_POINTER, EPT | 6 | (3 << 3));
    }

    @Override
    void map(long page) {
        host.memory.write(EPT_LAST + (page >>> 9), 8, page | EPT_ENTRY);
    }

    private Segment segment(int n) {
        return n == 6 ? state.ldtr : n == 7 ? state.tr : state.segments[n];
    }

    private static VmcsField field(VmcsField first, int n) {
        return VmcsField.byEncoding(first.encoding + (2L * n));
    }

    @Override
    void enter(int event, int errorCode, int length) {
        for (int n = 0; n < 8; n++) {
            Segment segment = segment(n);
            put(field(VmcsField.GUEST_ES_SELECTOR, n), segment.selector);
            put(field(VmcsField.GUEST_ES_BASE, n), segment.base);
            put(field(VmcsField.GUEST_ES_LIMIT, n), segment.limit);
            put(field(VmcsField.GUEST_ES_ACCESS_RIGHTS, n), segment.attributes & 0x1_f0ffL);
        }
        put(VmcsField.GUEST_GDTR_BASE, state.gdtrBase);
        put(VmcsField.GUEST_GDTR_LIMIT, state.gdtrLimit);
        put(VmcsField.GUEST_IDTR_BASE, state.idtrBase);
        put(VmcsField.GUEST_IDTR_LIMIT, state.idtrLimit);
        put(VmcsField.GUEST_CR0, state.cr0);
        put(VmcsField.GUEST_CR3, state.cr3);
        put(VmcsField.GUEST_CR4, state.cr4 | Cr4.VMXE);
        put(VmcsField.GUEST_IA32_EFER, state.efer);
        put(VmcsField.GUEST_DR7, state.dr[7]);
        put(VmcsField.GUEST_RFLAGS, state.rflags());
        put(VmcsField.GUEST_RIP, state.rip);
        put(VmcsField.GUEST_RSP, state.r[CpuState.RSP]);
        if (!shadow) {
            put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, get(VmcsField.GUEST_INTERRUPTIBILITY_STATE) & ~3L);
        }
        long ia32e = (state.efer & Efer.LMA) != 0 ? EntryControls.IA_32E_MODE_GUEST.mask : 0;
        put(
                VmcsField.ENTRY_CONTROLS,
                adjusted(
                        CapabilityMsr.IA32_VMX_TRUE_ENTRY_CTLS,
                        EntryControls.LOAD_DEBUG_CONTROLS.mask | EntryControls.LOAD_IA32_EFER.mask | ia32e));
        System.arraycopy(state.r, 0, cpu.state.r, 0, 16);
        System.arraycopy(state.dr, 0, cpu.state.dr, 0, 7);
        cpu.state.cr2 = state.cr2;
        if (event != 0) {
            put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, event & 0xffff_ffffL);
            put(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, errorCode & 0xffff_ffffL);
            put(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, length);
        }
        check(launched ? vmx.vmresume() : vmx.vmlaunch());
        launched = true;
    }

    @Override
    void fetch() {
        System.arraycopy(cpu.state.r, 0, state.r, 0, 16);
        System.arraycopy(cpu.state.dr, 0, state.dr, 0, 7);
        state.cr2 = cpu.state.cr2;
        state.r[CpuState.RSP] = get(VmcsField.GUEST_RSP);
        state.rip = get(VmcsField.GUEST_RIP);
        state.setRflags(get(VmcsField.GUEST_RFLAGS));
        for (int n = 0; n < 8; n++) {
            segment(n)
                    .set(
                            (int) get(field(VmcsField.GUEST_ES_SELECTOR, n)),
                            get(field(VmcsField.GUEST_ES_BASE, n)),
                            get(field(VmcsField.GUEST_ES_LIMIT, n)),
                            (int) get(field(VmcsField.GUEST_ES_ACCESS_RIGHTS, n)));
        }
        state.gdtrBase = get(VmcsField.GUEST_GDTR_BASE);
        state.gdtrLimit = (int) get(VmcsField.GUEST_GDTR_LIMIT);
        state.idtrBase = get(VmcsField.GUEST_IDTR_BASE);
        state.idtrLimit = (int) get(VmcsField.GUEST_IDTR_LIMIT);
        state.cr0 = get(VmcsField.GUEST_CR0);
        state.cr3 = get(VmcsField.GUEST_CR3);
        state.cr4 = get(VmcsField.GUEST_CR4);
        state.efer = get(VmcsField.GUEST_IA32_EFER);
        state.dr[7] = get(VmcsField.GUEST_DR7);
        // VMX has no field of its own for it.
        state.cpl = state.segments[Segment.SS].dpl();
        shadow = (get(VmcsField.GUEST_INTERRUPTIBILITY_STATE) & 3) != 0;
    }

    @Override
    int vectoring() {
        int information = (int) get(VmcsField.IDT_VECTORING_INFORMATION);
        if (information >= 0) {
            return 0;
        }
        int type = EventInformation.type(information);
        // In SVM's words INT1, INT3 and INTO are exceptions.
        int common = type > EventInformation.SOFTWARE_INTERRUPT ? EventInformation.HARDWARE_EXCEPTION : type;
        return EventInformation.of(
                common, EventInformation.vector(information), EventInformation.hasErrorCode(information));
    }

    @Override
    int vectoringErrorCode() {
        return (int) get(VmcsField.IDT_VECTORING_ERROR_CODE);
    }

    /** The processor tells in the exit qualification what SVM's has written: DR6, and CR2 in both. */
    @Override
    void completeException(Exit exit) {
        if (exit.number() == Vector.PF) {
            state.cr2 = exit.value();
        } else if (exit.number() == Vector.DB) {
            state.dr[6] = (state.dr[6] & ~0xfL) | get(VmcsField.EXIT_QUALIFICATION);
            state.dr[7] &= ~DebugRegisters.GD;
        }
    }

    private Exit instruction(Exit.Cause cause, int length) {
        return Exit.instruction(cause, next(length));
    }

    private long next(int length) {
        return get(VmcsField.GUEST_RIP) + length;
    }

    @Override
    Exit exit() {
        VmExit exit = host.vmx.exit();
        return switch (exit) {
            case VmExit.Hlt(int length) -> instruction(Exit.Cause.HLT, length);
            case VmExit.Cpuid(int length) -> instruction(Exit.Cause.CPUID, length);
            case VmExit.Rdtsc(int length) -> instruction(Exit.Cause.RDTSC, length);
            case VmExit.Rdpmc(int length) -> instruction(Exit.Cause.RDPMC, length);
            case VmExit.Rdmsr(int length) -> instruction(Exit.Cause.RDMSR, length);
            case VmExit.Wrmsr(int length) -> instruction(Exit.Cause.WRMSR, length);
            case VmExit.Invd(int length) -> instruction(Exit.Cause.INVD, length);
            case VmExit.Wbinvd(int length) -> instruction(Exit.Cause.WBINVD, length);
            case VmExit.Pause(int length) -> instruction(Exit.Cause.PAUSE, length);
            case VmExit.Invlpg(long linear, int length) -> new Exit(Exit.Cause.INVLPG, 0, 0, linear, next(length));
            case VmExit.IoInstruction io ->
                new Exit(io.in() ? Exit.Cause.IN : Exit.Cause.OUT, io.port(), io.size(), 0, next(io.length()));
            case VmExit.ControlRegisterAccess(int register, int type, int general, int source, int length) ->
                new Exit(type == 0 ? Exit.Cause.WRITE_CR : Exit.Cause.READ_CR, register, general, 0, next(length));
            case VmExit.MovDr(int register, boolean from, int general, int length) ->
                new Exit(from ? Exit.Cause.READ_DR : Exit.Cause.WRITE_DR, register, general, 0, next(length));
            case VmExit.AccessToDescriptorTable(ExitReason reason, long displacement, int information, int length) ->
                instruction(table(reason, information), length);
            case VmExit.ExceptionOrNmi(int information, int errorCode, long qualification, int length) ->
                exception(information, errorCode, qualification, length);
            case VmExit.EptViolation(long qualification, long guestPhysical, long linear) ->
                new Exit(Exit.Cause.SECOND_DIMENSION, 0, (int) (qualification >>> 1) & 1, guestPhysical, -1);
            case VmExit.TripleFault() -> Exit.event(Exit.Cause.TRIPLE_FAULT);
            case VmExit.EntryFailureGuestState ignored -> Exit.event(Exit.Cause.REFUSED);
            default -> throw new ModelBug("not asked for: " + exit);
        };
    }

    private static Exit.Cause table(ExitReason reason, int information) {
        boolean second = ((information >>> 28) & 1) != 0;
        return reason == ExitReason.ACCESS_TO_GDTR_OR_IDTR
                ? second ? Exit.Cause.SIDT : Exit.Cause.SGDT
                : second ? Exit.Cause.STR : Exit.Cause.SLDT;
    }

    private Exit exception(int information, int errorCode, long qualification, int length) {
        int vector = EventInformation.vector(information);
        return new Exit(
                Exit.Cause.EXCEPTION,
                vector,
                EventInformation.hasErrorCode(information) ? errorCode : 0,
                vector == Vector.PF ? qualification : 0,
                EventInformation.bySoftware(information) ? next(length) : -1);
    }
}

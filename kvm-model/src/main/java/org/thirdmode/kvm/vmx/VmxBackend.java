package org.thirdmode.kvm.vmx;

import org.thirdmode.kvm.Backend;
import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.kvm.HardwareTables;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.KvmExit;
import org.thirdmode.kvm.PendingEvent;
import org.thirdmode.kvm.Vcpu;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.vmx.exec.VmExit;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.InstructionError;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** A virtual CPU in a VMCS. */
public final class VmxBackend implements Backend {
    private static final long BLOCKING_BY_STI_OR_MOV_SS = 3;
    private static final long BLOCKING_BY_NMI = 1 << 3;

    // Exit qualification of an EPT violation. SDM 3C "Exit Qualification for EPT Violations".
    private static final long DATA_WRITE = 1 << 1;
    private static final long INSTRUCTION_FETCH = 1 << 2;

    private static final long VPID = 1;
    private static final int SINGLE_CONTEXT = 1;

    private final HostMachine host;
    private final Processor cpu;
    private final VmxInstructions vmx;
    private final VmcsFields vmcs;
    private final GuestRegisters registers;
    private final long region;
    private final long bitmaps;
    private final boolean nested;
    private final boolean unrestricted;
    private final Processor guest;
    private final PendingEvent event;
    private final Ept ept;
    private final ExitLedger ledger = new ExitLedger(ExitReason.values().length, n -> ExitReason.values()[n].title);
    private GuestMmu mmu;
    private long eptPointer;
    private boolean launched;

    /** The guest processor holds the registers, and whether it has changed them. */
    private boolean fetched = true;

    private boolean changed = true;

    /** When the guest was entered last, and whether with an event. */
    private long entryTick;

    private boolean entryInjected;
    private long primary;

    /** A VMCS for a guest whose registers are {@code guest}'s; with {@code nested} paging its tables are the processor's business. */
    public VmxBackend(HostMachine host, Processor guest, PendingEvent event, boolean nested) {
        this.host = host;
        this.nested = nested;
        this.guest = guest;
        this.event = event;
        cpu = host.cpu;
        vmx = host.vmx.instructions;
        vmcs = new VmcsFields(vmx, ledger);
        host.use(page -> {
            host.memory.write(page, 4, Vmcs.REVISION);
            vmcs.check(vmx.vmxon(page), "VMXON");
        });
        region = host.allocate(false);
        host.memory.write(region, 4, Vmcs.REVISION);
        vmcs.check(vmx.vmclear(region), "VMCLEAR");
        vmcs.check(vmx.vmptrld(region), "VMPTRLD");
        VmcsSetup setup = new VmcsSetup(host, vmcs, nested);
        bitmaps = host.allocate(false);
        setup.write(bitmaps);
        primary = setup.primary();
        unrestricted = setup.unrestricted();
        ept = nested ? new Ept(host, vmcs, setup.secondary()) : null;
        registers = new GuestRegisters(host, guest, vmcs, nested);
    }

    @Override
    public void mmu(GuestMmu guestMmu) {
        mmu = guestMmu;
        control(PrimaryProcessorBased.INVLPG_EXITING, !nested && mmu.interceptsInvlpg());
    }

    @Override
    public TdpHardware secondDimension() {
        return nested ? ept.hardware() : null;
    }

    // ---- registers ----

    @Override
    public void fetchRegisters() {
        if (!fetched) {
            registers.fetch();
            fetched = true;
        }
    }

    @Override
    public void registersChanged() {
        changed = true;
    }

    @Override
    public boolean canRun() {
        if (unrestricted) {
            return true;
        }
        if (nested) {
            fetchRegisters();
        }
        return guest.state.protectedMode();
    }

    // ---- events ----

    @Override
    public boolean interruptAllowed() {
        store();
        return (vmcs.read(VmcsField.GUEST_RFLAGS) & Rflags.IF) != 0
                && (vmcs.read(VmcsField.GUEST_INTERRUPTIBILITY_STATE) & BLOCKING_BY_STI_OR_MOV_SS) == 0;
    }

    @Override
    public boolean nmiAllowed() {
        store();
        return (vmcs.read(VmcsField.GUEST_INTERRUPTIBILITY_STATE) & (BLOCKING_BY_STI_OR_MOV_SS | BLOCKING_BY_NMI)) == 0;
    }

    @Override
    public void requestInterruptWindow(boolean wanted) {
        control(PrimaryProcessorBased.INTERRUPT_WINDOW_EXITING, wanted);
    }

    @Override
    public void requestNmiWindow(boolean wanted) {
        control(PrimaryProcessorBased.NMI_WINDOW_EXITING, wanted);
    }

    private void control(PrimaryProcessorBased bit, boolean wanted) {
        long controls = wanted ? primary | bit.mask : primary & ~bit.mask;
        if (controls != primary) {
            primary = controls;
            vmcs.write(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, primary);
        }
    }

    // ---- translations ----

    @Override
    public void flush() {
        if (nested && eptPointer != 0) {
            vmx.invept(SINGLE_CONTEXT, eptPointer);
        } else {
            vmx.invvpid(SINGLE_CONTEXT, VPID, 0);
        }
    }

    @Override
    public void flushPage(long linear) {
        vmx.invvpid(0, VPID, linear);
    }

    // ---- running ----

    /** The guest processor's registers go to the VMCS if they were changed. */
    private void store() {
        if (changed) {
            if (registers.store() && nested) {
                // What was changed decides what linear addresses mean.
                vmx.invvpid(SINGLE_CONTEXT, VPID, 0);
            }
            changed = false;
        }
    }

    @Override
    public KvmExit.FailEntry enter(long ticks) {
        store();
        HardwarePaging paging = mmu.load();
        if (nested) {
            long pointer = ept.pointer(paging.cr3);
            if (pointer != eptPointer) {
                eptPointer = pointer;
                vmcs.write(VmcsField.EPT_POINTER, pointer);
            }
        } else {
            registers.storeShadowPaging(paging);
        }
        if (event.exists()) {
            vmcs.write(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, event.information() & 0xffff_ffffL);
            vmcs.write(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, event.errorCode() & 0xffff_ffffL);
            vmcs.write(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, event.instructionLength());
        }
        entryInjected = event.exists();
        entryTick = cpu.now();
        registers.timeStamp(ticks);
        int result = launched ? vmx.vmresume() : vmx.vmlaunch();
        if (result != VmxInstructions.SUCCEED) {
            InstructionError error = InstructionError.of(result);
            return new KvmExit.FailEntry(result, error == null ? "VMfailInvalid" : error.title);
        }
        fetched = false;
        event.clear();
        while (cpu.guestMode) {
            cpu.run(Long.MAX_VALUE);
        }
        return null;
    }

    @Override
    public KvmExit handleExit(Vcpu vcpu) {
        int reasonField = (int) vmcs.read(VmcsField.EXIT_REASON);
        // An entry that failed leaves the launch state of the VMCS as it was; bit 31 tells of it.
        launched |= reasonField >= 0;
        int number = reasonField & 0xffff;
        ExitReason reason = ExitReason.of(number);
        if (reason != null) {
            ledger.exit(reason.ordinal());
        }
        injectAgain(vcpu);
        VmExit exit = host.vmx.exit();
        ledger.read(fieldsOf(exit));
        return switch (exit) {
            case VmExit.EptViolation violation -> vcpu.pageFault(violation.guestPhysical(), errorCode(violation));
            case VmExit.PageModificationLogFull ignored -> vcpu.modificationLogFull();
            case VmExit.ExternalInterrupt ignored -> vcpu.hostInterrupt();
            case VmExit.InterruptWindow ignored -> vcpu.interruptWindow();
            case VmExit.NmiWindow ignored -> null;
            case VmExit.TripleFault ignored -> new KvmExit.Shutdown();
            case VmExit.EntryFailureGuestState(int qualification) ->
                unrestricted
                        ? new KvmExit.FailEntry(number, "invalid guest state, qualification " + qualification)
                        : vcpu.emulateInvalidState();
            case VmExit.EntryFailureMsrLoading(int entry) ->
                new KvmExit.FailEntry(number, "MSR loading, entry " + entry);
            case VmExit.ExceptionOrNmi e ->
                EventInformation.vector(e.information()) == Vector.PF
                        ? pageFault(vcpu, e.qualification(), e.errorCode())
                        : unknown(e);
            case VmExit.TaskSwitch ignored -> vcpu.switchTask();
            // Instructions that the hypervisor executes in the guest's place.
            case VmExit.Cpuid ignored -> vcpu.emulate();
            case VmExit.Hlt ignored -> vcpu.emulate();
            case VmExit.Invd ignored -> vcpu.emulate();
            case VmExit.Invlpg(long linear, int length) -> vcpu.invlpg(linear);
            case VmExit.Rdpmc ignored -> vcpu.emulate();
            case VmExit.Rdtsc ignored -> vcpu.emulate();
            case VmExit.Rdtscp ignored -> vcpu.emulate();
            case VmExit.ControlRegisterAccess access ->
                access.register() == 3 && access.type() == 0 ? vcpu.loadCr3() : vcpu.emulate();
            case VmExit.MovDr ignored -> vcpu.emulate();
            case VmExit.IoInstruction io -> io.rep() ? vcpu.repeatedIo() : vcpu.emulate();
            case VmExit.Rdmsr ignored -> vcpu.emulate();
            case VmExit.Wrmsr ignored -> vcpu.emulate();
            case VmExit.Mwait ignored -> vcpu.emulate();
            case VmExit.Monitor ignored -> vcpu.emulate();
            case VmExit.Pause ignored -> vcpu.emulate();
            case VmExit.Wbinvd ignored -> vcpu.emulate();
            case VmExit.Xsetbv ignored -> vcpu.emulate();
            case VmExit.RandomNumber ignored -> vcpu.emulate();
            case VmExit.Invpcid ignored -> vcpu.invpcid();
            case VmExit.SupervisorState ignored -> vcpu.emulate();
            case VmExit.AccessToDescriptorTable ignored -> vcpu.emulate();
            // The guest's processor has no VMX: #UD.
            case VmExit.VmxInstruction ignored -> vcpu.emulate();
            case VmExit.VmxInstructionWithOperands ignored -> vcpu.emulate();
            // Not asked for, or not yet handled.
            case VmExit.InitSignal e -> unknown(e);
            case VmExit.StartupIpi e -> unknown(e);
            case VmExit.MonitorTrapFlag e -> unknown(e);
            case VmExit.TprBelowThreshold e -> unknown(e);
            case VmExit.ApicAccess e -> unknown(e);
            case VmExit.ApicWrite e -> unknown(e);
            case VmExit.VirtualizedEoi e -> unknown(e);
            case VmExit.EptMisconfiguration e -> unknown(e);
            case VmExit.PreemptionTimerExpired e -> unknown(e);
            case VmExit.Other e -> unknown(e);
        };
    }

    /** How many fields of the VMCS tell what is looked at of an exit below. */
    private static int fieldsOf(VmExit exit) {
        return switch (exit) {
            // The interruption information, the error code and the qualification.
            case VmExit.ExceptionOrNmi ignored -> 3;
            // The qualification and the guest-physical address.
            case VmExit.EptViolation ignored -> 2;
            case VmExit.ControlRegisterAccess ignored -> 1;
            case VmExit.Invlpg ignored -> 1;
            default -> 0;
        };
    }

    private static KvmExit unknown(VmExit exit) {
        return new KvmExit.Unknown(exit.toString());
    }

    /** The violation as a page-fault error code. */
    private static int errorCode(VmExit.EptViolation violation) {
        long qualification = violation.qualification();
        return ((qualification & DATA_WRITE) != 0 ? Access.WRITE : 0)
                | ((qualification & INSTRUCTION_FETCH) != 0 ? Access.FETCH : 0);
    }

    /** With shadow tables the MMU looks at the guest's privilege and flags. */
    private KvmExit pageFault(Vcpu vcpu, long linear, int errorCode) {
        fetchRegisters();
        return vcpu.pageFault(linear, errorCode);
    }

    /** An event that the exit interrupted on its way to the guest's handler is injected by the next entry. */
    private void injectAgain(Vcpu vcpu) {
        int information = (int) vmcs.read(VmcsField.IDT_VECTORING_INFORMATION);
        if (information < 0) {
            boolean ours = entryInjected && cpu.now() == entryTick;
            vcpu.injectAgain(
                    information,
                    (int) vmcs.read(VmcsField.IDT_VECTORING_ERROR_CODE),
                    (int) vmcs.read(VmcsField.VM_EXIT_INSTRUCTION_LENGTH),
                    !ours);
        }
    }

    @Override
    public HardwareTables hardwareTables() {
        HardwarePaging paging = mmu.load();
        return nested
                ? ept.tables(paging.cr3)
                : new HardwareTables.Shadow(paging.cr0, paging.cr3, paging.cr4, paging.efer);
    }

    @Override
    public ExitLedger ledger() {
        return ledger;
    }

    @Override
    public void destroy() {
        if (nested) {
            ept.destroy();
        }
        vmx.vmclear(region);
        host.free(region);
        host.free(bitmaps);
        host.leave(vmx::vmxoff);
    }
}

package org.thirdmode.kvm.vmx;

import java.util.List;
import java.util.Map;
import org.thirdmode.kvm.Backend;
import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.kvm.GuestExecution;
import org.thirdmode.kvm.HardwareTables;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.HostProcessor;
import org.thirdmode.kvm.KvmExit;
import org.thirdmode.kvm.PendingEvent;
import org.thirdmode.kvm.PrivateRegion;
import org.thirdmode.kvm.RegisterGroup;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.shadow.TlbControl;
import org.thirdmode.vmx.exec.VmExit;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.InstructionError;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.system.DebugRegisters;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** A virtual CPU in a VMCS. */
public final class VmxBackend implements Backend {
    private static final long BLOCKING_BY_STI_OR_MOV_SS = 3;
    private static final long BLOCKING_BY_NMI = 1 << 3;

    // Exit qualification of an EPT violation. SDM 3C "Exit Qualification for EPT Violations".
    private static final long DATA_WRITE = 1 << 1;
    private static final long INSTRUCTION_FETCH = 1 << 2;
    private static final long LINEAR_VALID = 1 << 7;
    private static final long FINAL_ACCESS = 1 << 8;
    private static final long PAGE_FAULTS = 1L << Vector.PF;

    /** B3 to B0, BS. */
    private static final int DEBUG_TRAPS = 0xf | DebugRegisters.BS;

    private static final long ALL_EXCEPTIONS = 0xffff_ffffL;
    private static final long VPID = 1;
    private static final int SINGLE_CONTEXT = 1;

    private final HostMachine host;
    private Processor cpu;
    private Vmx extension;
    private VmxInstructions vmx;
    private final VmcsFields vmcs;
    private final GuestRegisters registers;
    private final long region;
    private final long bitmaps;
    private final boolean nested;

    /** The processor is the hypothetical one with agile paging. */
    private final boolean agile;

    /** The hardware's paging registers are the hypervisor's: the guest's tables are shadowed, all or some. */
    private boolean shadowed;

    private final boolean unrestricted;
    private final Processor guest;
    private final PendingEvent event;
    private final Ept ept;
    private final ExitLedger ledger = new ExitLedger(ExitReason.values().length, n -> ExitReason.values()[n].title);
    private final boolean virtualNmis;
    private final boolean vpid;
    private final boolean cr3AlwaysExits;

    /** The exceptions that exit outside virtual-8086 mode. */
    private final long exceptions;

    /** Null where VM entries and exits switch IA32_EFER by themselves. */
    private final MsrSwitch msrSwitch;

    /** Null where the processor has unrestricted guest. */
    private final RealMode realMode;

    private GuestMmu mmu;
    private long eptPointer;
    private boolean launched;
    private long exceptionBitmap;

    /** How the guest is run; to be found out again where its registers were changed. */
    private GuestMode mode = GuestMode.AS_IT_IS;

    private boolean modeKnown;

    /** Registers that the guest processor holds are not those in the hardware. */
    private boolean changed = true;

    /** When the guest was entered last, and whether with an event. */
    private long entryTick;

    private boolean entryInjected;
    private long primary;
    private long clears;

    /**
     * A VMCS for a guest whose registers are {@code guest}'s.
     *
     * @param nested its tables are the processor's business
     * @param agile with {@code nested}: or the hypervisor's, as these tables say
     */
    public VmxBackend(HostMachine host, Processor guest, PendingEvent event, boolean nested, boolean agile) {
        this.host = host;
        this.nested = nested;
        this.agile = agile;
        shadowed = !nested;
        this.guest = guest;
        this.event = event;
        cpu = host.cpu;
        extension = host.vmx;
        vmx = extension.instructions;
        vmcs = new VmcsFields(vmx, ledger, !host.is64Bit());
        host.use((processor, page) -> {
            host.memory.write(page, 4, Vmcs.REVISION);
            vmcs.check(processor.vmx.instructions.vmxon(page), "VMXON");
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
        virtualNmis = setup.virtualNmis();
        vpid = setup.vpid();
        cr3AlwaysExits = nested && PrimaryProcessorBased.CR3_LOAD_EXITING.in(setup.primary());
        exceptions = setup.exceptions();
        exceptionBitmap = exceptions;
        ept = nested ? new Ept(host, vmcs, setup.secondary()) : null;
        msrSwitch = setup.loadsEfer() ? null : new MsrSwitch(host, vmcs);
        realMode = unrestricted ? null : new RealMode(host);
        registers = new GuestRegisters(host, guest, vmcs, nested, agile, setup, msrSwitch);
    }

    @Override
    public List<PrivateRegion> privateRegions() {
        return realMode == null ? List.of() : List.of(realMode.region());
    }

    @Override
    public void mmu(GuestMmu guestMmu) {
        mmu = guestMmu;
        interceptInvalidations();
    }

    /**
     * INVPCID exits where INVLPG does. With shadow tables the processor runs without PCIDs, and would refuse those that a guest
     * with CR4.PCIDE names.
     */
    private void interceptInvalidations() {
        boolean wanted = shadowed && (mmu.interceptsInvlpg() || (guest.state.cr4 & Cr4.PCIDE) != 0);
        control(PrimaryProcessorBased.INVLPG_EXITING, wanted);
    }

    @Override
    public TdpHardware secondDimension() {
        return nested ? ept.hardware() : null;
    }

    @Override
    public void load(HostProcessor processor) {
        fetchRegisters();
        // On the processor that it leaves: the VMCS goes to memory.
        vmcs.check(vmx.vmclear(region), "VMCLEAR");
        clears++;
        launched = false;
        cpu = processor.cpu;
        extension = processor.vmx;
        vmx = extension.instructions;
        vmcs.processor(vmx);
        registers.processor(cpu);
        vmcs.check(vmx.vmptrld(region), "VMPTRLD");
        vmcs.write(VmcsField.HOST_TR_BASE, cpu.state.tr.base);
        vmcs.write(VmcsField.HOST_GDTR_BASE, cpu.state.gdtrBase);
        registersChanged();
        // What this processor knows of an earlier stay may be out of date.
        flush();
        flushLinear();
    }

    // ---- registers ----

    @Override
    public void fetchRegisters(int groups) {
        registers.fetch(groups);
    }

    @Override
    public void registersChanged() {
        changed = true;
        // An instruction that needs few registers changes none of those that decide.
        modeKnown &= !registers.complete();
    }

    /** How the guest is to be run. What it changes by itself, while it runs, does not change that. */
    private GuestMode mode() {
        if (!modeKnown) {
            mode = unrestricted ? GuestMode.AS_IT_IS : GuestMode.of(guest.state);
            modeKnown = true;
        }
        return mode;
    }

    @Override
    public boolean canRun() {
        // Without virtual NMIs the processor does not tell of the IRET that ends the blocking.
        return mode() != GuestMode.EMULATED && (virtualNmis || !guest.nmiBlocked);
    }

    @Override
    public boolean canInject() {
        return mode() != GuestMode.VIRTUAL_8086;
    }

    @Override
    public boolean canInjectNmi() {
        return virtualNmis;
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
        if (virtualNmis) {
            control(PrimaryProcessorBased.NMI_WINDOW_EXITING, wanted);
        }
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
            flushLinear();
        }
    }

    @Override
    public TlbControl linear() {
        return new TlbControl() {
            @Override
            public void flush() {
                flushLinear();
            }

            @Override
            public void flushPage(long linear) {
                VmxBackend.this.flushPage(linear);
            }
        };
    }

    /** Without VPIDs the next entry does it. */
    private void flushLinear() {
        if (vpid) {
            vmx.invvpid(SINGLE_CONTEXT, VPID, 0);
        }
    }

    @Override
    public void flushPage(long linear) {
        if (vpid) {
            vmx.invvpid(0, VPID, linear);
        }
    }

    // ---- running ----

    /** The guest processor's registers go to the VMCS if they were changed. */
    private void store() {
        if (changed) {
            if (registers.store(mode()) && nested) {
                // What was changed decides what linear addresses mean.
                flushLinear();
            }
            changed = false;
        }
    }

    @Override
    public KvmExit.FailEntry enter(long ticks) {
        if (agile) {
            chooseRegisters(!mmu.load().guestsOwn);
        }
        store();
        exceptionBitmap(registers.virtual8086() ? ALL_EXCEPTIONS : exceptions | (shadowed ? PAGE_FAULTS : 0));
        HardwarePaging paging = mmu.load();
        if (nested) {
            boolean exits = registers.identityMapped() || cr3AlwaysExits || shadowed;
            control(PrimaryProcessorBased.CR3_LOAD_EXITING, exits);
            control(PrimaryProcessorBased.CR3_STORE_EXITING, exits);
            long pointer = ept.pointer(agile ? paging.secondDimension : paging.cr3);
            if (pointer != eptPointer) {
                eptPointer = pointer;
                vmcs.write(VmcsField.EPT_POINTER, pointer);
            }
        }
        if (shadowed) {
            registers.storeShadowPaging(paging);
        }
        if (shadowed || agile) {
            interceptInvalidations();
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
        registers.left();
        while (cpu.guestMode) {
            cpu.run(Long.MAX_VALUE);
        }
        return null;
    }

    /** Agile paging: whose paging registers the guest runs with from now on. */
    private void chooseRegisters(boolean hypervisors) {
        if (hypervisors != shadowed) {
            shadowed = hypervisors;
            registers.shadowPaging(shadowed);
            flushLinear();
        }
    }

    private void exceptionBitmap(long wanted) {
        if (exceptionBitmap != wanted) {
            exceptionBitmap = wanted;
            vmcs.write(VmcsField.EXCEPTION_BITMAP, wanted);
        }
    }

    @Override
    public KvmExit handleExit(GuestExecution execution) {
        vmcs.exited();
        int reasonField = (int) vmcs.read(VmcsField.EXIT_REASON);
        // Bit 31: an entry that failed. The launch state of the VMCS is as it was, and the event is still to come.
        boolean entered = reasonField >= 0;
        launched |= entered;
        int number = reasonField & 0xffff;
        ExitReason reason = ExitReason.of(number);
        if (reason != null) {
            ledger.exit(reason.ordinal());
        }
        if (entered) {
            event.clear();
            injectAgain(execution);
        } else {
            vmcs.write(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
        }
        VmExit exit = extension.exit();
        ledger.read(fieldsOf(exit));
        return switch (exit) {
            case VmExit.EptViolation violation ->
                execution.guestPhysicalFault(violation.guestPhysical(), errorCode(violation), ofTable(violation));
            case VmExit.PageModificationLogFull ignored -> execution.modificationLogFull();
            case VmExit.ExternalInterrupt ignored -> execution.hostInterrupt();
            case VmExit.InterruptWindow ignored -> execution.interruptWindow();
            case VmExit.NmiWindow ignored -> null;
            case VmExit.TripleFault ignored -> new KvmExit.Shutdown();
            case VmExit.EntryFailureGuestState(int qualification) ->
                unrestricted
                        ? new KvmExit.FailEntry(number, "invalid guest state, qualification " + qualification)
                        : execution.emulateInvalidState();
            case VmExit.EntryFailureMsrLoading(int entry) ->
                new KvmExit.FailEntry(number, "MSR loading, entry " + entry);
            case VmExit.ExceptionOrNmi e -> exception(execution, e);
            case VmExit.TaskSwitch ignored -> execution.switchTask();
            // Instructions that the hypervisor executes in the guest's place.
            case VmExit.Cpuid ignored -> execution.emulate();
            case VmExit.Hlt ignored -> execution.emulate();
            case VmExit.Invd ignored -> execution.emulate();
            case VmExit.Invlpg(long linear, int length) -> execution.invlpg(linear);
            case VmExit.Rdpmc ignored -> execution.emulate();
            case VmExit.Rdtsc ignored -> execution.emulate();
            case VmExit.Rdtscp ignored -> execution.emulate();
            case VmExit.ControlRegisterAccess access ->
                access.register() == 3 && access.type() == 0 ? execution.loadCr3() : execution.emulate();
            case VmExit.MovDr ignored -> execution.emulate();
            case VmExit.IoInstruction io -> io.rep() ? execution.repeatedIo() : execution.emulate();
            case VmExit.Rdmsr ignored -> execution.emulate();
            case VmExit.Wrmsr ignored -> execution.emulate();
            case VmExit.Mwait ignored -> execution.emulate();
            case VmExit.Monitor ignored -> execution.emulate();
            case VmExit.Pause ignored -> execution.emulate();
            case VmExit.Wbinvd ignored -> execution.emulate();
            case VmExit.Xsetbv ignored -> execution.emulate();
            case VmExit.RandomNumber ignored -> execution.emulate();
            case VmExit.Invpcid ignored -> execution.invpcid();
            case VmExit.SupervisorState ignored -> execution.emulate();
            case VmExit.AccessToDescriptorTable ignored -> execution.emulate();
            // The guest's processor has no VMX: #UD.
            case VmExit.VmxInstruction ignored -> execution.emulate();
            case VmExit.VmxInstructionWithOperands ignored -> execution.emulate();
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

    private KvmExit exception(GuestExecution execution, VmExit.ExceptionOrNmi e) {
        int vector = EventInformation.vector(e.information());
        if (vector == Vector.PF && shadowed) {
            return pageFault(execution, e.qualification(), e.errorCode());
        }
        return registers.virtual8086() ? realModeException(execution, vector, (int) e.qualification()) : unknown(e);
    }

    /**
     * An instruction of real-address mode that virtual-8086 mode refuses, or that faults there too: the emulator knows. KVM:
     * {@code handle_rmode_exception}.
     */
    private KvmExit realModeException(GuestExecution execution, int vector, int qualification) {
        fetchRegisters();
        long linear = guest.state.segmentBase[Segment.CS] + guest.state.rip;
        int faults = DebugRegisters.BD | guest.system.debug.instructionHits(linear);
        return vector == Vector.DB && (qualification & faults) == 0
                ? execution.debugTrap(qualification & DEBUG_TRAPS)
                : execution.emulate();
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

    /** Whether it was met at one of the guest's tables, in the course of a walk. */
    private static boolean ofTable(VmExit.EptViolation violation) {
        return (violation.qualification() & (LINEAR_VALID | FINAL_ACCESS)) == LINEAR_VALID;
    }

    /** With shadow tables the MMU looks at the guest's privilege and flags. */
    private KvmExit pageFault(GuestExecution execution, long linear, int errorCode) {
        fetchRegisters(RegisterGroup.PRIVILEGE);
        return execution.pageFault(linear, errorCode);
    }

    /** An event that the exit interrupted on its way to the guest's handler is injected by the next entry. */
    private void injectAgain(GuestExecution execution) {
        int information = (int) vmcs.read(VmcsField.IDT_VECTORING_INFORMATION);
        // In virtual-8086 mode it can only be INT n, and RIP is still at it.
        if (information < 0 && !registers.virtual8086()) {
            boolean ours = entryInjected && cpu.now() == entryTick;
            execution.injectAgain(
                    information,
                    (int) vmcs.read(VmcsField.IDT_VECTORING_ERROR_CODE),
                    (int) vmcs.read(VmcsField.VM_EXIT_INSTRUCTION_LENGTH),
                    !ours);
        }
    }

    @Override
    public boolean fpuActive() {
        return (vmcs.read(VmcsField.GUEST_CR0) & Cr0.TS) == 0;
    }

    @Override
    public Map<String, Long> loads() {
        return Map.of("VMCLEARs on the processor left", clears);
    }

    @Override
    public HardwareTables hardwareTables() {
        HardwarePaging paging = mmu.load();
        return nested
                ? ept.tables(paging.cr3)
                : new HardwareTables.Shadow(paging.cr0, paging.cr3, paging.cr4, paging.efer);
    }

    @Override
    public boolean tagsTranslations() {
        return vpid;
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
        if (msrSwitch != null) {
            msrSwitch.destroy();
        }
        if (realMode != null) {
            realMode.destroy();
        }
        host.leave(processor -> processor.vmx.instructions.vmxoff());
    }
}

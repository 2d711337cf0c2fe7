package org.thirdmode.kvm.svm;

import java.util.Map;
import org.thirdmode.kvm.Backend;
import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.kvm.GuestExecution;
import org.thirdmode.kvm.HardwareTables;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.HostProcessor;
import org.thirdmode.kvm.KvmExit;
import org.thirdmode.kvm.PendingEvent;
import org.thirdmode.kvm.RegisterGroup;
import org.thirdmode.kvm.mmu.ModificationLog;
import org.thirdmode.kvm.mmu.TdpFormat;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.HardwarePaging;
import org.thirdmode.svm.SvmFeature;
import org.thirdmode.svm.check.VmrunCheck;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.svm.exec.SvmExit;
import org.thirdmode.svm.intercept.ExitTable;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** A virtual CPU in a VMCB. */
public final class SvmBackend implements Backend {
    private static final int MSR_VM_HSAVE_PA = 0xc001_0117;

    /** TLB_CONTROL. */
    private static final int FLUSH_EVERYTHING = 1;

    private static final int FLUSH_ASID = 3;

    /** INTERRUPT_CONTROL: V_IRQ of the highest priority, whatever V_TPR. */
    private static final long WINDOW = (1 << 8) | (0xf << 16) | (1 << 20);

    // Intercepts of INTERCEPT_MISC1 that come and go.
    private static final long IRET = 1 << 20;
    private static final long INVLPG = 1 << 25;

    private static final int INVPCID_EXIT = 0xa2;
    private static final long LOW32 = 0xffff_ffffL;

    /** In the ledger, beside the exit codes that are small. */
    private static final int INVALID = ExitTable.NPF + 1;

    private final HostMachine host;
    private HostProcessor on;
    private Processor cpu;
    private Svm svm;
    private final VmcbFields vmcb;
    private final GuestRegisters registers;
    private final boolean nested;
    private final boolean flushesByAsid;
    private final boolean decodeAssists;
    private final Processor guest;
    private final PendingEvent event;
    private final long iopm;
    private final long msrpm;
    private final ExitLedger ledger =
            new ExitLedger(INVALID + 1, n -> ExitTable.name(n == INVALID ? ExitTable.INVALID : n));
    private GuestMmu mmu;
    private SvmExit exit;

    /** The generation of the ASID in the VMCB; 0 where it needs another. */
    private long asidGeneration;

    private int tlbControl;
    private long asidsGivenUp;

    /** Registers that the guest processor holds are not those in the hardware. */
    private boolean changed = true;

    private boolean nmiWanted;

    /** The guest was not entered: its next instruction is to be emulated. */
    private boolean notEntered;

    /** When and where the guest was entered last, and whether with an event. */
    private long entryTick;

    private long entryRip;
    private boolean entryInjected;

    /** A VMCB for a guest whose registers are {@code guest}'s; with {@code nested} paging its tables are the processor's business. */
    public SvmBackend(HostMachine host, Processor guest, PendingEvent event, boolean nested) {
        this.host = host;
        this.nested = nested;
        this.guest = guest;
        this.event = event;
        on = host.processors().getFirst();
        cpu = on.cpu;
        svm = on.svm;
        flushesByAsid = svm.profile().has(SvmFeature.FLUSH_BY_ASID);
        decodeAssists = svm.profile().has(SvmFeature.DECODE_ASSISTS);
        host.use(SvmBackend::enable);
        vmcb = new VmcbFields(host.memory, host.allocate(false), ledger);
        iopm = host.allocateContiguous(VmcbSetup.IOPM_PAGES);
        msrpm = host.allocateContiguous(VmcbSetup.MSRPM_PAGES);
        VmcbSetup.write(host, vmcb, nested, guest.profile, iopm, msrpm);
        registers = new GuestRegisters(host, guest, vmcb, nested);
        // With nested paging the processor reads a PAE guest's PDPTEs in each walk: there are no registers to be had.
        guest.walker.pdptesOnDemand(nested);
    }

    /** KVM: {@code svm_hardware_enable}. Between VMRUN and VMRUN the host holds its interrupts off. */
    private static void enable(HostProcessor processor, long saveArea) {
        processor.cpu.system.msrs.write(MSR_VM_HSAVE_PA, saveArea);
        processor.svm.clgi();
        processor.cpu.state.systemFlags |= Rflags.IF;
        processor.svm.attach(ignored -> processor.cpu.requestStop());
    }

    /** KVM: {@code svm_hardware_disable}. */
    private static void disable(HostProcessor processor) {
        processor.cpu.system.msrs.write(MSR_VM_HSAVE_PA, 0);
        processor.cpu.globalInterruptFlag = true;
    }

    /** Tables in the host's own format. */
    @Override
    public TdpHardware secondDimension() {
        if (!nested) {
            return null;
        }
        TdpFormat format = TdpFormat.npt(host.tableFormat());
        int largest = switch (format) {
            // Its large pages have 4 MBytes, the host's 2.
            case NPT_32 -> 12;
            case NPT_PAE -> 21;
            default -> cpu.features.contains(Feature.PAGE1GB) ? 30 : 21;
        };
        return new TdpHardware(format, true, largest, ModificationLog.NONE);
    }

    @Override
    public void mmu(GuestMmu guestMmu) {
        mmu = guestMmu;
        vmcb.bits(VmcbField.INTERCEPT_MISC1, INVLPG, !nested && mmu.interceptsInvlpg());
    }

    @Override
    public void load(HostProcessor processor) {
        fetchRegisters();
        on = processor;
        cpu = on.cpu;
        svm = on.svm;
        registers.processor(on);
        changed = true;
        // Its identifier was of the other processor, and so is what that keeps of the VMCB.
        asidsGivenUp += asidGeneration == 0 ? 0 : 1;
        asidGeneration = 0;
        vmcb.changed();
    }

    // ---- registers ----

    @Override
    public void fetchRegisters(int groups) {
        registers.fetch(groups);
    }

    @Override
    public void registersChanged() {
        changed = true;
        if (guest.pendingDebug != 0 && guest.shadow != Processor.SHADOW_MOV_SS && !event.exists()) {
            // A VMCB holds no pending debug exception: it is injected as the event that it becomes.
            guest.events.takePendingDebug();
            event.set(EventInformation.of(EventInformation.HARDWARE_EXCEPTION, Vector.DB, false), 0, 0);
        }
    }

    @Override
    public boolean canRun() {
        return true;
    }

    /** The guest processor's registers go to the VMCB if they were changed. */
    private void store() {
        if (changed) {
            if (registers.store() && nested) {
                // What was changed decides what linear addresses mean.
                flush();
            }
            changed = false;
        }
    }

    // ---- events ----

    @Override
    public boolean interruptAllowed() {
        store();
        return (vmcb.read(VmcbField.RFLAGS) & Rflags.IF) != 0 && !inShadow();
    }

    private boolean inShadow() {
        return (vmcb.read(VmcbField.INTERRUPT_SHADOW) & 1) != 0;
    }

    /** Nothing in a VMCB says whether the guest blocks NMIs: the hypervisor knows by what it injects and emulates. */
    @Override
    public boolean nmiAllowed() {
        store();
        return !guest.nmiBlocked && !inShadow();
    }

    /** A virtual interrupt that is never taken: the guest exits when it could be. KVM: {@code svm_set_vintr}. */
    @Override
    public void requestInterruptWindow(boolean wanted) {
        vmcb.bits(VmcbField.INTERRUPT_CONTROL, WINDOW, wanted);
        vmcb.bits(VmcbField.INTERCEPT_MISC1, InterceptTable.VINTR, wanted);
    }

    @Override
    public void requestNmiWindow(boolean wanted) {
        nmiWanted = wanted;
    }

    // ---- translations ----

    @Override
    public void flush() {
        if (flushesByAsid) {
            tlbControl = FLUSH_ASID;
        } else {
            asidGeneration = 0;
        }
    }

    @Override
    public void flushPage(long linear) {
        if (asidGeneration != 0) {
            svm.invlpga(linear, (int) vmcb.read(VmcbField.GUEST_ASID));
        }
    }

    private void asid() {
        if (asidGeneration != on.asids.generation()) {
            vmcb.write(VmcbField.GUEST_ASID, on.asids.take());
            asidGeneration = on.asids.generation();
            tlbControl = on.asids.beginsGeneration() ? FLUSH_EVERYTHING : 0;
        }
        vmcb.write(VmcbField.TLB_CONTROL, tlbControl);
        tlbControl = 0;
    }

    // ---- running ----

    /**
     * What a VMCB cannot express: an NMI that waits for the end of an interrupt shadow, a debug trap that MOV SS holds back.
     * The next instruction is emulated. (KVM single-steps it by RFLAGS.TF, which a PUSHF of the guest shows.)
     */
    private boolean mustEmulate() {
        return (nmiWanted && !guest.nmiBlocked && inShadow() && !event.exists()) || guest.pendingDebug != 0;
    }

    @Override
    public KvmExit.FailEntry enter(long ticks) {
        store();
        notEntered = mustEmulate();
        if (notEntered) {
            return null;
        }
        if (!nested && !registers.has(RegisterGroup.PAGING)) {
            registers.fetchOwnedByGuest();
        }
        HardwarePaging paging = mmu.load();
        if (nested) {
            vmcb.write(VmcbField.N_CR3, paging.cr3);
        } else {
            registers.storeShadowPaging(paging);
        }
        asid();
        entryInjected = event.exists();
        if (entryInjected) {
            vmcb.write(VmcbField.EVENTINJ, (event.information() & LOW32) | ((long) event.errorCode() << 32));
        }
        guest.nmiBlocked |= event.is(EventInformation.NMI);
        // The guest blocks NMIs until its next IRET, which is emulated.
        vmcb.bits(VmcbField.INTERCEPT_MISC1, IRET, guest.nmiBlocked);
        registers.timeStamp(ticks);
        registers.loadFurther();
        vmcb.write(VmcbField.VMCB_CLEAN, vmcb.takeClean());
        entryTick = cpu.now();
        entryRip = vmcb.read(VmcbField.RIP);
        svm.vmrun(vmcb.address);
        registers.left();
        event.clear();
        while (cpu.guestMode) {
            cpu.run(Long.MAX_VALUE);
        }
        exit = svm.lastExit();
        return null;
    }

    @Override
    public KvmExit handleExit(GuestExecution execution) {
        if (notEntered) {
            if (nested) {
                // It may be one that invalidates translations, which nobody but the processor keeps.
                flush();
            }
            return execution.emulate();
        }
        long code = vmcb.read(VmcbField.EXITCODE);
        ledger.exit(code == ExitTable.INVALID ? INVALID : (int) code);
        if (exit instanceof SvmExit.Invalid) {
            VmrunCheck failing = svm.lastFailing();
            return new KvmExit.FailEntry(code, failing == null ? "VMEXIT_INVALID" : failing.title());
        }
        injectAgain(execution);
        ledger.read(fieldsOf(exit));
        return switch (exit) {
            case SvmExit.NestedPageFault(long guestPhysical, long error) ->
                execution.pageFault(guestPhysical, (int) error & (Access.WRITE | Access.FETCH));
            case SvmExit.Interrupt ignored -> execution.hostInterrupt();
            case SvmExit.VirtualInterruptWindow ignored -> execution.interruptWindow();
            case SvmExit.Shutdown ignored -> new KvmExit.Shutdown();
            case SvmExit.GuestException(int vector, int errorCode, long address) ->
                switch (vector) {
                    case Vector.PF -> pageFault(execution, address, errorCode);
                    // An instruction of the other vendor's, or none at all: the emulator knows the guest's processor.
                    case Vector.UD -> execution.emulate();
                    default -> unknown();
                };
            case SvmExit.TaskSwitch ignored -> execution.switchTask();
            // Instructions that the hypervisor executes in the guest's place.
            case SvmExit.ControlRegister(int number, boolean write, boolean move, int register) ->
                number == 3 && write ? execution.loadCr3() : execution.emulate();
            case SvmExit.SelectiveCr0Write ignored -> execution.emulate();
            case SvmExit.DebugRegister ignored -> execution.emulate();
            case SvmExit.SoftwareInterrupt ignored -> execution.emulate();
            // Where the processor does not tell the address, everything is forgotten.
            case SvmExit.InvalidatePage(long linear) -> decodeAssists ? execution.invlpg(linear) : execution.invpcid();
            case SvmExit.PortAccess io -> io.repeat() ? execution.repeatedIo() : execution.emulate();
            case SvmExit.MsrAccess ignored -> execution.emulate();
            case SvmExit.Instruction(int exitCode, String name) ->
                exitCode == INVPCID_EXIT ? execution.invpcid() : execution.emulate();
            // Not asked for.
            case SvmExit.NonMaskableInterrupt ignored -> unknown();
            case SvmExit.Init ignored -> unknown();
            case SvmExit.FerrFreeze ignored -> unknown();
            case SvmExit.Invalid ignored -> unknown();
        };
    }

    /** How many fields of the VMCB tell what is looked at of an exit below. */
    private static int fieldsOf(SvmExit exit) {
        return switch (exit) {
            // EXITINFO1 and EXITINFO2.
            case SvmExit.NestedPageFault ignored -> 2;
            case SvmExit.GuestException ignored -> 2;
            case SvmExit.ControlRegister ignored -> 1;
            case SvmExit.InvalidatePage ignored -> 1;
            default -> 0;
        };
    }

    private KvmExit unknown() {
        return new KvmExit.Unknown(exit.toString());
    }

    /** With shadow tables the MMU looks at the guest's privilege and flags. */
    private KvmExit pageFault(GuestExecution execution, long linear, int errorCode) {
        fetchRegisters(RegisterGroup.PRIVILEGE);
        return execution.pageFault(linear, errorCode);
    }

    /**
     * An event that the exit interrupted on its way to the guest's handler is injected by the next entry; one that an
     * instruction raised is not, for RIP is still at the instruction, which raises it again.
     */
    private void injectAgain(GuestExecution execution) {
        long information = vmcb.read(VmcbField.EXITINTINFO);
        int event = (int) information;
        if (event >= 0 || byInstruction(event)) {
            return;
        }
        boolean ours = entryInjected && cpu.now() == entryTick && vmcb.read(VmcbField.RIP) == entryRip;
        execution.injectAgain(event, (int) (information >>> 32), 0, !ours);
    }

    /** INT n, or INT3 and INTO, which EXITINTINFO shows as exceptions; INT1 is intercepted. */
    private static boolean byInstruction(int event) {
        int type = EventInformation.type(event);
        int vector = EventInformation.vector(event);
        return type == EventInformation.SOFTWARE_INTERRUPT
                || (type == EventInformation.HARDWARE_EXCEPTION && (vector == Vector.BP || vector == Vector.OF));
    }

    @Override
    public boolean fpuActive() {
        return (vmcb.read(VmcbField.CR0) & Cr0.TS) == 0;
    }

    @Override
    public Map<String, Long> loads() {
        return Map.of("ASIDs given up with the processor left", asidsGivenUp);
    }

    @Override
    public HardwareTables hardwareTables() {
        HardwarePaging paging = mmu.load();
        return nested
                ? new HardwareTables.Nested(cpu.state.cr0, paging.cr3, cpu.state.cr4, cpu.state.efer)
                : new HardwareTables.Shadow(paging.cr0, paging.cr3, paging.cr4, paging.efer);
    }

    @Override
    public boolean tagsTranslations() {
        return true;
    }

    @Override
    public ExitLedger ledger() {
        return ledger;
    }

    @Override
    public void destroy() {
        host.free(vmcb.address);
        free(iopm, VmcbSetup.IOPM_PAGES);
        free(msrpm, VmcbSetup.MSRPM_PAGES);
        host.leave(SvmBackend::disable);
    }

    private void free(long from, int pages) {
        for (int n = 0; n < pages; n++) {
            host.free(from + ((long) n * Frame.SIZE));
        }
    }
}

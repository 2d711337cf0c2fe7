package org.thirdmode.kvm;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.thirdmode.kvm.svm.SvmBackend;
import org.thirdmode.kvm.vmx.VmxBackend;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestLimits;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.x86.bus.LocalApicPort;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Events;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * A virtual CPU. KVM: the file descriptor that KVM_CREATE_VCPU returns.
 *
 * <p>The guest's time is counted in ticks as on the bare machine: one an instruction that the guest completes or that
 * faults, whether the hardware executes it or the hypervisor does; none for what exits are made of.
 */
public final class Vcpu implements Stateful {
    /** How often it enters the kernel before the scheduler moves it on, where there is more than one processor. */
    private static final int RUNS_ON_A_PROCESSOR = 8;

    /** The exits after which the host's own state was loaded: the heavy ones. */
    public static final String HOST_STATE_RELOADS = "host state reloads";

    /** No interrupt waits to be injected. */
    private static final int NONE = -1;

    private static final int TIME_STAMP_COUNTER = 0x10;
    private static final int IA32_APIC_BASE = 0x1b;

    private final HostMachine host;

    /** The processor that it runs on. */
    private HostProcessor on;

    /** Calls of {@link #run}, and moves to another processor between them. */
    private long runs;

    private long migrations;

    /** The guest was entered since {@link #run} was called: the processor has its lazily switched state. */
    private boolean entered;

    private long hostStateReloads;
    private long fpuReloads;
    private final GuestProcessor guest;
    private final LocalApicPort apic;
    private final GuestMmu mmu;
    private final Backend backend;
    private final Vm vm;
    private final RepeatedIo repeatedIo;

    /** Nested paging of AMD has no PDPTE registers: each walk reads the table. */
    private final boolean pdptesAreRegisters;

    /** The thread that runs it; a virtual CPU is a thread. */
    private final AtomicReference<Thread> runner = new AtomicReference<>();

    /** What the guest's time is ahead of the host processor's. */
    private long tickOffset;

    private final PendingEvent event = new PendingEvent();
    /** What {@link #run} was told last. */
    private long deadline;

    /** Whether {@link #run} is to return before its deadline, for there is a nearer one. */
    private boolean wantedBack;

    private boolean emulating;
    private boolean halted;
    private int pendingInterrupt = NONE;
    private boolean pendingNmi;
    private boolean windowRequested;
    private DebugGuest debug;

    /** When {@link KvmExit.Debug} was given last. */
    private long debugTick = -1;

    private long emulated;
    private Irqchip irqchip = Irqchip.USER;
    private final long[] apicBase = new long[1];
    private long userSpaceExits;
    private long kernelExits;
    private long injected;
    private VcpuObserver observer;

    Vcpu(Vm vm, CpuProfile profile, LocalApicPort apic, MmuKind kind) {
        this.vm = vm;
        host = vm.host();
        on = host.processors().getFirst();
        this.apic = apic;
        guest = new GuestProcessor(vm, profile, apic);
        boolean nested = kind == MmuKind.NESTED;
        pdptesAreRegisters = !nested || host.virt == Virt.VMX;
        backend = switch (host.virt) {
            case VMX -> new VmxBackend(host, guest.cpu, event, nested);
            case SVM -> new SvmBackend(host, guest.cpu, event, nested);
        };
        Surroundings surroundings = new Surroundings(
                host.memory,
                guest,
                new GuestLimits(host.memory.addressWidth(), profile.has(Feature.PSE36), profile.has(Feature.PAGE1GB)),
                vm,
                host,
                backend,
                profile.has(Feature.LA57) ? HostFormat.LEVEL_5 : host.tableFormat());
        mmu = kind.in(surroundings, backend.secondDimension());
        backend.mmu(mmu);
        repeatedIo = new RepeatedIo(vm, guest.cpu, mmu);
        backend.privateRegions().forEach(vm::addPrivateRegion);
        guest.bus.listener((guestPhysical, size) -> mmu.pteWrite(guestPhysical, size));
    }

    // ---- registers ----

    /**
     * The guest's processor, with all of its registers up to date: KVM_GET_REGS, KVM_GET_SREGS. After a change {@link #setRegisters} must be called.
     */
    public Processor registers() {
        idle();
        backend.fetchRegisters();
        return guest.cpu;
    }

    /** KVM_SET_REGS, KVM_SET_SREGS: what {@link #registers} returned has been changed. */
    public void setRegisters() {
        idle();
        backend.registersChanged();
        mmu.resetContext();
        halted = false;
    }

    // ---- what KVM asks for by name ----

    /**
     * What a linear address leads to, as the guest's own tables have it: {@code struct kvm_translation}.
     *
     * @param physical the guest-physical address, where {@code valid}
     * @param writable whether a write would be allowed, but for the privilege level
     * @param user whether user mode may
     */
    public record Translation(long linear, long physical, boolean valid, boolean writable, boolean user) {}

    /** KVM_TRANSLATE: changes nothing, no Accessed flag either. */
    public Translation translate(long linear) {
        registers();
        GuestWalk walk = mmu.probe(linear, Access.READ);
        return walk.faulted
                ? new Translation(linear, 0, false, false, false)
                : new Translation(linear, walk.guestPhysical, true, walk.writable, walk.user);
    }

    /** KVM_GET_MSR_INDEX_LIST, as in 2.6.20: what of the MSRs user space has to save and restore. */
    public static final List<Integer> MSR_INDICES =
            List.of(0x10, 0x174, 0x175, 0x176, 0xc000_0081, 0xc000_0082, 0xc000_0083, 0xc000_0084, 0xc000_0102);

    /**
     * KVM_GET_MSRS for one: empty where the guest's processor has none of that number. Its time-stamp counter is that of
     * {@link #ticks}.
     */
    public OptionalLong msr(int index) {
        long[] value = new long[1];
        Processor processor = registers();
        if (!processor.system.msrs.read(index, value)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(value[0] + (index == TIME_STAMP_COUNTER ? ticks() - processor.now() : 0));
    }

    /** KVM_SET_MSRS for one: whether the guest's processor has it and takes the value. */
    public boolean setMsr(int index, long value) {
        Processor processor = registers();
        long given = value - (index == TIME_STAMP_COUNTER ? ticks() - processor.now() : 0);
        boolean taken = processor.system.msrs.write(index, given);
        backend.registersChanged();
        mmu.resetContext();
        return taken;
    }

    /**
     * Where a debugger wants to be asked: {@code struct kvm_debug_guest}.
     *
     * @param singleStep after each instruction
     * @param breakpoints before the instructions at these linear addresses, at most four
     */
    public record DebugGuest(boolean singleStep, Set<Long> breakpoints) {
        /** {@code breakpoints[4]}. */
        public static final int MOST = 4;

        public DebugGuest {
            breakpoints = Set.copyOf(breakpoints);
            if (breakpoints.size() > MOST) {
                throw new IllegalArgumentException(breakpoints.size() + " breakpoints: a processor has " + MOST);
            }
        }
    }

    /** KVM_DEBUG_GUEST: from now on {@link #run} comes back with {@link KvmExit.Debug}; empty for no longer. */
    public void debugGuest(Optional<DebugGuest> wanted) {
        idle();
        debug = wanted.orElse(null);
        debugTick = -1;
    }

    /** The MMU, for its counters and its tables. */
    public GuestMmu mmu() {
        return mmu;
    }

    /** What the hardware walks for the guest, for one who looks inside. */
    public HardwareTables hardwareTables() {
        backend.fetchRegisters();
        return backend.hardwareTables();
    }

    /** Tells {@code who} what happens; null for nobody. */
    public void observe(VcpuObserver who) {
        observer = who;
        host.processors().forEach(each -> each.cpu.extension.observe(who == null ? null : who::guestMode));
        mmu.observe(who == null ? null : who::entryChanged);
    }

    // ---- time ----

    /** The guest's time in ticks. */
    public long ticks() {
        return on.cpu.now() + tickOffset;
    }

    /** The tick of what {@link #run} has returned for: a read by an instruction that is not complete belongs to its end. */
    public long ticksOfExit() {
        return emulating ? ticks() + 1 : ticks();
    }

    /** A halted guest's time passes. */
    public void sleepUntil(long tick) {
        tickOffset += tick - ticks();
    }

    private void countInjection() {
        injected++;
        backend.ledger().injected();
    }

    /**
     * User space wants {@link #run} to return before the guest executes another instruction: the guest has just armed a timer
     * by a register that the hypervisor serves.
     */
    public void comeBack() {
        wantedBack = true;
    }

    /** Counts the guest instruction that the hypervisor has completed, or given an exception to, in its place. */
    private void countInstruction() {
        on.cpu.countIterations(1);
    }

    // ---- interrupts ----

    /** Whether {@link #interrupt} can be injected by the next entry. KVM: {@code ready_for_interrupt_injection}. */
    public boolean readyForInterrupt() {
        return pendingInterrupt == NONE && !emulating && !event.exists() && backend.interruptAllowed();
    }

    /** KVM_INTERRUPT: queues an external interrupt; it ends a halt. */
    public void interrupt(int vector) {
        pendingInterrupt = vector;
        halted = false;
    }

    /** KVM: {@code request_interrupt_window}. */
    public void requestInterruptWindow(boolean wanted) {
        windowRequested = wanted;
    }

    /** KVM_NMI. */
    public void nmi() {
        pendingNmi = true;
        halted = false;
    }

    // ---- running ----

    /** User space has done the read that {@link #run} came back for. */
    public void answer(long value) {
        guest.bus.answer(value);
    }

    /**
     * User space has done iterations of the {@link KvmExit.StringIo} that {@link #run} came back for. The guest's registers and
     * time are then as after the last of them.
     *
     * @param read what INS has read, a value an iteration; for OUTS, as many of anything
     */
    public void completeString(ImmutableIntArray read) {
        idle();
        for (int value : read.asList()) {
            long before = emulated;
            guest.bus.answer(value);
            emulate();
            // OUTS: user space has done it already.
            guest.bus.nextWrite();
            if (emulated == before) {
                return; // a fault, which nobody expected: the rest of the instruction is yet to come
            }
        }
    }

    /** RFLAGS.IF. KVM: {@code kvm_run.if_flag}. */
    public boolean interruptFlag() {
        backend.fetchRegisters();
        return (guest.cpu.state.systemFlags & Rflags.IF) != 0;
    }

    /**
     * KVM_RUN: runs the guest until user space has something to do, or until its time is {@code deadline}.
     *
     * @param deadline in ticks
     * @throws KvmException.VcpuBusy where another thread runs it
     * @throws KvmException.VmDestroyed where its virtual machine is gone
     */
    public KvmExit run(long deadline) {
        vm.alive();
        if (!runner.compareAndSet(null, Thread.currentThread())) {
            throw new KvmException.VcpuBusy(runner.get());
        }
        try {
            schedule();
            return toUserSpace(debug == null ? runUntilExit(deadline) : runDebugged(deadline));
        } finally {
            runner.set(null);
        }
    }

    /** The host's scheduler: every so often a thread that comes back from user space finds itself on the next processor. */
    private void schedule() {
        List<HostProcessor> processors = host.processors();
        if (processors.size() > 1 && ++runs % RUNS_ON_A_PROCESSOR == 0) {
            load(processors.get((int) (runs / RUNS_ON_A_PROCESSOR % processors.size())));
        }
    }

    /** Goes on on another processor. KVM: {@code kvm_arch_vcpu_load}. */
    private void load(HostProcessor next) {
        backend.load(next);
        tickOffset += on.cpu.now() - next.cpu.now();
        next.cpu.system.random.goOnFrom(on.cpu.system.random);
        on = next;
        migrations++;
    }

    /** Only the thread that runs it, or any where none does, may look at it. */
    void idle() {
        vm.alive();
        Thread other = runner.get();
        if (other != null && other != Thread.currentThread()) {
            throw new KvmException.VcpuBusy(other);
        }
    }

    private KvmExit runUntilExit(long until) {
        deadline = until;
        wantedBack = false;
        while (true) {
            KvmExit write = guest.bus.nextWrite();
            if (write != null) {
                return write;
            }
            KvmExit exit;
            if (emulating) {
                exit = emulate();
            } else if (halted) {
                exit = new KvmExit.Hlt();
            } else if (ticks() >= until || wantedBack || interruptForUserSpace() || host.takeKick()) {
                exit = new KvmExit.Interrupted();
            } else {
                exit = enter(until);
            }
            if (exit != null) {
                return exit;
            }
        }
    }

    /**
     * Each instruction gets a slice of time that ends with it, so that nothing of the debugger is in the guest's registers.
     * (KVM in 2006 set RFLAGS.TF and the debug registers, where the guest could see them.)
     */
    private KvmExit runDebugged(long deadline) {
        while (true) {
            long before = ticks();
            if (!emulating
                    && !halted
                    && before != debugTick
                    && debug.breakpoints().contains(linearRip())) {
                return debugExit();
            }
            KvmExit exit = runUntilExit(Math.min(deadline, before + 1));
            if (!(exit instanceof KvmExit.Interrupted) || ticks() == before) {
                return exit;
            }
            if (debug.singleStep()) {
                return debugExit();
            }
            if (ticks() >= deadline) {
                return exit;
            }
        }
    }

    /** Told once at an instruction: the next run executes it. */
    private KvmExit debugExit() {
        debugTick = ticks();
        return new KvmExit.Debug(linearRip());
    }

    private long linearRip() {
        backend.fetchRegisters();
        CpuState state = guest.cpu.state;
        return (state.segmentBase[Segment.CS] + state.rip) & state.linearMask;
    }

    /** The guest has raised an interrupt at its local APIC, which is user space's to inject: by WRMSR or MOV to CR8. */
    private boolean interruptForUserSpace() {
        return apic.interruptPending() && pendingInterrupt == NONE && !windowRequested;
    }

    private KvmExit toUserSpace(KvmExit exit) {
        if (irqchip.serves(exit, localApic(), apic.interruptPending())) {
            kernelExits++;
            return exit;
        }
        userSpaceExits++;
        if (entered) {
            entered = false;
            hostStateReloads++;
            fpuReloads += backend.fpuActive() ? 1 : 0;
        }
        if (observer != null) {
            observer.userSpace(exit);
        }
        return exit;
    }

    private long localApic() {
        return apic.ownsMsr(IA32_APIC_BASE) && apic.readMsr(IA32_APIC_BASE, apicBase) ? apicBase[0] : -1;
    }

    private KvmExit enter(long deadline) {
        if (!backend.canRun() || (pendingNmi && !backend.canInjectNmi())) {
            return emulateInvalidState();
        }
        injectPending();
        if (event.exists() && !backend.canInject()) {
            return deliver();
        }
        on.armTimer(deadline - tickOffset);
        entered = true;
        KvmExit.FailEntry failure = backend.enter(ticks());
        return failure != null ? failure : backend.handleExit(this);
    }

    /** At most one event an entry; what was interrupted on its way comes first. */
    private void injectPending() {
        if (pendingNmi && !event.exists()) {
            if (backend.nmiAllowed()) {
                pendingNmi = false;
                event.set(EventInformation.NMI, Vector.NMI);
                countInjection();
            }
        }
        backend.requestNmiWindow(pendingNmi);
        if (pendingInterrupt != NONE && !event.exists() && backend.interruptAllowed()) {
            event.set(EventInformation.EXTERNAL_INTERRUPT, pendingInterrupt);
            pendingInterrupt = NONE;
            countInjection();
        }
        backend.requestInterruptWindow(pendingInterrupt != NONE || windowRequested);
    }

    /**
     * The processor cannot run the guest as it is: real-address mode without unrestricted guest, or segments that are left
     * over from it. KVM: {@code emulate_invalid_guest_state}.
     */
    public KvmExit emulateInvalidState() {
        if (event.exists()) {
            return deliver();
        }
        if (windowRequested && pendingInterrupt == NONE && backend.interruptAllowed()) {
            return new KvmExit.InterruptWindowOpen();
        }
        backend.fetchRegisters();
        Processor cpu = guest.cpu;
        if (pendingNmi && !cpu.nmiBlocked && cpu.shadow != Processor.SHADOW_MOV_SS) {
            pendingNmi = false;
            countInjection();
            return deliver(EventInformation.of(EventInformation.NMI, Vector.NMI, false), 0, 0);
        }
        if (pendingInterrupt != NONE && backend.interruptAllowed()) {
            int vector = pendingInterrupt;
            pendingInterrupt = NONE;
            countInjection();
            return deliver(EventInformation.of(EventInformation.EXTERNAL_INTERRUPT, vector, false), 0, 0);
        }
        return emulate();
    }

    // ---- what exit handlers ask for ----

    /** The guest can take an interrupt. */
    public KvmExit interruptWindow() {
        return windowRequested ? new KvmExit.InterruptWindowOpen() : null;
    }

    /** The host was interrupted. */
    public KvmExit hostInterrupt() {
        on.acknowledgeTimer();
        return new KvmExit.Interrupted();
    }

    /** A page fault of the hardware: {@link GuestMmu#pageFault}. */
    public KvmExit pageFault(long address, int errorCode) {
        FaultResult result = mmu.pageFault(address, errorCode);
        if (observer != null) {
            observer.pageFault(address, errorCode, result);
        }
        return switch (result) {
            case FaultResult.Retry retry -> null;
            case FaultResult.Inject(long linear, int code) -> {
                backend.fetchRegisters();
                guest.cpu.state.cr2 = linear;
                if (!event.exists()) {
                    countInstruction();
                }
                yield injectFault(Vector.PF, true, code);
            }
            case FaultResult.Emulate(long guestPhysical, FaultResult.Reason reason) -> deliverOrEmulate();
            case FaultResult.Mmio(long guestPhysical) -> deliverOrEmulate();
        };
    }

    /** The processor has written down as many pages as it can. */
    public KvmExit modificationLogFull() {
        mmu.harvestDirty();
        return null;
    }

    /**
     * The guest gets a fault. Where its processor was on the way to a handler already, both may make a double fault. SDM 3A
     * "Interrupt 8—Double Fault Exception (#DF)".
     */
    private KvmExit injectFault(int vector, boolean hasErrorCode, int errorCode) {
        // The handler's frame holds RF set, as for any fault.
        guest.cpu.state.systemFlags |= Rflags.RF;
        backend.registersChanged();
        countInjection();
        if (event.is(EventInformation.HARDWARE_EXCEPTION)) {
            int first = EventInformation.vector(event.information());
            if (Events.tripleFault(first, vector)) {
                return new KvmExit.Shutdown();
            }
            if (Events.doubleFault(first, vector)) {
                event.set(EventInformation.of(EventInformation.HARDWARE_EXCEPTION, Vector.DF, true), 0, 0);
                return null;
            }
        }
        event.set(EventInformation.of(EventInformation.HARDWARE_EXCEPTION, vector, hasErrorCode), errorCode, 0);
        return null;
    }

    /** The guest invalidates the translations of a page: INVLPG. */
    public KvmExit invlpg(long linear) {
        KvmExit exit = emulate();
        mmu.invlpg(linear);
        return exit;
    }

    /** The guest invalidates translations otherwise: INVPCID. */
    public KvmExit invpcid() {
        KvmExit exit = emulate();
        mmu.flushGuest();
        return exit;
    }

    /** The guest loads CR3. */
    public KvmExit loadCr3() {
        backend.fetchRegisters();
        long ticks = ticks();
        long cr3 = guest.cpu.state.cr3;
        KvmExit exit = emulate();
        if (ticks() != ticks && guest.cpu.state.cr3 == cr3 && !event.exists()) {
            // Also a load of the same value flushes.
            mmu.newCr3(false);
        }
        return exit;
    }

    /** An event that was on its way when the guest left it: the next entry injects it again. */
    public void injectAgain(int information, int errorCode, int length, boolean fromInstruction) {
        event.set(information & ~EventInformation.NMI_UNBLOCKING, errorCode, length);
        int type = EventInformation.type(information);
        if (fromInstruction && type != EventInformation.EXTERNAL_INTERRUPT && type != EventInformation.NMI) {
            // The instruction that raised it will not be attempted again.
            countInstruction();
        }
    }

    /** The guest's INS or OUTS has a repeat prefix. */
    public KvmExit repeatedIo() {
        backend.fetchRegisters();
        KvmExit.StringIo many = repeatedIo.at(deadline - ticks());
        if (many == null) {
            return emulate();
        }
        emulating = true;
        return many;
    }

    /** A task switch: by an instruction, or by the event that was on its way through a task gate. */
    public KvmExit switchTask() {
        return deliverOrEmulate();
    }

    /** What the hardware may not do by itself is done in its place: the delivery of an event, or an instruction. */
    private KvmExit deliverOrEmulate() {
        return event.exists() ? deliver() : emulate();
    }

    /** Delivers the event that the next entry would inject. KVM: {@code kvm_inject_realmode_interrupt}. */
    private KvmExit deliver() {
        backend.fetchRegisters();
        int information = event.information();
        int errorCode = event.errorCode();
        int length = event.instructionLength();
        event.clear();
        return deliver(information, errorCode, length);
    }

    private KvmExit deliver(int information, int errorCode, int length) {
        Processor cpu = guest.cpu;
        long cr3 = cpu.state.cr3;
        guest.bus.begin();
        cpu.shadow = Processor.NO_SHADOW;
        cpu.nmiBlocked |= EventInformation.type(information) == EventInformation.NMI;
        try {
            cpu.events.inject(information, errorCode, length);
        } catch (GuestExit question) {
            return new KvmExit.Unknown("an event is delivered through memory that no slot backs");
        }
        backend.registersChanged();
        if (cpu.state.cr3 != cr3) {
            // Through a task gate.
            mmu.resetContext();
        }
        return cpu.activity == Processor.Activity.SHUTDOWN ? new KvmExit.Shutdown() : null;
    }

    /**
     * A debug exception that the processor may not deliver to the guest by itself: one of traps, after its instruction.
     *
     * @param bits of DR6
     */
    public KvmExit debugTrap(int bits) {
        backend.fetchRegisters();
        guest.cpu.pendingDebug = bits;
        guest.cpu.events.takePendingDebug();
        countInjection();
        return deliver(EventInformation.of(EventInformation.HARDWARE_EXCEPTION, Vector.DB, false), 0, 0);
    }

    /** Executes the guest's instruction in its place. KVM: {@code emulate_instruction}. */
    public KvmExit emulate() {
        backend.fetchRegisters();
        CpuState state = guest.cpu.state;
        long cr0 = state.cr0;
        long cr3 = state.cr3;
        long cr4 = state.cr4;
        long efer = state.efer;
        guest.bus.begin();
        emulating = true;
        switch (guest.cpu.emulate(ticks())) {
            case EXIT -> {
                return guest.bus.question();
            }
            case DONE -> {
                countInstruction();
                emulated++;
                backend.ledger().emulated();
                // A debug trap of the instruction itself ends the wait at once.
                halted = guest.cpu.activity != Processor.Activity.ACTIVE && guest.cpu.pendingDebug == 0;
                guest.cpu.activity = Processor.Activity.ACTIVE;
            }
            case FAULT -> {
                countInstruction();
                emulating = false;
                // A data breakpoint traps after its instruction: this one has not completed.
                guest.cpu.pendingDebug = 0;
                guest.bus.end();
                backend.registersChanged();
                return fault(guest.cpu.fault);
            }
        }
        emulating = false;
        guest.bus.end();
        backend.registersChanged();
        if (state.cr0 != cr0 || state.cr4 != cr4 || state.efer != efer) {
            mmu.resetContext();
        } else if (state.cr3 != cr3) {
            mmu.newCr3(false);
        }
        return halted ? new KvmExit.Hlt() : null;
    }

    private KvmExit fault(GuestFault fault) {
        if (!backend.canRun()) {
            guest.cpu.events.deliverFault(fault);
            return guest.cpu.activity == Processor.Activity.SHUTDOWN ? new KvmExit.Shutdown() : null;
        }
        if (fault.vector == Vector.PF) {
            guest.cpu.state.cr2 = fault.linearAddress;
        } else if (fault.vector == Vector.DB) {
            guest.cpu.state.dr[6] |= fault.errorCode;
        }
        return injectFault(fault.vector, fault.hasErrorCode, fault.hasErrorCode ? fault.errorCode : 0);
    }

    // ---- counts ----

    /** Exits by reason, in the manual's words. */
    public Map<String, Long> exits() {
        return backend.ledger().exits();
    }

    /** Whether translations outlive exits: they do where the processor has VPIDs or ASIDs. */
    public boolean translationsOutliveExits() {
        return backend.tagsTranslations();
    }

    /** What they made the hypervisor do, since this virtual CPU was made. */
    public ExitLedger ledger() {
        return backend.ledger();
    }

    /** Instructions executed in the guest's place. */
    public long emulated() {
        return emulated;
    }

    /** Where the interrupt controllers are. The board's are used either way; what differs is who is asked, and counted. */
    public void irqchip(Irqchip place) {
        idle();
        irqchip = place;
    }

    /** Exits that the interrupt controllers in the hypervisor served: no way out to user space. */
    public long kernelExits() {
        return kernelExits;
    }

    /** The host's processor that it runs on. */
    public Processor processor() {
        return on.cpu;
    }

    /**
     * What it took to switch between this guest and the rest of the host, by name. While exits stay in the kernel the
     * processor keeps the guest's MSRs of SYSCALL, FS, GS, LDTR and FPU; on the way to user space the host's are loaded. KVM:
     * {@code host_state_reload}, {@code fpu_reload}.
     */
    public Map<String, Long> switches() {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put(HOST_STATE_RELOADS, hostStateReloads);
        counts.put("FPU reloads", fpuReloads);
        if (host.processors().size() > 1) {
            counts.put("migrations between processors", migrations);
            counts.putAll(backend.loads());
        }
        return counts;
    }

    /** Returns to user space. */
    public long userSpaceExits() {
        return userSpaceExits;
    }

    /** Events injected, but those that were interrupted on their way and injected again. */
    public long injected() {
        return injected;
    }

    // ---- state ----

    /**
     * All that the guest's future depends on, and what was counted: KVM_GET_REGS, KVM_GET_SREGS, KVM_GET_MSRS and what later
     * kernels added to them, KVM_GET_FPU, KVM_GET_VCPU_EVENTS, KVM_GET_DEBUGREGS and KVM_GET_MP_STATE, in one.
     */
    @Override
    public void state(StatePort port) {
        Processor processor = registers();
        long ticks = port.number("ticks", ticks());
        port.part("processor", processor);
        port.part("bus", guest.bus);
        emulating = port.flag("emulating", emulating);
        halted = port.flag("halted", halted);
        pendingInterrupt = port.within("pending interrupt", pendingInterrupt, NONE, 255);
        pendingNmi = port.flag("pending nmi", pendingNmi);
        windowRequested = port.flag("window requested", windowRequested);
        port.part("event", event);
        emulated = port.number("emulated", emulated);
        irqchip = port.choice("irqchip", irqchip);
        userSpaceExits = port.number("returns to user space", userSpaceExits);
        kernelExits = port.number("served in the hypervisor", kernelExits);
        injected = port.number("injected", injected);
        boolean latched = port.flag("pdptes are registers", pdptesAreRegisters);
        if (port.restoring()) {
            if (pdptesAreRegisters && !latched) {
                loadPdptes(processor);
            }
            tickOffset = ticks - on.cpu.now();
            backend.registersChanged();
            mmu.resetContext();
        }
    }

    /**
     * The processor that the guest ran on read its PDPTEs in each walk; this one has registers for them. KVM: {@code
     * load_pdptrs} for KVM_SET_SREGS.
     */
    private static void loadPdptes(Processor processor) {
        CpuState state = processor.state;
        if (state.paging() && (state.cr4 & Cr4.PAE) != 0 && !state.longModeActive()) {
            try {
                processor.walker.loadPdptes(state.cr3);
            } catch (GuestExit device) {
                // A table in a device's registers has no entries.
                Arrays.fill(state.pdpte, 0);
            }
        }
    }

    void destroy() {
        mmu.destroy();
        backend.destroy();
    }
}

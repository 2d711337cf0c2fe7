package org.thirdmode.kvm;

import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.thirdmode.kvm.svm.SvmBackend;
import org.thirdmode.kvm.vmx.VmxBackend;
import org.thirdmode.shadow.GuestLimits;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.GuestWalk;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.shadow.Surroundings;
import org.thirdmode.x86.bus.LocalApicPort;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.Rflags;

/**
 * A virtual CPU. KVM: the file descriptor that KVM_CREATE_VCPU returns.
 *
 * <p>The guest's time is counted in ticks as on the bare machine: those of an instruction for each that the guest completes or
 * that faults, whether the hardware executes it or the hypervisor does; none for what exits are made of.
 */
public final class Vcpu implements Stateful {
    /** The exits after which the host's own state was loaded: the heavy ones. One of {@link #switches}. */
    public static final String HOST_STATE_RELOADS = "host state reloads";

    private static final int TIME_STAMP_COUNTER = 0x10;
    private static final int IA32_APIC_BASE = 0x1b;

    private final HostMachine host;
    private final Vm vm;
    private final GuestProcessor guest;
    private final LocalApicPort apic;
    private final GuestMmu mmu;
    private final Backend backend;
    private final Placement place;
    private final GuestExecution execution;
    private final GuestDebugger debugger;

    /** Nested paging of AMD has no PDPTE registers: each walk reads the table. */
    private final boolean pdptesAreRegisters;

    /** The thread that runs it; a virtual CPU is a thread. */
    private final AtomicReference<Thread> runner = new AtomicReference<>();

    private Irqchip irqchip = Irqchip.USER;
    private final long[] apicBase = new long[1];
    private long userSpaceExits;
    private long kernelExits;

    Vcpu(Vm vm, CpuProfile profile, LocalApicPort apic, MmuKind kind) {
        this.vm = vm;
        host = vm.host();
        this.apic = apic;
        guest = new GuestProcessor(vm, profile, apic);
        boolean nested = kind.hasSecondDimension();
        pdptesAreRegisters = !nested || host.virt == Virt.VMX;
        PendingEvent event = new PendingEvent();
        backend = switch (host.virt) {
            case VMX -> new VmxBackend(host, guest.cpu, event, nested, kind == MmuKind.AGILE);
            case SVM -> new SvmBackend(host, guest.cpu, event, nested);
        };
        try {
            backend.privateRegions().forEach(vm::addPrivateRegion);
        } catch (KvmException e) {
            backend.destroy();
            throw e;
        }
        Surroundings surroundings = new Surroundings(
                host.memory,
                guest,
                new GuestLimits(host.guestAddressWidth(), profile.has(Feature.PSE36), profile.has(Feature.PAGE1GB)),
                vm,
                host,
                backend,
                profile.has(Feature.LA57) ? HostFormat.LEVEL_5 : host.tableFormat());
        mmu = kind.in(surroundings, backend, this::ticks);
        backend.mmu(mmu);
        guest.bus.listener((guestPhysical, size) -> mmu.pteWrite(guestPhysical, size));
        place = new Placement(host.processors(), backend);
        execution = new GuestExecution(vm, backend, guest, mmu, event, place);
        debugger = new GuestDebugger(execution, backend, guest, place);
    }

    // ---- registers ----

    /**
     * The guest's processor, with all of its registers up to date: KVM_GET_REGS, KVM_GET_SREGS. After a change {@link
     * #setRegisters} must be called.
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
        execution.halted = false;
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

    /** KVM_DEBUG_GUEST: from now on {@link #run} comes back with {@link KvmExit.Debug}; empty for no longer. */
    public void debugGuest(Optional<DebugGuest> wanted) {
        idle();
        debugger.wants(wanted);
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
        execution.observer = who;
        host.processors().forEach(each -> each.cpu.extension.observe(who == null ? null : who::guestMode));
        mmu.observe(who == null ? null : who::entryChanged);
    }

    // ---- time ----

    /** The guest's time in ticks. */
    public long ticks() {
        return place.ticks();
    }

    /** The tick of what {@link #run} has returned for: a read by an instruction that is not complete belongs to its end. */
    public long ticksOfExit() {
        return execution.emulating ? ticks() + guest.cpu.instructionTime() : ticks();
    }

    /** A halted guest's time passes. */
    public void sleepUntil(long tick) {
        place.setTicks(tick);
    }

    /**
     * User space wants {@link #run} to return before the guest executes another instruction: the guest has just armed a timer
     * by a register that the hypervisor serves.
     */
    public void comeBack() {
        execution.wantedBack = true;
    }

    // ---- interrupts ----

    /** Whether {@link #interrupt} can be injected by the next entry. KVM: {@code ready_for_interrupt_injection}. */
    public boolean readyForInterrupt() {
        return execution.canTakeInterrupt();
    }

    /** KVM_INTERRUPT: queues an external interrupt; it ends a halt. */
    public void interrupt(int vector) {
        execution.queue.putInterrupt(vector);
        execution.halted = false;
    }

    /** KVM: {@code request_interrupt_window}. */
    public void requestInterruptWindow(boolean wanted) {
        execution.queue.windowRequested = wanted;
    }

    /** KVM_NMI. */
    public void nmi() {
        execution.queue.nmi = true;
        execution.halted = false;
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
        execution.completeString(read);
    }

    /** RFLAGS.IF. KVM: {@code kvm_run.if_flag}. */
    public boolean interruptFlag() {
        backend.fetchRegisters(RegisterGroup.PRIVILEGE);
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
            place.schedule();
            return toUserSpace(debugger.run(deadline));
        } finally {
            runner.set(null);
        }
    }

    /** Only the thread that runs it, or any where none does, may look at it. */
    void idle() {
        vm.alive();
        Thread other = runner.get();
        if (other != null && other != Thread.currentThread()) {
            throw new KvmException.VcpuBusy(other);
        }
    }

    private KvmExit toUserSpace(KvmExit exit) {
        if (irqchip.serves(exit, localApic(), apic.interruptPending())) {
            kernelExits++;
            return exit;
        }
        userSpaceExits++;
        place.toUserSpace();
        if (execution.observer != null) {
            execution.observer.userSpace(exit);
        }
        return exit;
    }

    private long localApic() {
        return apic.ownsMsr(IA32_APIC_BASE) && apic.readMsr(IA32_APIC_BASE, apicBase) ? apicBase[0] : -1;
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
        return execution.emulated;
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
        return place.processor();
    }

    /** What it took to switch between this guest and the rest of the host, by name. */
    public Map<String, Long> switches() {
        return place.switches();
    }

    /** Returns to user space. */
    public long userSpaceExits() {
        return userSpaceExits;
    }

    /** Events injected, but those that were interrupted on their way and injected again. */
    public long injected() {
        return execution.injected;
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
        port.part("execution", execution);
        irqchip = port.choice("irqchip", irqchip);
        userSpaceExits = port.number("returns to user space", userSpaceExits);
        kernelExits = port.number("served in the hypervisor", kernelExits);
        boolean latched = port.flag("pdptes are registers", pdptesAreRegisters);
        if (port.restoring()) {
            if (pdptesAreRegisters && !latched) {
                guest.loadPdptes();
            }
            place.setTicks(ticks);
            backend.registersChanged();
            mmu.resetContext();
        }
    }

    void destroy() {
        mmu.destroy();
        backend.destroy();
    }
}

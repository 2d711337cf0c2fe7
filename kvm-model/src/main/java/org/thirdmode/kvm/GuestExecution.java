package org.thirdmode.kvm;

import com.google.common.primitives.ImmutableIntArray;
import org.thirdmode.shadow.FaultResult;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.x86.bus.LocalApicPort;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/**
 * The hypervisor's side of a virtual CPU: it enters the guest with what is to be injected, and does in its place what the
 * hardware may not. Exit handlers of the backends ask it by name; what user space asks for is {@link Vcpu}'s.
 */
public final class GuestExecution implements Stateful {
    private final HostMachine host;
    private final Backend backend;
    private final GuestProcessor guest;
    private final GuestMmu mmu;
    private final LocalApicPort apic;
    private final Placement place;
    private final RepeatedIo repeatedIo;

    /** What the next entry injects, and what waits behind it. */
    final PendingEvent event;

    final InterruptQueue queue = new InterruptQueue();

    /** When {@link #run} is to return; in ticks. */
    private long deadline;

    /** When the MMU wants to be asked again; in ticks. */
    private long mmuLooks = Long.MAX_VALUE;

    /** Whether {@link #run} is to return before its deadline, for there is a nearer one. */
    boolean wantedBack;

    /** In the midst of an instruction whose reads user space does. */
    boolean emulating;

    boolean halted;

    /** Instructions executed in the guest's place. */
    long emulated;

    /** Events injected, but those that were interrupted on their way and injected again. */
    long injected;

    VcpuObserver observer;

    GuestExecution(Vm vm, Backend backend, GuestProcessor guest, GuestMmu mmu, PendingEvent event, Placement place) {
        host = vm.host();
        this.backend = backend;
        this.guest = guest;
        this.mmu = mmu;
        this.event = event;
        this.place = place;
        apic = guest.apic;
        repeatedIo = new RepeatedIo(vm, guest.cpu, mmu);
    }

    /** The guest's time in ticks. */
    private long ticks() {
        return place.ticks();
    }

    /** Whether an interrupt can be injected by the next entry. */
    boolean canTakeInterrupt() {
        return !queue.interruptWaits() && !emulating && !event.exists() && backend.interruptAllowed();
    }

    // ---- running ----

    /**
     * Runs the guest until user space has something to do, or until its time is {@code until}: KVM's loop around entries and
     * exits.
     */
    KvmExit run(long until) {
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

    /** The guest has raised an interrupt at its local APIC, which is user space's to inject: by WRMSR or MOV to CR8. */
    private boolean interruptForUserSpace() {
        return apic.interruptPending() && !queue.interruptWaits() && !queue.windowRequested;
    }

    private KvmExit enter(long deadline) {
        if (!backend.canRun() || (queue.nmi && !backend.canInjectNmi())) {
            return emulateInvalidState();
        }
        injectPending();
        if (event.exists() && !backend.canInject()) {
            return deliver();
        }
        mmuLooks = mmu.looksAgainAt();
        place.armTimer(Math.min(deadline, mmuLooks));
        place.entered();
        KvmExit.FailEntry failure = backend.enter(ticks());
        return failure != null ? failure : backend.handleExit(this);
    }

    /** At most one event an entry; what was interrupted on its way comes first. */
    private void injectPending() {
        if (queue.nmi && !event.exists()) {
            if (backend.nmiAllowed()) {
                queue.nmi = false;
                event.set(EventInformation.NMI, Vector.NMI);
                countInjection();
            }
        }
        backend.requestNmiWindow(queue.nmi);
        if (queue.interruptWaits() && !event.exists() && backend.interruptAllowed()) {
            event.set(EventInformation.EXTERNAL_INTERRUPT, queue.takeInterrupt());
            countInjection();
        }
        backend.requestInterruptWindow(queue.interruptWaits() || queue.windowRequested);
    }

    /**
     * The processor cannot run the guest as it is: real-address mode without unrestricted guest, or segments that are left
     * over from it. KVM: {@code emulate_invalid_guest_state}.
     */
    public KvmExit emulateInvalidState() {
        if (event.exists()) {
            return deliver();
        }
        if (queue.windowRequested && !queue.interruptWaits() && backend.interruptAllowed()) {
            return new KvmExit.InterruptWindowOpen();
        }
        backend.fetchRegisters();
        Processor cpu = guest.cpu;
        if (queue.nmi && !cpu.nmiBlocked && cpu.shadow != Processor.SHADOW_MOV_SS) {
            queue.nmi = false;
            countInjection();
            return deliver(EventInformation.of(EventInformation.NMI, Vector.NMI, false), 0, 0);
        }
        if (queue.interruptWaits() && backend.interruptAllowed()) {
            countInjection();
            return deliver(
                    EventInformation.of(EventInformation.EXTERNAL_INTERRUPT, queue.takeInterrupt(), false), 0, 0);
        }
        return emulate();
    }

    // ---- what exit handlers ask for ----

    /** The guest can take an interrupt. */
    public KvmExit interruptWindow() {
        return queue.windowRequested ? new KvmExit.InterruptWindowOpen() : null;
    }

    /** The host was interrupted. */
    public KvmExit hostInterrupt() {
        boolean kicked = host.takeKick();
        place.acknowledgeTimer();
        boolean onlyForMmu = !kicked && ticks() >= mmuLooks && ticks() < deadline;
        return onlyForMmu ? null : new KvmExit.Interrupted();
    }

    /** A page fault of the hardware: {@link GuestMmu#pageFault}. */
    public KvmExit pageFault(long address, int errorCode) {
        return told(address, errorCode, mmu.pageFault(address, errorCode));
    }

    /** A fault of the hardware's second dimension: {@link GuestMmu#guestPhysicalFault}. */
    public KvmExit guestPhysicalFault(long address, int errorCode, boolean table) {
        return told(address, errorCode, mmu.guestPhysicalFault(address, errorCode, table));
    }

    /** Does what the MMU says. */
    private KvmExit told(long address, int errorCode, FaultResult result) {
        if (observer != null) {
            observer.pageFault(address, errorCode, result);
        }
        return switch (result) {
            case FaultResult.Retry retry -> null;
            case FaultResult.Inject(long linear, int code) -> {
                backend.fetchRegisters(RegisterGroup.PRIVILEGE);
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

    /** The guest gets a fault, or what becomes of it and of an event that was on its way. */
    private KvmExit injectFault(int vector, boolean hasErrorCode, int errorCode) {
        // The handler's frame holds RF set, as for any fault.
        guest.cpu.state.systemFlags |= Rflags.RF;
        backend.registersChanged();
        countInjection();
        boolean protectedMode = guest.cpu.state.protectedMode();
        return event.fault(vector, hasErrorCode, errorCode, protectedMode) ? null : new KvmExit.Shutdown();
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
        backend.fetchRegisters(RegisterGroup.PAGING);
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
        guest.bus.beginDelivery();
        cpu.shadow = Processor.NO_SHADOW;
        cpu.nmiBlocked |= EventInformation.type(information) == EventInformation.NMI;
        cpu.events.inject(information, errorCode, length);
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
        fetchForInstruction();
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

    private void fetchForInstruction() {
        backend.fetchRegisters(RegisterGroup.TO_DECODE);
        backend.fetchRegisters(RegisterGroup.neededBy(guest.cpu.instructionAtRip(), guest.cpu.state.cpl));
    }

    private KvmExit fault(GuestFault fault) {
        if (!backend.canRun()) {
            guest.bus.beginDelivery();
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

    /**
     * User space has done iterations of the {@link KvmExit.StringIo} that {@link #run} came back for. The guest's registers and
     * time are then as after the last of them.
     *
     * @param read what INS has read, a value an iteration; for OUTS, as many of anything
     */
    void completeString(ImmutableIntArray read) {
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

    // ---- counts ----

    private void countInjection() {
        injected++;
        backend.ledger().injected();
    }

    /** Counts the guest instruction that the hypervisor has completed, or given an exception to, in its place. */
    private void countInstruction() {
        place.countInstruction();
    }

    // ---- state ----

    /** What is under way; the guest's registers are its processor's. */
    @Override
    public void state(StatePort port) {
        port.part("bus", guest.bus);
        emulating = port.flag("emulating", emulating);
        halted = port.flag("halted", halted);
        port.part("queue", queue);
        port.part("event", event);
        emulated = port.number("emulated", emulated);
        injected = port.number("injected", injected);
    }
}

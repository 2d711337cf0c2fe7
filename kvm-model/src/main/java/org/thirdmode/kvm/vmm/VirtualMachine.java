package org.thirdmode.kvm.vmm;

import com.google.common.collect.Range;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.KvmExit;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.UserMemory;
import org.thirdmode.kvm.Vcpu;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.Vm;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HandOver;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.device.StopCause;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.ImageLoader;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.bus.ProcessorSignals;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.memory.PhysicalMemory.Region;
import org.thirdmode.x86.paging.WalkCounters;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.time.GuestClock;

/**
 * A PC on KVM: the board and devices of the bare machine around a virtual CPU. The guest cannot tell the two apart: the same
 * image prints the same, after the same number of its own instructions.
 */
public final class VirtualMachine implements ProcessorSignals {
    /** Host-physical memory beside what guests have: tables, control structures. */
    private static final int HOST_ADDRESS_WIDTH = 46;

    private final MachineConfiguration configuration;
    private final Board board;
    private final HostMachine host;
    private final Vm vm;
    private final UserMemory ram;
    private final Vcpu vcpu;
    private final Optional<Image> image;
    private final LoadOptions options;
    private boolean slotsStale = true;
    private boolean resetPending;
    private boolean initPending;
    private final Told[] slots = new Told[32];
    private long slept;

    /** A virtual machine on a host with the configuration's own processor. */
    public VirtualMachine(
            MachineConfiguration configuration,
            MmuKind mmu,
            Optional<Image> image,
            LoadOptions options,
            HostPorts ports)
            throws ImageException {
        this(configuration, Virt.of(configuration.profile()), mmu, image, options, ports);
    }

    /**
     * A virtual machine with {@code image} loaded, or, where there is none, at its firmware's reset vector.
     *
     * @param configuration its board, and the processor that the guest is told of
     * @param virt what the host's processor has; where the configuration's has it, it is the host's too
     * @throws ImageException where the image or the firmware cannot be used
     */
    public VirtualMachine(
            MachineConfiguration configuration,
            Virt virt,
            MmuKind mmu,
            Optional<Image> image,
            LoadOptions options,
            HostPorts ports)
            throws ImageException {
        this.configuration = configuration;
        this.image = image;
        this.options = options;
        CpuProfile processor = virt.hostFor(configuration.profile());
        host = new HostMachine(processor, HOST_ADDRESS_WIDTH, configuration.detailed() ? processor.tlbs() : null);
        host.cpu.system.random.seed(configuration.seed());
        vm = new Vm(host);
        ram = new UserMemory(host, configuration.memory().top());
        PhysicalMemory memory = new PhysicalMemory(configuration.addressWidth(), this::sharedFrame);
        memory.onMapChanged(() -> slotsStale = true);
        board = new Board(configuration, ports, memory);
        updateSlots();
        vcpu = vm.createVcpu(configuration.profile(), board.localApic(), mmu);
        board.connect(this);
        if (configuration.firmware().isEmpty()) {
            boot();
        }
    }

    private void boot() throws ImageException {
        if (image.isEmpty()) {
            return;
        }
        board.actAsFirmware();
        Processor processor = vcpu.registers();
        HandOver.apply(processor, ImageLoader.load(image.get(), options, configuration.memory(), board.memory()));
        vcpu.setRegisters();
    }

    // ---- memory ----

    /** RAM is this process's memory; the board and the guest have the same frames. */
    private Frame sharedFrame(long guestPhysical) {
        return host.memory.frame(ram.hostAddress(guestPhysical));
    }

    /** One slot, as KVM was told. */
    private record Told(Range<Long> range, boolean readOnly) {}

    /** Tells KVM where RAM and ROM are. A region that has not changed keeps its slot. */
    private void updateSlots() {
        slotsStale = false;
        Map<Told, Region> wanted = new LinkedHashMap<>();
        board.memory().regions().asMapOfRanges().forEach((range, region) -> {
            if (!(region instanceof PhysicalMemory.Mmio)) {
                wanted.put(new Told(range, region instanceof PhysicalMemory.Rom), region);
            }
        });
        for (int n = 0; n < slots.length; n++) {
            boolean stays = slots[n] != null && !slots[n].readOnly() && wanted.remove(slots[n]) != null;
            if (!stays && slots[n] != null) {
                vm.removeMemoryRegion(n);
                slots[n] = null;
            }
        }
        wanted.forEach((told, region) -> setSlot(told));
    }

    private void setSlot(Told told) {
        int n = 0;
        while (slots[n] != null) {
            n++;
        }
        slots[n] = told;
        long base = told.range().lowerEndpoint();
        long size = told.range().upperEndpoint() - base;
        if (told.readOnly()) {
            UserMemory rom = new UserMemory(host, size);
            for (long at = 0; at < size; at += Frame.SIZE) {
                byte[] to = host.memory.frame(rom.hostAddress(at)).bytes;
                System.arraycopy(board.memory().frame(base + at).bytes, 0, to, 0, Frame.SIZE);
            }
            vm.setUserMemoryRegion(n, Set.of(Vm.SlotFlag.READ_ONLY), base, size, rom, 0);
        } else {
            vm.setUserMemoryRegion(n, Set.of(), base, size, ram, base);
        }
    }

    // ---- running ----

    /** The board, for its screen, its keyboard and its consoles. */
    public Board board() {
        return board;
    }

    /** The virtual CPU, for one who looks inside. */
    public Vcpu vcpu() {
        return vcpu;
    }

    /** Runs for at most {@code ticks} ticks of guest time. */
    public MachineOutcome run(long ticks) {
        GuestClock clock = board.clock();
        long end = ticks > Long.MAX_VALUE - vcpu.ticks() ? Long.MAX_VALUE : vcpu.ticks() + ticks;
        while (true) {
            clock.setNow(vcpu.ticks());
            if (clock.nextDeadline() <= clock.now()) {
                clock.fireDue();
            }
            Optional<MachineOutcome> outcome = stopped();
            if (outcome.isPresent()) {
                return outcome.get();
            }
            signals();
            interrupts();
            if (vcpu.ticks() >= end) {
                return new MachineOutcome.BudgetReached();
            }
            KvmExit exit = vcpu.run(Math.min(end, clock.nextDeadline()));
            clock.setNow(vcpu.ticksOfExit());
            outcome = handle(exit, end);
            if (outcome.isPresent()) {
                return outcome.get();
            }
        }
    }

    private Optional<MachineOutcome> handle(KvmExit exit, long end) {
        switch (exit) {
            case KvmExit.Io(int port, int size, boolean in, int value) -> {
                if (in) {
                    vcpu.answer(board.ports().read(port, size));
                } else {
                    board.ports().write(port, size, value);
                }
            }
            case KvmExit.Mmio(long address, int size, boolean write, long value) -> {
                if (write) {
                    board.memory().write(address, size, value);
                } else {
                    vcpu.answer(board.memory().read(address, size));
                }
            }
            case KvmExit.Hlt() -> {
                return sleep(end);
            }
            case KvmExit.Shutdown() -> {
                return Optional.of(new MachineOutcome.TripleFault());
            }
            case KvmExit.InterruptWindowOpen() -> {}
            case KvmExit.Interrupted() -> {}
            case KvmExit.FailEntry(long reason, String explanation) ->
                throw new IllegalStateException("the hardware refused the guest: " + reason + ", " + explanation);
            case KvmExit.Unknown(String hardwareExit) ->
                throw new IllegalStateException("an exit that KVM does not handle: " + hardwareExit);
        }
        return Optional.empty();
    }

    /** The guest halts until the next deadline of a device, or for good. */
    private Optional<MachineOutcome> sleep(long end) {
        if (board.localApic().interruptPending() && vcpu.readyForInterrupt()) {
            return Optional.empty();
        }
        boolean enabled = vcpu.readyForInterrupt();
        long wake = board.clock().nextDeadline();
        if (wake == GuestClock.NEVER || (!enabled && !board.mayWakeUnmaskably())) {
            return Optional.of(new MachineOutcome.Halted());
        }
        long until = Math.min(wake, end);
        if (until > vcpu.ticks()) {
            slept += until - vcpu.ticks();
            vcpu.sleepUntil(until);
        }
        return Optional.empty();
    }

    private void interrupts() {
        boolean pending = board.localApic().interruptPending();
        if (pending && vcpu.readyForInterrupt()) {
            vcpu.interrupt(board.localApic().acknowledgeInterrupt());
            pending = board.localApic().interruptPending();
        }
        vcpu.requestInterruptWindow(pending);
    }

    private Optional<MachineOutcome> stopped() {
        Optional<StopCause> cause = board.stopCause();
        if (cause.isEmpty()) {
            return Optional.empty();
        }
        board.clearStopCause();
        return switch (cause.get()) {
            case StopCause.ExitWritten(int value) -> Optional.of(new MachineOutcome.Exited(value));
            case StopCause.PoweredOff() -> Optional.of(new MachineOutcome.PoweredOff());
            case StopCause.ShutdownWritten() -> Optional.of(new MachineOutcome.PoweredOff());
            case StopCause.BootRequested() -> {
                try {
                    boot();
                } catch (ImageException e) {
                    throw new IllegalStateException("the image was loaded before", e);
                }
                yield Optional.empty();
            }
        };
    }

    // ---- pins ----

    private void signals() {
        if (slotsStale) {
            updateSlots();
        }
        if (resetPending || initPending) {
            Processor processor = vcpu.registers();
            processor.reset(!resetPending);
            resetPending = false;
            initPending = false;
            vcpu.setRegisters();
        }
    }

    @Override
    public void interruptLineChanged() {
        // Looked at before each entry.
    }

    @Override
    public void nmi() {
        vcpu.nmi();
    }

    @Override
    public void init() {
        initPending = true;
    }

    @Override
    public void startup(int vector) {
        // The one virtual CPU is the bootstrap processor: it waits for no startup IPI.
    }

    @Override
    public void reset() {
        resetPending = true;
    }

    @Override
    public void a20(boolean enabled) {
        // Gate A20 is always open in a virtual machine, as with KVM.
    }

    /** What the host processor's walks have done for the guest. */
    public WalkCounters walks() {
        return host.cpu.walker.counters;
    }

    /** Instructions of the guest so far: its ticks that were not slept through. */
    public long instructions() {
        return vcpu.ticks() - slept;
    }

    /** What was counted, by name, in the order to print. */
    public Map<String, Long> counts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("instructions", instructions());
        counts.put("ticks", vcpu.ticks());
        long sum = 0;
        for (long exits : vcpu.exits().values()) {
            sum += exits;
        }
        counts.put("VM exits", sum);
        vcpu.exits().forEach((reason, exits) -> counts.put("exits, " + reason, exits));
        counts.put("returns to user space", vcpu.userSpaceExits());
        counts.put("instructions emulated", vcpu.emulated());
        counts.put("events injected", vcpu.injected());
        vcpu.mmu().counters().list().forEach((name, count) -> {
            if (count != 0) {
                counts.put("MMU " + name, count);
            }
        });
        counts.put("host pages in use", host.pagesInUse());
        counts.putAll(board.counts());
        return counts;
    }
}

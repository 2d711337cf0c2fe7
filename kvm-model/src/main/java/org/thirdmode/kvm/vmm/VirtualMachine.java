package org.thirdmode.kvm.vmm;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostMachine;
import org.thirdmode.kvm.HostProcessor;
import org.thirdmode.kvm.KvmException;
import org.thirdmode.kvm.KvmExit;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.UserMemory;
import org.thirdmode.kvm.Vcpu;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.Vm;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HandOver;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.device.StopCause;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.ImageLoader;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.pc.snapshot.MachineDescription;
import org.thirdmode.pc.snapshot.StateFile;
import org.thirdmode.pc.snapshot.StateHeader;
import org.thirdmode.x86.bus.ProcessorSignals;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.WalkCounters;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.time.GuestClock;

/**
 * A PC on KVM: the board and devices of the bare machine around a virtual CPU. The guest cannot tell the two apart: the same
 * image prints the same, after the same number of its own instructions.
 */
public final class VirtualMachine implements ProcessorSignals, AutoCloseable {
    /** What a state file calls it. */
    public static final String ON = "kvm";

    private static final String EXITS = "exits, ";
    private static final String MMU = "MMU ";
    private static final String HOST = "host, ";

    /** Counts of an MMU that say how much there is, not how often something happened. */
    private static final Set<String> LEVELS =
            Set.of("pages in use", "pages in use, peak", "rmap entries", "rmap longest");

    private static final int MOST_COUNTS = 1 << 12;

    private final MachineDescription description;
    private final HostPorts ports;
    private final MmuKind mmu;
    private final Board board;
    private final HostConfiguration on;
    private final HostMachine host;
    private final Vm vm;
    private final SlotMap slots;
    private final Vcpu vcpu;
    private boolean resetPending;
    private boolean initPending;

    /** Whether one of the processor's pins was driven that no instruction outlives. */
    private boolean signalled;

    private long slept;
    private final Life life;
    private Screen screen;

    /** What was counted before the machine was read from a file. */
    private final Map<String, Long> before = new TreeMap<>();

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

    /** A virtual machine whose memory is pages of 4 KBytes of the host. */
    public VirtualMachine(
            MachineConfiguration configuration,
            Virt virt,
            MmuKind mmu,
            Optional<Image> image,
            LoadOptions options,
            HostPorts ports)
            throws ImageException {
        this(configuration, HostConfiguration.of(virt, configuration.profile()), mmu, image, options, ports);
    }

    /**
     * A virtual machine with {@code image} loaded, or, where there is none, at its firmware's reset vector.
     *
     * @param configuration its board, and the processor that the guest is told of
     * @param on what it runs on
     * @throws ImageException where the image or the firmware cannot be used
     * @throws IllegalArgumentException where such a host cannot run such a guest
     */
    public VirtualMachine(
            MachineConfiguration configuration,
            HostConfiguration on,
            MmuKind mmu,
            Optional<Image> image,
            LoadOptions options,
            HostPorts ports)
            throws ImageException {
        this(new MachineDescription(configuration, image, options), on, mmu, ports);
        if (configuration.firmware().isEmpty()) {
            boot();
        }
    }

    /** A virtual machine after reset. */
    private VirtualMachine(MachineDescription description, HostConfiguration on, MmuKind mmu, HostPorts ports)
            throws ImageException {
        this.description = description;
        this.on = on;
        this.ports = ports;
        this.mmu = mmu;
        MachineConfiguration configuration = description.configuration();
        on.require(on.told(configuration.profile()), configuration.memory().size());
        host = new HostMachine(
                on, configuration.addressWidth(), configuration.modelledTlbs(on.processor()), mmu == MmuKind.AGILE);
        host.cpu.system.random.seed(configuration.seed());
        host.instructionTime(configuration.instructionTime());
        vm = new Vm(host);
        UserMemory ram = new UserMemory(host, configuration.memory().top(), on.pages());
        slots = new SlotMap(host, vm, ram, configuration.addressWidth());
        board = new Board(configuration, ports, slots.memory());
        slots.update();
        vcpu = vm.createVcpu(configuration.profile(), new ApicInTime(board.localApic(), this::tellTime), mmu);
        board.clock().onNearerDeadline(vcpu::comeBack);
        board.connect(this);
        board.busMasters().onWrite(vm::written);
        life = new Life(host::kick, this::release);
    }

    private void tellTime() {
        // The processor writes to the APIC when it is made: time has not begun.
        if (vcpu != null) {
            board.clock().setNow(vcpu.ticksOfExit());
        }
    }

    private void boot() throws ImageException {
        if (description.image().isEmpty()) {
            return;
        }
        board.actAsFirmware();
        MemoryLayout layout = description.configuration().memory();
        Processor processor = vcpu.registers();
        HandOver.apply(
                processor,
                ImageLoader.load(
                        description.image().get(), description.options(), layout, board.memory(), processor.profile));
        vcpu.setRegisters();
    }

    // ---- running ----

    /** The board, for its screen, its keyboard and its consoles. */
    public Board board() {
        return board;
    }

    /** What it runs on. */
    public HostConfiguration host() {
        return on;
    }

    /** The virtual CPU, for one who looks inside. */
    public Vcpu vcpu() {
        return vcpu;
    }

    /** The host's physical memory, for one who looks inside. */
    public PhysicalMemory hostMemory() {
        return host.memory;
    }

    /**
     * Runs for at most {@code ticks} ticks of guest time.
     *
     * @throws KvmException.VcpuBusy where another thread runs it
     * @throws KvmException.VmDestroyed where it was closed or killed
     */
    public MachineOutcome run(long ticks) {
        life.begin();
        try {
            return runFor(ticks);
        } finally {
            life.end();
        }
    }

    private MachineOutcome runFor(long ticks) {
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
            if (life.interrupted()) {
                return new MachineOutcome.Interrupted();
            }
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
            case KvmExit.StringIo string -> repeat(string);
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
            case KvmExit.Debug ignored -> {
                return Optional.of(new MachineOutcome.Interrupted());
            }
            case KvmExit.FailEntry(long reason, String explanation) -> {
                return Optional.of(new MachineOutcome.HypervisorFailed(
                        "the processor refused to enter the guest, reason " + reason + ": " + explanation));
            }
            case KvmExit.Unknown(String hardwareExit) -> {
                return Optional.of(new MachineOutcome.HypervisorFailed("KVM does not know this exit: " + hardwareExit));
            }
        }
        return Optional.empty();
    }

    /** A repeated string instruction goes on as long as nothing happens that the bare machine would see in between. */
    private void repeat(KvmExit.StringIo io) {
        GuestClock clock = board.clock();
        boolean interruptible = vcpu.interruptFlag();
        ImmutableIntArray.Builder read = ImmutableIntArray.builder(io.count());
        signalled = false;
        long now = clock.now();
        for (int n = 0; n < io.count(); n++) {
            clock.setNow(now + (n * ticksOf(1)));
            if (io.in()) {
                read.add(board.ports().read(io.port(), io.size()));
            } else {
                board.ports().write(io.port(), io.size(), io.data().get(n));
                read.add(0);
            }
            boolean interrupts = interruptible && board.localApic().interruptPending();
            boolean stops = board.stopCause().isPresent();
            if (interrupts || stops || signalled || slots.stale() || clock.nextDeadline() <= clock.now()) {
                break;
            }
        }
        vcpu.completeString(read.build());
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
            case StopCause.Reset() -> Optional.of(new MachineOutcome.Reset());
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
        slots.update();
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
        signalled = true;
        vcpu.nmi();
    }

    @Override
    public void init() {
        signalled = true;
        initPending = true;
    }

    @Override
    public void startup(int vector) {
        // The one virtual CPU is the bootstrap processor: it waits for no startup IPI.
    }

    @Override
    public void reset() {
        signalled = true;
        resetPending = true;
    }

    @Override
    public void a20(boolean enabled) {
        // Gate A20 is always open in a virtual machine, as with KVM.
    }

    /** The host's processors, for one who watches what they do. */
    public List<Processor> hostProcessors() {
        return host.processors().stream().map(processor -> processor.cpu).toList();
    }

    /** What the walks of the host's processors have done for the guest. */
    public WalkCounters walks() {
        List<HostProcessor> processors = host.processors();
        if (processors.size() == 1) {
            return host.cpu.walker.counters;
        }
        WalkCounters sum = new WalkCounters();
        processors.forEach(processor -> sum.add(processor.cpu.walker.counters));
        return sum;
    }

    /** Instructions of the guest so far: its ticks that were not slept through. */
    public long instructions() {
        return (vcpu.ticks() - slept) / ticksOf(1);
    }

    /** The ticks that so many instructions take; {@link Long#MAX_VALUE} where a long holds no more. */
    public long ticksOf(long instructions) {
        return description.configuration().ticksOf(instructions);
    }

    // ---- the screen ----

    /** From now on the screen is drawn only where the guest has written: QEMU's {@code vga_update_display}. */
    public Screen watchScreen() {
        if (screen == null) {
            screen = new Screen(board.vga(), slots);
        }
        return screen;
    }

    // ---- from other threads, as signals to a process ----

    /**
     * Asks {@link #run} to come back with {@link MachineOutcome.Interrupted}, at once where it is not running when it is
     * called next: SIGSTOP. Nothing is lost, {@link #run} goes on. From any thread.
     */
    public void interrupt() {
        life.interrupt();
    }

    /** Ends the machine, whatever it does, and gives back all that it has: SIGKILL. From any thread; once more does nothing. */
    public void kill() {
        life.kill();
    }

    /**
     * Gives back all that the machine has.
     *
     * @throws KvmException.VcpuBusy where another thread runs it: {@link #kill} waits for no one
     */
    @Override
    public void close() {
        life.close();
    }

    private void release() {
        vm.destroy();
        slots.release();
    }

    // ---- state ----

    /**
     * Writes the machine to {@code file}; it goes on afterwards as if it had not been.
     *
     * @throws IOException where the file cannot be written: it is then as it was
     */
    public void save(Path file) throws IOException {
        life.begin();
        try {
            StateFile.write(file, this::write);
        } finally {
            life.end();
        }
    }

    private void write(StatePort port) {
        new StateHeader(description, ports).write(port, ON);
        SavedHost.through(port, on);
        port.choice("mmu", mmu);
        state(port);
    }

    /**
     * The machine that {@link #save} wrote to {@code file}. What the guest can see goes on to the bit; the tables of the MMU
     * are made anew, so what they cost comes to what was counted before.
     *
     * @param host what to go on on, if not on the like of what it ran on: told that, and the guest's processor
     * @param mmu how its memory is translated from now on, if not as before
     * @param ports the host's side, with the disks that the state names, or copies of them
     * @throws StateException where the file is no state of a virtual machine, or the disk has changed: in one line
     */
    public static VirtualMachine restore(
            Path file,
            BiFunction<HostConfiguration, CpuProfile, HostConfiguration> host,
            Optional<MmuKind> mmu,
            Function<List<DiskFile>, HostPorts> ports)
            throws IOException {
        return StateFile.read(file, port -> {
            StateHeader header = StateHeader.read(port, ON, ports);
            HostConfiguration savedHost = SavedHost.read(port);
            MmuKind savedMmu = port.choice("mmu", MmuKind.NESTED);
            try {
                HostConfiguration on = host.apply(
                        savedHost, header.description().configuration().profile());
                VirtualMachine machine =
                        new VirtualMachine(header.description(), on, mmu.orElse(savedMmu), header.host());
                machine.state(port);
                return machine;
            } catch (ImageException | IllegalArgumentException e) {
                throw new StateException(e.getMessage());
            }
        });
    }

    private void state(StatePort port) {
        port.part("memory", slots);
        port.part("board", board);
        slots.update();
        port.part("random numbers", vcpu.processor().system.random);
        port.part("vcpu", vcpu);
        resetPending = port.flag("reset pending", resetPending);
        initPending = port.flag("init pending", initPending);
        slept = port.number("slept", slept);
        port.part("counted before", this::counted);
    }

    /** The counts that add up. */
    private void counted(StatePort port) {
        Map<String, Long> sums = hypervisorCounts();
        Iterator<String> names = List.copyOf(sums.keySet()).iterator();
        int size = port.within("counts", sums.size(), 0, MOST_COUNTS);
        for (int i = 0; i < size; i++) {
            String name = port.text("name", port.restoring() ? "" : names.next());
            long now = sums.getOrDefault(name, 0L);
            long count = port.number("count", now);
            if (port.restoring()) {
                // What it took to make the machine anew does not count.
                before.put(name, count - now);
            }
        }
    }

    /** Exits by reason, and what the MMU did, from the first instruction on. */
    private Map<String, Long> hypervisorCounts() {
        Map<String, Long> counts = new TreeMap<>(before);
        vcpu.exits().forEach((reason, exits) -> counts.merge(EXITS + reason, exits, Long::sum));
        vcpu.switches().forEach((name, count) -> counts.merge(HOST + name, count, Long::sum));
        vcpu.mmu().counters().list().forEach((name, count) -> {
            if (!LEVELS.contains(name)) {
                counts.merge(MMU + name, count, Long::sum);
            }
        });
        return counts;
    }

    /** Pages of the host that are out for this machine: its memory, its tables, its control structures. */
    public long hostPages() {
        return host.pagesInUse();
    }

    /** What was counted, by name, in the order to print. */
    public Map<String, Long> counts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("instructions", instructions());
        counts.put("ticks", vcpu.ticks());
        Map<String, Long> sums = hypervisorCounts();
        long exits = 0;
        for (Map.Entry<String, Long> sum : sums.entrySet()) {
            exits += sum.getKey().startsWith(EXITS) ? sum.getValue() : 0;
        }
        counts.put("VM exits", exits);
        for (String reason : vcpu.exits().keySet()) {
            counts.put(EXITS + reason, sums.remove(EXITS + reason));
        }
        sums.forEach((name, count) -> {
            if (name.startsWith(EXITS)) {
                counts.put(name, count);
            }
        });
        counts.put("returns to user space", vcpu.userSpaceExits());
        if (vcpu.kernelExits() != 0) {
            counts.put("served by the irqchip in the hypervisor", vcpu.kernelExits());
        }
        sums.forEach((name, count) -> {
            if (name.startsWith(HOST)) {
                counts.put(name.substring(HOST.length()), count);
            }
        });
        counts.put("light exits", exits - sums.get(HOST + Vcpu.HOST_STATE_RELOADS));
        counts.put("instructions emulated", vcpu.emulated());
        counts.put("events injected", vcpu.injected());
        vcpu.mmu().counters().list().forEach((name, count) -> {
            long sum = sums.getOrDefault(MMU + name, count);
            if (sum != 0) {
                counts.put(MMU + name, sum);
            }
        });
        counts.put("page walks", walks().walks);
        counts.put("page-walk references, first dimension", walks().allTableReferences());
        counts.put("page-walk references, second dimension", walks().allNestedReferences());
        if (vcpu.mmu() instanceof AgileMmu agile) {
            agile.agileCounts().forEach((name, count) -> counts.put("agile paging, " + name, count));
            long[] walks = AgileMmu.walksByNesting(walks());
            for (int nested = 0; nested < walks.length; nested++) {
                counts.put("agile paging, walks with " + nested + " nested", walks[nested]);
            }
        }
        counts.put("host pages in use", host.pagesInUse());
        if (screen != null) {
            counts.put("screen refreshes", screen.refreshes());
            counts.put("screen rows drawn", screen.rowsDrawn());
        }
        counts.putAll(board.counts());
        return counts;
    }
}

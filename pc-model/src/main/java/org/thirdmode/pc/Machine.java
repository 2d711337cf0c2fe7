package org.thirdmode.pc;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
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
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.WalkCounters;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.tlb.TlbCount;

/**
 * The bare machine: a {@link Board} with a processor, an image loaded, ready to run.
 *
 * <p>A run is a function of configuration, image, options and what the host types: it repeats to the bit.
 */
public final class Machine {
    /** Ticks between two looks whether the processor sleeps for good. */
    private static final long SLICE = 1L << 27;

    /** What a state file calls it. */
    public static final String ON = "bare";

    private static final int MOST_COUNTS = 1 << 12;

    private final MachineDescription description;
    private final HostPorts host;
    private final Board board;
    private final Processor processor;

    /** Of the processor's counts, what was counted before the machine was read from a file. */
    private final Map<String, Long> before = new TreeMap<>();

    /**
     * A machine with {@code image} loaded, or, where there is none, at its firmware's reset vector.
     *
     * @throws ImageException where the image or the firmware cannot be used
     */
    public Machine(MachineConfiguration configuration, Optional<Image> image, LoadOptions options, HostPorts host)
            throws ImageException {
        this(new MachineDescription(configuration, image, options), host);
        if (configuration.firmware().isEmpty()) {
            boot();
        }
    }

    /** A machine after reset. */
    private Machine(MachineDescription description, HostPorts host) throws ImageException {
        this.description = description;
        this.host = host;
        MachineConfiguration configuration = description.configuration();
        board = new Board(configuration, host);
        CpuProfile profile = configuration.profile();
        processor = new Processor(
                board.memory(),
                board.ports(),
                board.localApic(),
                board.clock(),
                configuration.extension().isPresent() ? profile : profile.withoutVirtualization(),
                configuration.modelledTlbs(profile));
        configuration.extension().ifPresent(made -> processor.extend(made.apply(processor)));
        processor.system.random.seed(configuration.seed());
        processor.instructionTime(configuration.instructionTime());
        board.connect(processor);
        processor.ferr = board::coprocessorError;
        board.onStop(processor::requestStop);
        board.regions().count(() -> withProcessor(board.growingCounts()));
    }

    /** Loads the image and puts processor and devices into the state in which it starts. */
    private void boot() throws ImageException {
        if (description.image().isEmpty()) {
            return; // the stub's reset vector, which asks for an image and halts
        }
        board.actAsFirmware();
        MemoryLayout layout = description.configuration().memory();
        HandOver.apply(
                processor,
                ImageLoader.load(
                        description.image().get(), description.options(), layout, board.memory(), processor.profile));
    }

    /** The board, for its screen, its keyboard and its consoles. */
    public Board board() {
        return board;
    }

    /** The processor, for one who looks inside. */
    public Processor processor() {
        return processor;
    }

    /** The ticks that so many instructions take; {@link Long#MAX_VALUE} where a long holds no more. */
    public long ticksOf(long instructions) {
        return description.configuration().ticksOf(instructions);
    }

    /** Runs for at most {@code ticks} ticks of guest time: instructions, and what the processor slept in between. */
    public MachineOutcome run(long ticks) {
        long now = processor.now();
        long end = ticks > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + ticks;
        while (true) {
            long slice = Math.min(end, Math.min(processor.now(), Long.MAX_VALUE - SLICE) + SLICE);
            Processor.Stop stop = processor.run(slice);
            Optional<StopCause> cause = board.stopCause();
            if (cause.isPresent()) {
                Optional<MachineOutcome> outcome = outcomeOf(cause.get());
                if (outcome.isPresent()) {
                    return outcome.get();
                }
            } else {
                switch (stop) {
                    case SHUTDOWN -> {
                        return new MachineOutcome.TripleFault();
                    }
                    case DEAD -> {
                        return new MachineOutcome.Halted();
                    }
                    case TICK, REQUESTED -> {
                        if (sleepsForGood()) {
                            return new MachineOutcome.Halted();
                        }
                        if (processor.now() >= end) {
                            return new MachineOutcome.BudgetReached();
                        }
                    }
                }
            }
        }
    }

    /** What a device's wish means; empty where the machine goes on. */
    private Optional<MachineOutcome> outcomeOf(StopCause cause) {
        board.clearStopCause();
        return switch (cause) {
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

    private boolean sleepsForGood() {
        // Guest mode has more that wakes: a hypervisor's timer, and interrupts whatever RFLAGS.IF says.
        boolean halted = processor.activity == Processor.Activity.HLT && !processor.nmiPending && !processor.guestMode;
        return halted && (processor.state.systemFlags & Rflags.IF) == 0 && !board.mayWakeUnmaskably();
    }

    /** What was counted, by name, in the order to print; at the end, what of it in each region of interest. */
    public Map<String, Long> counts() {
        Map<String, Long> counts = withProcessor(board.counts());
        counts.putAll(board.regions().counts());
        return counts;
    }

    private Map<String, Long> withProcessor(Map<String, Long> boardCounts) {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("instructions", processor.instructions());
        counts.put("ticks", processor.now());
        translationCounts().forEach((name, count) -> counts.put(name, count + before.getOrDefault(name, 0L)));
        counts.putAll(boardCounts);
        return counts;
    }

    /** What only this process has counted, since the machine was made or read from a file. */
    private Map<String, Long> translationCounts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        WalkCounters walks = processor.walker.counters;
        counts.put("page walks", walks.walks);
        for (int level = walks.tableReferences.length - 1; level > 0; level--) {
            counts.put("page-walk references, level " + level, walks.tableReferences[level]);
        }
        counts.put("Accessed and Dirty updates", walks.flagUpdates);
        counts.put("page faults", walks.pageFaults);
        counts.put("PDPTE loads", walks.pdpteLoads);
        for (TlbCount count : processor.mmu.tlbCounts()) {
            counts.put(count.structure() + " lookups", count.lookups());
            counts.put(count.structure() + " hits", count.hits());
            counts.put(count.structure() + " fills", count.fills());
        }
        return counts;
    }

    // ---- state ----

    /**
     * Writes the machine to {@code file}; it goes on afterwards as if it had not been.
     *
     * @throws StateException where it cannot be written down: the guest is a hypervisor
     * @throws IOException where the file cannot be written: it is then as it was
     */
    public void save(Path file) throws IOException {
        StateFile.write(file, port -> {
            new StateHeader(description, host).write(port, ON);
            port.flag("extension", description.configuration().extension().isPresent());
            state(port);
        });
    }

    /**
     * The machine that {@link #save} wrote to {@code file}. It goes on to the bit, but that the TLBs are empty, as they may be
     * at any time.
     *
     * @param extension makes the VMX or SVM of a processor, for a machine that had it
     * @param ports the host's side, with the disks that the state names, or copies of them
     * @throws StateException where the file is no state of a bare machine, or the disk has changed: in one line
     */
    public static Machine restore(
            Path file,
            Function<CpuProfile, Optional<Function<Processor, Extension>>> extension,
            Function<List<DiskFile>, HostPorts> ports)
            throws IOException {
        return StateFile.read(file, port -> {
            StateHeader header = StateHeader.read(port, ON, ports);
            MachineDescription description = header.description();
            if (port.flag("extension", false)) {
                CpuProfile profile = description.configuration().profile();
                description = description.withExtension(extension
                        .apply(profile)
                        .orElseThrow(
                                () -> new StateException("its processor, " + profile.name() + ", is not known here")));
            }
            try {
                Machine machine = new Machine(description, header.host());
                machine.state(port);
                return machine;
            } catch (ImageException | IllegalArgumentException e) {
                throw new StateException(e.getMessage());
            }
        });
    }

    /** RAM stands in the board's address map, which devices change: they come first. */
    private void state(StatePort port) {
        port.part("board", board);
        port.part("memory", board.memory());
        port.part("random numbers", processor.system.random);
        port.part("processor", processor);
        port.part("extension", processor.extension);
        port.part("counted before", this::counted);
        if (port.restoring()) {
            processor.interruptLineChanged();
        }
    }

    private void counted(StatePort port) {
        Map<String, Long> sums = withProcessor(Map.of());
        Iterator<String> names = List.copyOf(sums.keySet()).iterator();
        int size = port.within("counts", sums.size(), 0, MOST_COUNTS);
        for (int i = 0; i < size; i++) {
            String name = port.text("name", port.restoring() ? "" : names.next());
            long count = port.number("count", sums.getOrDefault(name, 0L));
            if (port.restoring()) {
                before.put(name, count);
            }
        }
    }
}

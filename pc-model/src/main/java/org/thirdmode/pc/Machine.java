package org.thirdmode.pc;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.pc.device.StopCause;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.ImageLoader;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.WalkCounters;
import org.thirdmode.x86.profile.CpuProfile;
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

    private final MachineConfiguration configuration;
    private final Board board;
    private final Processor processor;
    private final Optional<Image> image;
    private final LoadOptions options;

    /**
     * A machine with {@code image} loaded, or, where there is none, at its firmware's reset vector.
     *
     * @throws ImageException where the image or the firmware cannot be used
     */
    public Machine(MachineConfiguration configuration, Optional<Image> image, LoadOptions options, HostPorts host)
            throws ImageException {
        this.configuration = configuration;
        this.image = image;
        this.options = options;
        board = new Board(configuration, host);
        CpuProfile profile = configuration.profile();
        processor = new Processor(
                board.memory(),
                board.ports(),
                board.localApic(),
                board.clock(),
                configuration.extension().isPresent() ? profile : profile.withoutVirtualization(),
                configuration.detailed() ? profile.tlbs() : null);
        configuration.extension().ifPresent(made -> processor.extend(made.apply(processor)));
        processor.system.random.seed(configuration.seed());
        board.connect(processor);
        processor.ferr = board::coprocessorError;
        board.onStop(processor::requestStop);
        board.regions().count(() -> withProcessor(board.growingCounts()));
        if (configuration.firmware().isEmpty()) {
            boot();
        }
    }

    /** Loads the image and puts processor and devices into the state in which it starts. */
    private void boot() throws ImageException {
        if (image.isEmpty()) {
            return; // the stub's reset vector, which asks for an image and halts
        }
        board.actAsFirmware();
        HandOver.apply(processor, ImageLoader.load(image.get(), options, configuration.memory(), board.memory()));
    }

    /** The board, for its screen, its keyboard and its consoles. */
    public Board board() {
        return board;
    }

    /** The processor, for one who looks inside. */
    public Processor processor() {
        return processor;
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
        counts.putAll(boardCounts);
        return counts;
    }
}

package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.thirdmode.cli.operator.Operator;
import org.thirdmode.cost.Counts;
import org.thirdmode.lab.CachesOfRun;
import org.thirdmode.lab.RunCounts;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.device.Uart16550;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.exec.Processor;

/** The bare machine: the board with its processor, and nothing between the guest and them. */
final class BareMachine implements Bare {
    /** The largest ROM that a board takes. */
    private static final long LARGEST_ROM = 16 << 20;

    @Override
    public Report run(BareRun what, SerialOutput serial) {
        try (DebugConsoleFile debug = DebugConsoleFile.open(what.debugConsole());
                Disks disks = Disks.open(what);
                Operator operator = what.operator().open()) {
            HostPorts ports = new HostPorts(heard(serial, operator), debug::write);
            Machine machine = what.restore().isPresent()
                    ? restored(what.restore().get(), disks, ports)
                    : machine(what, disks, ports);
            Optional<CachesOfRun> caches = what.caches().map(profile -> CachesOfRun.of(profile, machine));
            operator.at(machine.board());
            if (what.noReboot()) {
                machine.board().endAtReset();
            }
            Outcome outcome;
            try (Pace pace = Pace.of(what, machine)) {
                BoundedRun run = new BoundedRun(machine, pace, serial, operator);
                outcome = what.save().isPresent()
                        ? runAndSave(machine, run, what.save().get(), what.maxInstructions())
                        : what.flips().isEmpty() ? run.run(what.maxInstructions()) : runWithErrors(what, machine, run);
            } catch (UserError | SerialOutput.Closed e) {
                throw e;
            } catch (RuntimeException | StackOverflowError e) {
                outcome = new Outcome.Bug(where(machine.processor()), e);
            }
            return new Report(
                    outcome,
                    machine.counts(),
                    machine.board().vga().rows(),
                    Optional.of(machine.board().vga().contents()),
                    disks.warnings(machine.board()),
                    priced(what, machine).map(counts -> CachesOfRun.added(caches, counts)));
        }
    }

    /** What the guest sends goes out, and to who is at the machine. */
    static Uart16550.Sink heard(SerialOutput serial, Operator operator) {
        return value -> {
            serial.write(value);
            operator.received(value);
        };
    }

    private static Outcome runWithErrors(BareRun what, Machine machine, BoundedRun run) {
        return Flip.during(
                what.flips(),
                machine.board(),
                machine.processor()::instructions,
                end -> run.run(end == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(end)),
                what.maxInstructions().orElse(Long.MAX_VALUE));
    }

    private static Outcome runAndSave(Machine machine, BoundedRun run, SavePoint point, OptionalLong budget) {
        Processor processor = machine.processor();
        point.require(processor.instructions());
        Outcome outcome = run.run(OptionalLong.of(Math.min(budget.orElse(Long.MAX_VALUE), point.instructions())));
        return point.reached(outcome, processor.instructions()) ? point.save(machine::save) : outcome;
    }

    private static Machine restored(Path file, Disks disks, HostPorts ports) {
        return SavePoint.restored(
                file, () -> Machine.restore(file, ProcessorChoice::extensionOf, saved -> disks.in(ports, saved)));
    }

    /** What was counted before a machine was saved is not to be had by parts. */
    private static Optional<Counts> priced(BareRun what, Machine machine) {
        return what.restore().isPresent()
                ? Optional.empty()
                : Optional.of(RunCounts.of(name(what), configuration(what), machine));
    }

    /** What runs, for tables of prices. */
    static String name(BareRun what) {
        return (what.image().orElse("") + " " + what.append()).strip();
    }

    static Machine machine(BareRun what, Disks disks, HostPorts host) {
        try {
            return new Machine(configuration(what), imageOf(what, disks), loadOptions(what), disks.in(host));
        } catch (ImageException e) {
            throw new UserError(e.getMessage());
        }
    }

    /** The image that was asked for; where neither it nor a ROM was, the boot sector of the disk. */
    static Optional<Image> imageOf(BareRun what, Disks disks) {
        if (what.image().isEmpty() && what.bios().isEmpty()) {
            return disks.bootSector();
        }
        return what.image().map(name -> image(Input.image(name, what.memory())));
    }

    static LoadOptions loadOptions(BareRun what) {
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine(what.append()).withModules(modules(what));
        return what.raw().isPresent() ? options.withRawAddress(what.raw().getAsLong()) : options;
    }

    static MachineConfiguration configuration(BareRun what) {
        ProcessorChoice processor = what.cpu().map(ProcessorChoice::named).orElse(ProcessorChoice.GENERIC);
        MachineConfiguration configuration = processor.in(
                withMemory(what.memory()).withSeed(what.seed()).withInstructionTime(what.instructionTime()));
        if (what.fidelity() == Fidelity.DETAILED || what.caches().isPresent()) {
            configuration = configuration.withDetail();
        }
        if (what.network()) {
            configuration = configuration.withNetwork();
        }
        if (what.bios().isEmpty()) {
            return configuration;
        }
        return configuration.withFirmware(image(Input.file(what.bios().get(), "a ROM", LARGEST_ROM)));
    }

    static MachineConfiguration withMemory(long size) {
        try {
            return MachineConfiguration.DEFAULT.withMemory(size);
        } catch (IllegalArgumentException e) {
            throw new UserError(
                    "--memory " + Size.inWords(size) + ": expected a multiple of 1M, at least 1M and at most 2097152G");
        }
    }

    /** A module is a file, and after a space its command line. */
    private static List<LoadOptions.Module> modules(BareRun what) {
        List<LoadOptions.Module> modules = new ArrayList<>();
        for (String module : what.modules()) {
            int space = module.indexOf(' ');
            Path file = Path.of(space < 0 ? module : module.substring(0, space));
            String arguments = space < 0 ? "" : module.substring(space + 1);
            Input input = Input.file(file, "--memory " + Size.inWords(what.memory()), what.memory());
            modules.add(new LoadOptions.Module(image(input), arguments));
        }
        return modules;
    }

    private static Image image(Input input) {
        return new Image(input.name(), input.bytes());
    }

    /** What one needs to come back to where the model failed. */
    private static String where(Processor processor) {
        return String.format(
                "after %d instructions, at %04x:%x, %d-bit code",
                processor.instructions(),
                processor.state.segments[1].selector,
                processor.state.instructionRip,
                processor.state.codeWidth);
    }
}

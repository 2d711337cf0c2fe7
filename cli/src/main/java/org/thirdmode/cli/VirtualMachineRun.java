package org.thirdmode.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.thirdmode.cli.operator.Operator;
import org.thirdmode.cost.Counts;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.CachesOfRun;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.lab.RunCounts;
import org.thirdmode.lab.trace.VcpuTrace;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.ImageException;

/** An image in a virtual machine: the same board, and KVM between the guest and the processor. */
final class VirtualMachineRun {
    /** Instructions at once: often enough out of the machine to hear an interruption and to show a prompt. */
    private static final long STRETCH = 1L << 22;

    private final HypervisorOptions hypervisor;
    private final boolean screen;

    /**
     * A run.
     *
     * @param screen whether the text screen is drawn, from the dirty log of its memory
     */
    VirtualMachineRun(HypervisorOptions hypervisor, boolean screen) {
        this.hypervisor = hypervisor;
        this.screen = screen;
    }

    /** As {@link Bare#run}. */
    Report run(BareRun what, SerialOutput serial) {
        try (DebugConsoleFile debug = DebugConsoleFile.open(what.debugConsole());
                Disks disks = Disks.open(what);
                Operator operator = what.operator().open()) {
            HostPorts ports = new HostPorts(BareMachine.heard(serial, operator), debug::write);
            VirtualMachine machine = what.restore().isPresent()
                    ? restored(what.restore().get(), disks, ports)
                    : machine(what, disks, ports);
            hypervisor.irqchip().ifPresent(machine.vcpu()::irqchip);
            operator.at(machine.board());
            if (what.noReboot()) {
                machine.board().endAtReset();
            }
            if (screen) {
                machine.watchScreen();
            }
            Optional<CachesOfRun> caches = what.caches().map(profile -> CachesOfRun.of(profile, machine));
            Outcome outcome;
            try (TraceFile trace = what.trace().map(TraceFile.Choice::open).orElse(null)) {
                if (trace != null) {
                    machine.vcpu().observe(new VcpuTrace(machine.vcpu(), trace::write));
                }
                long budget = what.maxInstructions().orElse(Long.MAX_VALUE);
                outcome = what.save().isPresent()
                        ? runAndSave(machine, what.save().get(), budget, serial, operator)
                        : Flip.during(
                                what.flips(),
                                machine.board(),
                                machine::instructions,
                                end -> run(machine, end, serial, operator),
                                budget);
            } catch (UserError | SerialOutput.Closed e) {
                throw e;
            } catch (RuntimeException | StackOverflowError e) {
                outcome = new Outcome.Bug("after " + machine.instructions() + " instructions of the guest", e);
            }
            List<String> rows = machine.board().vga().rows();
            if (screen) {
                machine.watchScreen().refresh();
                rows = machine.watchScreen().rows();
            }
            return new Report(
                    outcome,
                    machine.counts(),
                    rows,
                    Optional.of(machine.board().vga().contents()),
                    disks.warnings(machine.board()),
                    priced(what, machine).map(counts -> CachesOfRun.added(caches, counts)));
        }
    }

    /** What was counted before a machine was saved is not to be had by parts. */
    private Optional<Counts> priced(BareRun what, VirtualMachine machine) {
        if (what.restore().isPresent()) {
            return Optional.empty();
        }
        MachineConfiguration configuration = BareMachine.configuration(what);
        Hypervisor on = new Hypervisor(
                hypervisor.hostFor(configuration.profile()).virt(),
                hypervisor.mmu().orElse(MmuKind.NESTED),
                hypervisor.host());
        return Optional.of(RunCounts.of(BareMachine.name(what), configuration, on, machine));
    }

    VirtualMachine machine(BareRun what, Disks disks, HostPorts ports) {
        try {
            what.image().ifPresent(image -> HostOptions.require(hypervisor.host(), image));
            MachineConfiguration configuration = BareMachine.configuration(what);
            return new VirtualMachine(
                    configuration,
                    hypervisor.hostFor(configuration.profile()),
                    hypervisor.mmu().orElse(MmuKind.NESTED),
                    BareMachine.imageOf(what, disks),
                    BareMachine.loadOptions(what),
                    disks.in(ports));
        } catch (ImageException e) {
            throw new UserError(e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new UserError("--on kvm: " + e.getMessage());
        }
    }

    private VirtualMachine restored(Path file, Disks disks, HostPorts ports) {
        return SavePoint.restored(
                file,
                () -> VirtualMachine.restore(
                        file, hypervisor::hostFor, hypervisor.mmu(), saved -> disks.in(ports, saved)));
    }

    private Outcome runAndSave(
            VirtualMachine machine, SavePoint point, long budget, SerialOutput serial, Operator operator) {
        point.require(machine.instructions());
        Outcome outcome = run(machine, Math.min(budget, point.instructions()), serial, operator);
        return point.reached(outcome, machine.instructions()) ? point.save(machine::save) : outcome;
    }

    private Outcome run(VirtualMachine machine, long budget, SerialOutput serial, Operator operator) {
        long stretch = Math.min(STRETCH, operator.patience());
        while (machine.instructions() < budget) {
            long ticks = machine.vcpu().ticks();
            long instructions = machine.instructions();
            MachineOutcome outcome = machine.run(machine.ticksOf(Math.min(stretch, budget - instructions)));
            serial.flush();
            if (screen) {
                machine.watchScreen().refresh();
            }
            if (outcome instanceof MachineOutcome.Halted && machine.vcpu().interruptFlag() && operator.wake()) {
                continue;
            }
            if (!(outcome instanceof MachineOutcome.BudgetReached)) {
                return BoundedRun.ended(outcome, machine.vcpu().registers().state);
            }
            if (!operator.look(
                    machine.vcpu().ticks() - ticks - machine.ticksOf(machine.instructions() - instructions))) {
                return new Outcome.Left();
            }
            if (Thread.interrupted()) {
                return new Outcome.Interrupted();
            }
        }
        return new Outcome.BudgetReached();
    }
}

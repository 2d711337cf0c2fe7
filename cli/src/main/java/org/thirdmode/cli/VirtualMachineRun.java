package org.thirdmode.cli;

import java.util.Optional;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.trace.VcpuTrace;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.ImageException;

/** An image in a virtual machine: the same board, and KVM between the guest and the processor. */
final class VirtualMachineRun {
    /** Ticks at once: often enough out of the machine to hear an interruption and to show a prompt. */
    private static final long STRETCH = 1L << 22;

    private final Optional<Virt> virt;
    private final MmuKind mmu;

    /**
     * A run.
     *
     * @param virt the extension of the host; empty for the one that the guest's processor has
     */
    VirtualMachineRun(Optional<Virt> virt, MmuKind mmu) {
        this.virt = virt;
        this.mmu = mmu;
    }

    /** As {@link Bare#run}. */
    Report run(BareRun what, SerialOutput serial) {
        try (DebugConsoleFile debug = DebugConsoleFile.open(what.debugConsole());
                Disk disk = Disk.open(what.disk())) {
            VirtualMachine machine = machine(what, disk, new HostPorts(serial::write, debug::write));
            Outcome outcome;
            try (TraceFile trace = what.trace().map(TraceFile.Choice::open).orElse(null)) {
                if (trace != null) {
                    machine.vcpu().observe(new VcpuTrace(machine.vcpu(), trace::write));
                }
                outcome = run(machine, what.maxInstructions().orElse(Long.MAX_VALUE), serial);
            } catch (UserError | SerialOutput.Closed e) {
                throw e;
            } catch (RuntimeException | StackOverflowError e) {
                outcome = new Outcome.Bug("after " + machine.instructions() + " instructions of the guest", e);
            }
            return new Report(outcome, machine.counts(), machine.board().vga().rows(), disk.warnings(machine.board()));
        }
    }

    private VirtualMachine machine(BareRun what, Disk disk, HostPorts ports) {
        try {
            MachineConfiguration configuration = BareMachine.configuration(what);
            return new VirtualMachine(
                    configuration,
                    virt.orElseGet(() -> Virt.of(configuration.profile())),
                    mmu,
                    BareMachine.imageOf(what, disk),
                    BareMachine.loadOptions(what),
                    disk.in(ports));
        } catch (ImageException e) {
            throw new UserError(e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new UserError("--on kvm: " + e.getMessage());
        }
    }

    private static Outcome run(VirtualMachine machine, long budget, SerialOutput serial) {
        while (machine.instructions() < budget) {
            MachineOutcome outcome = machine.run(Math.min(STRETCH, budget - machine.instructions()));
            serial.flush();
            if (!(outcome instanceof MachineOutcome.BudgetReached)) {
                return BoundedRun.ended(outcome);
            }
            if (Thread.interrupted()) {
                return new Outcome.Interrupted();
            }
        }
        return new Outcome.BudgetReached();
    }
}

package org.thirdmode.lab.sweep;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.util.Optional;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Counts.Conditions;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.CachesOfRun;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.lab.RunCounts;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** Executes one run. */
final class Executor {
    private final RunSpec spec;
    private final MachineConfiguration configuration;
    private final Hasher output = Hashing.sha256().newHasher();

    private Executor(RunSpec spec) {
        this.spec = spec;
        configuration = spec.configuration();
    }

    /**
     * Executes it to its end.
     *
     * @param budget the most ticks of guest time
     */
    static RunResult run(RunSpec spec, long budget) {
        try {
            return new Executor(spec).run(budget);
        } catch (ImageException e) {
            throw new IllegalStateException("a bundled kernel cannot be loaded: " + e.getMessage(), e);
        }
    }

    private RunResult run(long budget) throws ImageException {
        GuestImage kernel = spec.kernel();
        Optional<Image> image = Optional.of(new Image(kernel.name(), kernel.bytes()));
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=" + spec.workload());
        HostPorts ports = HostPorts.serial(value -> output.putByte((byte) value));
        if (spec.mmu().isEmpty()) {
            Machine machine = new Machine(configuration, image, options, ports);
            Optional<CachesOfRun> caches = spec.caches().map(profile -> CachesOfRun.of(profile, machine));
            String end = end(machine.run(budget));
            Counts counts = RunCounts.of(spec.workload(), configuration, machine);
            return result(CachesOfRun.added(caches, counts), end, 0);
        }
        Hypervisor hypervisor = new Hypervisor(spec.virt(), spec.mmu().get());
        HostConfiguration host =
                HostConfiguration.of(hypervisor.virt(), configuration.profile()).withPages(spec.hostPages());
        try (VirtualMachine machine =
                new VirtualMachine(configuration, host, hypervisor.mmu(), image, options, ports)) {
            machine.vcpu().irqchip(spec.irqchip());
            spec.number(Parameters.SHADOW_PAGES).ifPresent(machine.vcpu().mmu()::changeMmuPages);
            Optional<CachesOfRun> caches = spec.caches().map(profile -> CachesOfRun.of(profile, machine));
            String end = end(machine.run(budget));
            Counts counts = RunCounts.of(spec.workload(), configuration, hypervisor, machine);
            return result(
                    CachesOfRun.added(caches, counts), end, machine.vcpu().mmu().counters().pagesInUsePeak);
        }
    }

    private RunResult result(Counts counts, String end, long tablePages) {
        Conditions how = counts.conditions();
        String tlbs =
                configuration.detailed() ? configuration.tlbs().orElseThrow().name() : "";
        Counts named = new Counts(
                counts.workload(),
                counts.on(),
                new Conditions(how.extension(), how.nested(), tlbs, how.caches()),
                counts.quantities(),
                counts.exits());
        return new RunResult(named, end, output.hash().toString(), tablePages);
    }

    private static String end(MachineOutcome outcome) {
        return outcome instanceof MachineOutcome.Exited(int value) ? String.valueOf(value) : outcome.words();
    }
}

package org.thirdmode.lab.sweep;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.util.Optional;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Counts.Conditions;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.Virt;
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
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.TranslationTrace;
import org.thirdmode.x86.paging.TranslationTrace.Reach;

/** Executes one run. */
final class Executor {
    /** The most memory that the trace of a run may take: there are as many at a time as threads, or one more. */
    private static final long TRACE_LIMIT = 128L << 20;

    private final RunSpec spec;
    private final MachineConfiguration configuration;
    private final Hasher output = Hashing.sha256().newHasher();

    /** Of the geometries that a trace is wanted for. */
    private Optional<Reach> reach = Optional.empty();

    private TranslationTrace trace;

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

    /**
     * Executes it to its end and records its lookups in the TLB.
     *
     * @param reach of the geometries that are to be replayed
     * @throws TranslationTrace.Unusable where its trace would be too large, or cannot tell about other geometries
     */
    static Recording record(RunSpec spec, long budget, Reach reach) {
        try {
            Executor executor = new Executor(spec);
            executor.reach = Optional.of(reach);
            RunResult result = executor.run(budget);
            return new Recording(result, executor.trace);
        } catch (ImageException e) {
            throw new IllegalStateException("a bundled kernel cannot be loaded: " + e.getMessage(), e);
        }
    }

    private void record(Processor processor, boolean nestedPaging) {
        trace = reach.map(of -> processor.mmu.record(of, TRACE_LIMIT, nestedPaging))
                .orElse(null);
    }

    private RunResult run(long budget) throws ImageException {
        GuestImage kernel = spec.kernel();
        Optional<Image> image = Optional.of(new Image(kernel.name(), kernel.bytes()));
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=" + spec.workload());
        HostPorts ports = HostPorts.serial(value -> output.putByte((byte) value));
        if (spec.mmu().isEmpty()) {
            Machine machine = new Machine(configuration, image, options, ports);
            Optional<CachesOfRun> caches = spec.caches().map(profile -> CachesOfRun.of(profile, machine));
            record(machine.processor(), false);
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
            record(machine.hostProcessors().getFirst(), hypervisor.virt() == Virt.SVM);
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
        return new RunResult(named, end, output.hash().toString(), tablePages, false);
    }

    private static String end(MachineOutcome outcome) {
        return outcome instanceof MachineOutcome.Exited(int value) ? String.valueOf(value) : outcome.words();
    }
}

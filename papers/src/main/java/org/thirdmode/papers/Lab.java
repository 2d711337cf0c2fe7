package org.thirdmode.papers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.thirdmode.cost.Cost;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Profile;
import org.thirdmode.cost.Profiles;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.lab.RunCounts;
import org.thirdmode.lab.walk.ExplainedWalk;
import org.thirdmode.lab.walk.WalkExplainer;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.paging.spec.LinearAccess;
import org.thirdmode.x86.tlb.TlbGeometry;

/** Runs guests for papers; a run that two of them need is run once. */
public final class Lab {
    /** Far more than any run of a paper takes. */
    private static final long BUDGET = 2_000_000_000L;

    /**
     * One run.
     *
     * @param hypervisor empty for the bare machine
     * @param tlbs the TLBs to model; empty for fidelity {@code fast}
     */
    public record Run(
            String kernel,
            String workload,
            Optional<Hypervisor> hypervisor,
            HostPageSize hostPages,
            Optional<TlbGeometry> tlbs) {
        /** On the bare machine, fidelity {@code fast}. */
        public static Run bare(String kernel, String workload) {
            return new Run(kernel, workload, Optional.empty(), HostPageSize.SMALL, Optional.empty());
        }

        /** In a virtual machine by VMX, fidelity {@code fast}. */
        public static Run vmx(MmuKind mmu, String kernel, String workload) {
            return new Run(
                    kernel, workload, Optional.of(new Hypervisor(Virt.VMX, mmu)), HostPageSize.SMALL, Optional.empty());
        }

        /** The same run of another workload. */
        Run of(String other) {
            return new Run(kernel, other, hypervisor, hostPages, tlbs);
        }

        @Override
        public String toString() {
            return kernel + " " + workload + " "
                    + hypervisor.map(Hypervisor::toString).orElse("bare");
        }
    }

    private final Map<Run, Counts> done = new HashMap<>();
    private final Consumer<Run> progress;

    /** A laboratory that tells which run it begins. */
    public Lab(Consumer<Run> progress) {
        this.progress = progress;
    }

    /** What a run counts. */
    public Counts counts(Run run) throws ImageException {
        Counts counts = done.get(run);
        if (counts == null) {
            progress.accept(run);
            counts = execute(run);
            done.put(run, counts);
        }
        return counts;
    }

    private static Counts execute(Run run) throws ImageException {
        GuestImage guest = GuestCatalogue.find(run.kernel).orElseThrow();
        Optional<Image> image = Optional.of(new Image(guest.name(), guest.bytes()));
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=" + run.workload);
        MachineConfiguration configuration =
                run.tlbs.map(MachineConfiguration.DEFAULT::withDetail).orElse(MachineConfiguration.DEFAULT);
        HostPorts ports = HostPorts.serial(value -> {}).withDisk(BlankDisk.writable());
        if (run.hypervisor.isEmpty()) {
            Machine machine = new Machine(configuration, image, options, ports);
            ended(run, machine.run(BUDGET));
            return RunCounts.of(run.workload, configuration, machine);
        }
        Hypervisor hypervisor = run.hypervisor.get();
        HostConfiguration host =
                HostConfiguration.of(hypervisor.virt(), configuration.profile()).withPages(run.hostPages);
        try (VirtualMachine machine =
                new VirtualMachine(configuration, host, hypervisor.mmu(), image, options, ports)) {
            ended(run, machine.run(BUDGET));
            return RunCounts.of(run.workload, configuration, hypervisor, machine);
        }
    }

    /**
     * What a few instructions in real-address mode count in a virtual machine by VMX with EPT.
     *
     * @param code put to 7C00H; it ends by writing 0 to port F4H
     */
    public static Counts realMode(String name, byte[] code) throws ImageException {
        LoadOptions options = LoadOptions.DEFAULT.withRawAddress(0x7c00);
        Hypervisor on = new Hypervisor(Virt.VMX, MmuKind.NESTED);
        MachineConfiguration configuration = MachineConfiguration.DEFAULT;
        try (VirtualMachine machine = new VirtualMachine(
                configuration, Virt.VMX, on.mmu(), Optional.of(new Image(name, code)), options, HostPorts.NONE)) {
            MachineOutcome outcome = machine.run(BUDGET);
            if (!outcome.equals(new MachineOutcome.Exited(0))) {
                throw new IllegalStateException(name + ": ended with " + outcome);
            }
            return RunCounts.of(name, configuration, on, machine);
        }
    }

    private static void ended(Run run, MachineOutcome outcome) {
        if (!outcome.equals(new MachineOutcome.Exited(0))) {
            throw new IllegalStateException(run + ": ended with " + outcome);
        }
    }

    /** Cycles of a run on a processor, whose TLBs are modelled unless the run says which are. */
    public long cycles(Run run, String profile) throws ImageException {
        return cost(run, profile).total();
    }

    /** The same by what it goes into. */
    public Cost cost(Run run, String profile) throws ImageException {
        Profile processor = profile(profile);
        Optional<TlbGeometry> tlbs = run.tlbs.or(() -> Optional.of(processor.tlbs()));
        Run detailed = new Run(run.kernel, run.workload, run.hypervisor, run.hostPages, tlbs);
        return Cost.of(counts(detailed), processor);
    }

    /**
     * Microseconds of one round on a processor: the difference of two runs, so that the start of the kernel is in neither.
     *
     * @param workload with {@code %d} where the number of rounds stands
     */
    public double microsecondsARound(Run run, String workload, int rounds, String profile) throws ImageException {
        long few = cycles(run.of(String.format(workload, rounds)), profile);
        long many = cycles(run.of(String.format(workload, 2 * rounds)), profile);
        return profile(profile).seconds(many - few) * 1e6 / rounds;
    }

    /** Exits of one round, likewise. */
    public double exitsARound(Run run, String workload, int rounds) throws ImageException {
        long few = counts(run.of(String.format(workload, rounds))).allExits();
        long many = counts(run.of(String.format(workload, 2 * rounds))).allExits();
        return (double) (many - few) / rounds;
    }

    /** A bundled profile. */
    public static Profile profile(String name) {
        return Profiles.all().get(name);
    }

    // ---- single walks ----

    /** Where in {@code hello64} a page of 4 KBytes stands, and after how many instructions it does. */
    private static final long SMALL_PAGE = 0x4000_3124L;

    private static final long MAPPED = 1_953_466;

    /**
     * The entries that the processor reads to translate an address of a 4-KByte page of {@code hello64}, by name and in order, with nothing
     * cached.
     *
     * @param hypervisor empty for the bare machine
     */
    public static List<String> references(Optional<MmuKind> hypervisor) throws ImageException {
        GuestImage guest = GuestCatalogue.find("hello64").orElseThrow();
        Optional<Image> image = Optional.of(new Image(guest.name(), guest.bytes()));
        HostPorts ports = HostPorts.serial(value -> {});
        LinearAccess access = new LinearAccess(SMALL_PAGE, LinearAccess.Kind.READ, LinearAccess.Mode.SUPERVISOR);
        ExplainedWalk walk;
        if (hypervisor.isEmpty()) {
            Machine machine = new Machine(MachineConfiguration.DEFAULT, image, LoadOptions.DEFAULT, ports);
            machine.run(MAPPED);
            walk = WalkExplainer.of(machine, access);
        } else {
            try (VirtualMachine machine = new VirtualMachine(
                    MachineConfiguration.DEFAULT, Virt.VMX, hypervisor.get(), image, LoadOptions.DEFAULT, ports)) {
                machine.run(MAPPED);
                walk = WalkExplainer.of(machine, access);
            }
        }
        // Of a shadow MMU, the tables that the processor walks come after the guest's own.
        return walk.stages().getLast().references().stream()
                .map(ExplainedWalk.Reference::structure)
                .toList();
    }
}

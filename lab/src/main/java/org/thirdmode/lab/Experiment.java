package org.thirdmode.lab;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.boot.KernelLog;
import org.thirdmode.lab.boot.Moment;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.x86.paging.WalkCounters;

/** Runs a setup to its end and counts. */
public final class Experiment {
    private final Setup setup;
    private final long budget;
    private final Progress progress;
    private final KernelLog log;
    private final Equipment equipment;
    private final Hasher output = Hashing.sha256().newHasher();

    private Experiment(Setup setup, long budget, Progress progress, KernelLog log, Equipment equipment) {
        this.setup = setup;
        this.budget = budget;
        this.progress = progress;
        this.log = log;
        this.equipment = equipment;
    }

    /**
     * Runs a setup.
     *
     * @param budget the most ticks of guest time; a guest that hangs ends there
     * @throws ImageException where the image cannot be loaded
     */
    public static Measurement run(Setup setup, long budget, Progress progress) throws ImageException {
        return run(setup, budget, progress, new KernelLog(), Equipment.NONE);
    }

    /**
     * Runs a setup.
     *
     * @param budget the most ticks of guest time; a guest that hangs ends there
     * @param log is told what the guest writes to its first serial port
     * @param equipment of this run alone
     * @throws ImageException where the image cannot be loaded
     */
    public static Measurement run(Setup setup, long budget, Progress progress, KernelLog log, Equipment equipment)
            throws ImageException {
        Experiment experiment = new Experiment(setup, budget, progress, log, equipment);
        return setup.hypervisor().isPresent()
                ? experiment.virtual(setup.hypervisor().get())
                : experiment.bare();
    }

    private Measurement bare() throws ImageException {
        Machine machine = new Machine(setup.configuration(), Optional.of(setup.image()), setup.options(), ports());
        begin(machine.board());
        Optional<CachesOfRun> caches = setup.caches().map(profile -> CachesOfRun.of(profile, machine));
        progress.begins(machine.processor()::instructions);
        log.begins(() -> moment(
                machine.processor().instructions(), Map.of(), Optional.empty(), machine.processor().walker.counters));
        MachineOutcome outcome = machine.run(budget);
        return new Measurement(
                setup,
                outcome,
                digest(),
                machine.processor().instructions(),
                Map.of(),
                Optional.empty(),
                machine.processor().walker.counters,
                CachesOfRun.added(caches, RunCounts.of(setup.options().commandLine(), setup.configuration(), machine)));
    }

    private Measurement virtual(Hypervisor hypervisor) throws ImageException {
        VirtualMachine machine = new VirtualMachine(
                setup.configuration(),
                hypervisor.hostFor(setup.configuration().profile()),
                hypervisor.mmu(),
                Optional.of(setup.image()),
                setup.options(),
                ports());
        begin(machine.board());
        Optional<CachesOfRun> caches = setup.caches().map(profile -> CachesOfRun.of(profile, machine));
        progress.begins(machine::instructions);
        log.begins(() -> moment(
                machine.instructions(),
                machine.vcpu().exits(),
                Optional.of(machine.vcpu().mmu().counters()),
                machine.walks()));
        MachineOutcome outcome = machine.run(budget);
        return new Measurement(
                setup,
                outcome,
                digest(),
                machine.instructions(),
                machine.vcpu().exits(),
                Optional.of(machine.vcpu().mmu().counters()),
                machine.walks(),
                CachesOfRun.added(
                        caches,
                        RunCounts.of(setup.options().commandLine(), setup.configuration(), hypervisor, machine)));
    }

    private void begin(Board board) {
        board.endAtReset();
        equipment.at(board);
    }

    private static Moment moment(
            long instructions, Map<String, Long> exits, Optional<MmuCounters> mmu, WalkCounters walks) {
        return new Moment(
                instructions,
                exits,
                mmu.map(counters -> counters.faults).orElse(0L),
                mmu.map(counters -> counters.guestFaults).orElse(0L),
                walks.walks,
                walks.allTableReferences() + walks.allNestedReferences());
    }

    private HostPorts ports() {
        return equipment.connected(HostPorts.serial(value -> {
            output.putByte((byte) value);
            log.put(value);
            equipment.received(value);
        }));
    }

    private String digest() {
        return output.hash().toString();
    }
}

package org.thirdmode.lab;

import java.util.List;
import java.util.Optional;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.ModelledCaches;
import org.thirdmode.cost.Profile;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.Machine;
import org.thirdmode.x86.exec.Processor;

/** The cache hierarchy of a profile around the processors of a machine, one each. */
public final class CachesOfRun {
    private final Profile profile;
    private final List<ModelledCaches> caches;

    private CachesOfRun(Profile profile, List<Processor> processors) {
        this.profile = profile;
        caches =
                processors.stream().map(processor -> around(processor, profile)).toList();
    }

    private static ModelledCaches around(Processor processor, Profile profile) {
        ModelledCaches caches = new ModelledCaches(profile.caches());
        processor.walker.recorder(caches);
        processor.mmu.recorder(caches);
        return caches;
    }

    /**
     * Around the processor of the bare machine.
     *
     * @throws IllegalArgumentException where the profile describes no caches
     * @throws IllegalStateException where the machine's TLBs are not modelled
     */
    public static CachesOfRun of(Profile profile, Machine machine) {
        return new CachesOfRun(profile, List.of(machine.processor()));
    }

    /** Around the processors of a virtual machine's host. */
    public static CachesOfRun of(Profile profile, VirtualMachine machine) {
        return new CachesOfRun(profile, machine.hostProcessors());
    }

    /** The counts of a run, with where its references hit if its caches were modelled. */
    public static Counts added(Optional<CachesOfRun> modelled, Counts counts) {
        return modelled.map(of -> ModelledCaches.added(counts, of.profile.name(), of.caches))
                .orElse(counts);
    }
}

package org.thirdmode.lab;

import java.util.Optional;
import org.thirdmode.cost.Profile;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;

/**
 * All that a run depends on.
 *
 * @param image what boots
 * @param options how it is loaded, with its command line
 * @param configuration the board, and the processor that the guest is told of
 * @param hypervisor what is between the two; empty for the bare machine
 * @param caches whose cache hierarchy is modelled; then the configuration has {@code detailed} fidelity
 */
public record Setup(
        Image image,
        LoadOptions options,
        MachineConfiguration configuration,
        Optional<Hypervisor> hypervisor,
        Optional<Profile> caches) {
    /** One without modelled caches. */
    public Setup(
            Image image, LoadOptions options, MachineConfiguration configuration, Optional<Hypervisor> hypervisor) {
        this(image, options, configuration, hypervisor, Optional.empty());
    }

    /** The name of the machine in a comparison: {@code bare} or {@code vmx/nested}. */
    public String on() {
        return hypervisor.map(Hypervisor::toString).orElse("bare");
    }
}

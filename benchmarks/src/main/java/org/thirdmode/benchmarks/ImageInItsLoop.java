package org.thirdmode.benchmarks;

import java.util.Optional;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** A benchmark image on the bare machine, booted and in the middle of a loop that never ends. */
final class ImageInItsLoop {
    /** Guest instructions after which every image is in its loop: the start maps and clears up to 64 MiB. */
    private static final long START = 20_000_000;

    private static final String ENDLESS = "n=4000000000";

    private ImageInItsLoop() {}

    static Machine machine(String image, String fidelity) throws ImageException {
        GuestImage guest = GuestCatalogue.find(image)
                .orElseThrow(() -> new IllegalArgumentException("image " + image + ": no such image"));
        MachineConfiguration configuration = MachineConfiguration.DEFAULT;
        if (fidelity.equals("detailed")) {
            configuration = configuration.withDetail();
        }
        Machine machine = new Machine(
                configuration,
                Optional.of(new Image(guest.name(), guest.bytes())),
                LoadOptions.DEFAULT.withCommandLine(ENDLESS),
                HostPorts.NONE);
        machine.run(START);
        return machine;
    }
}

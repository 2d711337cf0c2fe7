package org.thirdmode.kvm.vmm;

import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.pc.snapshot.SavedProfile;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;

/** What a saved virtual machine ran on: it goes on on the like where nobody says otherwise. */
final class SavedHost {
    private SavedHost() {}

    /** Passes a host through {@code port}, as the part {@code host}. */
    static HostConfiguration through(StatePort port, HostConfiguration host) {
        HostConfiguration[] out = {host};
        port.part("host", fields -> out[0] = fields(fields, host));
        return out[0];
    }

    /** A host that a reader starts with. */
    static HostConfiguration read(StatePort port) {
        return through(port, new HostConfiguration(CpuProfile.GENERIC));
    }

    private static HostConfiguration fields(StatePort port, HostConfiguration host) {
        try {
            return new HostConfiguration(
                    SavedProfile.through(port, "processor", host.processor()),
                    port.choice("kernel", host.kernel()),
                    port.within("processors", host.processors(), 1, HostConfiguration.MOST_PROCESSORS),
                    port.choice("pages", host.pages()));
        } catch (IllegalArgumentException e) {
            throw new StateException(e.getMessage());
        }
    }
}

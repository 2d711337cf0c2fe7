package org.thirdmode.kvm.vmm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** Virtual machines for tests, and what one does that a guest or its user can see. */
final class Guests {
    static final long BUDGET = 40_000_000;

    private Guests() {}

    /** How a run ended and what it printed, with the counts that are the guest's own. */
    record Run(MachineOutcome outcome, String output, long ticks, Map<String, Long> counts) {}

    static VirtualMachine machine(String kernel, String workload, MmuKind mmu, ByteArrayOutputStream serial) {
        return machine(kernel, workload, Virt.VMX, mmu, serial);
    }

    static VirtualMachine machine(
            String kernel, String workload, Virt virt, MmuKind mmu, ByteArrayOutputStream serial) {
        try {
            Image image =
                    new Image(kernel, GuestCatalogue.find(kernel).orElseThrow().bytes());
            LoadOptions options = workload.isEmpty()
                    ? LoadOptions.DEFAULT
                    : LoadOptions.DEFAULT.withCommandLine("workload=" + workload);
            MachineConfiguration configuration =
                    MachineConfiguration.DEFAULT.withMemory(16 << 20).withSeed(7);
            return new VirtualMachine(configuration, virt, mmu, Optional.of(image), options, ports(serial));
        } catch (ImageException e) {
            throw new IllegalStateException(e);
        }
    }

    static HostPorts ports(ByteArrayOutputStream serial) {
        return HostPorts.serial(serial::write);
    }

    static Run finish(VirtualMachine machine, ByteArrayOutputStream serial) {
        MachineOutcome outcome = machine.run(BUDGET);
        Map<String, Long> counts = new TreeMap<>(machine.board().counts());
        counts.put("instructions", machine.instructions());
        return new Run(
                outcome, serial.toString(StandardCharsets.UTF_8), machine.vcpu().ticks(), counts);
    }

    static Run alone(String kernel, String workload, MmuKind mmu) {
        ByteArrayOutputStream serial = new ByteArrayOutputStream();
        try (VirtualMachine machine = machine(kernel, workload, mmu, serial)) {
            return finish(machine, serial);
        }
    }
}

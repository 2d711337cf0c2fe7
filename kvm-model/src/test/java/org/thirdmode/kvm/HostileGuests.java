package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.profile.CpuProfile;

/**
 * Whatever a guest does, it does the same in every virtual machine as on the bare machine: it ends no hypervisor. Guests of
 * random bytes, and kernels with random bytes in them, which come further.
 */
class HostileGuests {
    private static final long BUDGET = 40_000;

    /** How a guest is run: the processor that it is told of, which is its host's where that has the extension. */
    private record On(String processor, Virt virt, MmuKind mmu) {}

    private static final List<On> MACHINES = machines();

    /** What came of it; the time of a guest that is dead, or sleeps for ever, nobody can tell. */
    private record Run(MachineOutcome outcome, String output, long ticks) {
        static Run of(MachineOutcome outcome, ByteArrayOutputStream out, long ticks) {
            boolean over = outcome instanceof MachineOutcome.TripleFault || outcome instanceof MachineOutcome.Halted;
            long seen = over ? 0 : ticks;
            return new Run(outcome, out.toString(StandardCharsets.ISO_8859_1), seen);
        }
    }

    private static List<On> machines() {
        List<On> machines = new ArrayList<>();
        for (Virt virt : Virt.values()) {
            for (MmuKind mmu : MmuKind.on(virt)) {
                machines.add(new On("generic", virt, mmu));
            }
        }
        for (MmuKind mmu : List.of(MmuKind.NAIVE, MmuKind.CACHED, MmuKind.UNSYNC)) {
            machines.add(new On("prescott", Virt.VMX, mmu));
        }
        machines.add(new On("nehalem", Virt.VMX, MmuKind.NESTED));
        return machines;
    }

    /** A guest by its number: the same each time. */
    static Image guest(long seed) {
        Random random = new Random(seed);
        int kind = random.nextInt(10);
        if (kind == 0) {
            byte[] sector = new byte[512];
            random.nextBytes(sector);
            sector[510] = 0x55;
            sector[511] = (byte) 0xaa;
            return new Image("sector", sector);
        }
        String[] kernels = {"hello16", "hello32", "hellopae", "hello64", "mini32", "minipae", "mini64"};
        String kernel = kernels[random.nextInt(kernels.length)];
        byte[] bytes = GuestCatalogue.find(kernel).orElseThrow().bytes().clone();
        int header = kernel.equals("hello16") ? 0 : 0x1000;
        int count = 1 + random.nextInt(1 << random.nextInt(8));
        for (int i = 0; i < count; i++) {
            int at = header + random.nextInt(Math.min(bytes.length, 0x6000 + header) - header);
            bytes[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (bytes[at] ^ 1 << random.nextInt(8));
        }
        return new Image(kernel, bytes);
    }

    private static MachineConfiguration told(String processor) {
        return MachineConfiguration.DEFAULT
                .withMemory(16 << 20)
                .withProfile(CpuProfile.named().get(processor));
    }

    private static Run bare(String processor, Image image, LoadOptions options) throws ImageException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine = new Machine(told(processor), Optional.of(image), options, HostPorts.serial(out::write));
        MachineOutcome outcome = machine.run(BUDGET);
        return Run.of(outcome, out, machine.processor().now());
    }

    private static Run virtual(On on, Image image, LoadOptions options) throws ImageException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (VirtualMachine machine = new VirtualMachine(
                told(on.processor), on.virt, on.mmu, Optional.of(image), options, HostPorts.serial(out::write))) {
            MachineOutcome outcome = machine.run(BUDGET);
            return Run.of(outcome, out, machine.vcpu().ticks());
        }
    }

    /** Tells where guest number {@code seed} runs otherwise than on the bare machine. */
    static List<String> differences(long seed) throws ImageException {
        Image image = guest(seed);
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=fork processes=2 rounds=1 pages=2");
        List<String> differences = new ArrayList<>();
        for (String processor : List.of("generic", "prescott", "nehalem")) {
            Run bare;
            try {
                bare = bare(processor, image, options);
            } catch (ImageException e) {
                return differences;
            }
            for (On on : MACHINES) {
                // AMD's nested paging reads PDPTEs in each walk: a guest that spoils them can tell. APM 2 "Legacy PAE
                // Mode".
                boolean same = on.virt == Virt.VMX
                        || on.mmu != MmuKind.NESTED
                        || !image.name().endsWith("pae");
                if (same && on.processor.equals(processor)) {
                    Run run = virtual(on, image, options);
                    if (!run.equals(bare)) {
                        differences.add("guest " + seed + " " + image.name() + " on " + on + ": " + run.outcome
                                + " after " + run.ticks + " instead of " + bare.outcome + " after " + bare.ticks);
                    }
                }
            }
        }
        return differences;
    }

    /** The guests are always the same: of others some differ by what AMD's processors do otherwise. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 5, 1065, 1110, 1157})
    void runAsOnTheBareMachine(long seed) throws ImageException {
        assertEquals(List.of(), differences(seed));
    }
}

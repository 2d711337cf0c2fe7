package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.GuestImage;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;

/** The same image prints the same, ends the same and takes the same number of instructions. */
class AGuestCannotTellAVirtualMachineFromTheBareOne {
    private static final long BUDGET = 40_000_000;

    private record Run(MachineOutcome outcome, String output, long ticks) {}

    private static Image image(String name) {
        GuestImage guest = GuestCatalogue.find(name).orElseThrow();
        return new Image(name, guest.bytes());
    }

    private static Run bare(String name, LoadOptions options) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine = new Machine(
                MachineConfiguration.DEFAULT, Optional.of(image(name)), options, new HostPorts(out::write, b -> {}));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                outcome,
                out.toString(StandardCharsets.UTF_8),
                machine.processor().now());
    }

    private static Run virtual(String name, LoadOptions options, MmuKind mmu) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        VirtualMachine machine = new VirtualMachine(
                MachineConfiguration.DEFAULT,
                mmu,
                Optional.of(image(name)),
                options,
                new HostPorts(out::write, b -> {}));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                outcome, out.toString(StandardCharsets.UTF_8), machine.vcpu().ticks());
    }

    @ParameterizedTest
    @CsvSource({
        "hello16, NESTED", "hello32, NESTED", "hellopae, NESTED", "hello64, NESTED",
        "hello16, NAIVE", "hello32, NAIVE", "hellopae, NAIVE", "hello64, NAIVE",
        "hello16, CACHED", "hello32, CACHED", "hellopae, CACHED", "hello64, CACHED",
        "hello16, UNSYNC", "hello32, UNSYNC", "hellopae, UNSYNC", "hello64, UNSYNC"
    })
    void whateverItsMmu(String name, MmuKind mmu) throws Exception {
        assertEquals(bare(name, LoadOptions.DEFAULT), virtual(name, LoadOptions.DEFAULT, mmu));
    }

    /** Processes, demand paging, copy-on-write, preemption, CR0.WP, a halted processor: three ways of paging. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "fork processes=4 rounds=3 pages=4",
                "cow rounds=2 pages=32",
                "mmap rounds=20 pages=8",
                "preempt processes=2",
                "wp rounds=200",
                "mmio rounds=500",
                "idle rounds=20"
            })
    void whateverItDoes(String workload) throws Exception {
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=" + workload);
        for (String kernel : List.of("mini32", "minipae", "mini64")) {
            Run bare = bare(kernel, options);
            assertEquals(new MachineOutcome.Exited(0), bare.outcome(), () -> kernel + ": " + bare.output());
            for (MmuKind mmu : MmuKind.values()) {
                assertEquals(bare, virtual(kernel, options, mmu), () -> kernel + " under " + mmu);
            }
        }
    }
}

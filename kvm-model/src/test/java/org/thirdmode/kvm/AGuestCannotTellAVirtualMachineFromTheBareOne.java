package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
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
import org.thirdmode.x86.profile.CpuProfile;

/** The same image prints the same, ends the same and takes the same number of instructions. */
class AGuestCannotTellAVirtualMachineFromTheBareOne {
    private static final long BUDGET = 40_000_000;

    private record Run(MachineOutcome outcome, String output, long ticks) {}

    private static Image image(String name) {
        GuestImage guest = GuestCatalogue.find(name).orElseThrow();
        return new Image(name, guest.bytes());
    }

    private static Run bare(String name, LoadOptions options) throws Exception {
        return bare(MachineConfiguration.DEFAULT, name, options);
    }

    private static Run bare(MachineConfiguration configuration, String name, LoadOptions options) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine =
                new Machine(configuration, Optional.of(image(name)), options, new HostPorts(out::write, b -> {}));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                outcome,
                out.toString(StandardCharsets.UTF_8),
                machine.processor().now());
    }

    private static Run virtual(String name, LoadOptions options, Virt virt, MmuKind mmu) throws Exception {
        return virtual(MachineConfiguration.DEFAULT, name, options, virt, mmu);
    }

    private static Run virtual(
            MachineConfiguration configuration, String name, LoadOptions options, Virt virt, MmuKind mmu)
            throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        VirtualMachine machine = new VirtualMachine(
                configuration, virt, mmu, Optional.of(image(name)), options, new HostPorts(out::write, b -> {}));
        MachineOutcome outcome = machine.run(BUDGET);
        return new Run(
                outcome, out.toString(StandardCharsets.UTF_8), machine.vcpu().ticks());
    }

    private static List<Virt> extensionsWith(MmuKind mmu) {
        return Stream.of(Virt.values()).filter(mmu::runsOn).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "hello16, NESTED", "hello32, NESTED", "hellopae, NESTED", "hello64, NESTED",
        "hello16, NAIVE", "hello32, NAIVE", "hellopae, NAIVE", "hello64, NAIVE",
        "hello16, CACHED", "hello32, CACHED", "hellopae, CACHED", "hello64, CACHED",
        "hello16, UNSYNC", "hello32, UNSYNC", "hellopae, UNSYNC", "hello64, UNSYNC",
        "hello16, AGILE", "hello32, AGILE", "hellopae, AGILE", "hello64, AGILE"
    })
    void whateverItsMmu(String name, MmuKind mmu) throws Exception {
        Run bare = bare(name, LoadOptions.DEFAULT);
        for (Virt virt : extensionsWith(mmu)) {
            assertEquals(bare, virtual(name, LoadOptions.DEFAULT, virt, mmu), () -> "by " + virt);
        }
    }

    /** Also one that is told of a processor of AMD's, or of one that lacks much of what the host's has. */
    @ParameterizedTest
    @ValueSource(strings = {"generic-amd", "zen2", "barcelona", "haswell"})
    void whateverItsProcessor(String profile) throws Exception {
        MachineConfiguration configuration =
                MachineConfiguration.DEFAULT.withProfile(CpuProfile.named().get(profile));
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=fork processes=2 rounds=2 pages=4");
        for (String kernel : List.of("mini32", "mini64")) {
            Run bare = bare(configuration, kernel, options);
            for (Virt virt : Virt.values()) {
                for (MmuKind mmu : List.of(MmuKind.CACHED, MmuKind.NESTED)) {
                    assertEquals(
                            bare,
                            virtual(configuration, kernel, options, virt, mmu),
                            () -> kernel + " by " + virt + " under " + mmu);
                }
            }
        }
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
            for (Virt virt : Virt.values()) {
                for (MmuKind mmu : MmuKind.on(virt)) {
                    assertEquals(
                            bare, virtual(kernel, options, virt, mmu), () -> kernel + " by " + virt + " under " + mmu);
                }
            }
        }
    }

    /**
     * A boot sector that enters protected mode before any entry of VMX has succeeded: its segments are still those of
     * real-address mode, so VMLAUNCH fails, and must be what is tried again.
     */
    @ParameterizedTest
    @EnumSource
    void whereItsFirstEntryFails(MmuKind mmu) throws Exception {
        BootSector sector = BootSector.of(
                "fa" // cli
                        + "0f0116207c" // lgdt [7c20h]
                        + "0f20c00c010f22c0" // CR0.PE = 1
                        + "909090" // here the segments do not fit the mode
                        + "66ea" + "197c0000" + "0800" // jmp 8:7c19h
                        + "b02a" + "e6f4" // port f4h: end with status 42
                        + "000000"
                        + "1700" + "287c0000" + "0000" // the limit and base of the GDT
                        + "0000000000000000" + "ffff0000009acf00" + "ffff00000092cf00");
        for (Virt virt : extensionsWith(mmu)) {
            VirtualMachine machine = sector.machine(virt, mmu, new ByteArrayOutputStream());
            assertEquals(new MachineOutcome.Exited(42), machine.run(1000), () -> "by " + virt);
        }
    }

    /**
     * With the timer at 12 kHz it sets CR0.TS, waits, looks whether it is still set, clears it, waits, and executes FNINIT; 77 is
     * the status of #NM or of a flag that is lost.
     */
    private static final String LAZY_FPU =
            "fa0f0116b07c0f20c00c010f22c0ea137c080066b810008ed88ed0bc00700000bf00000100c707830000000f20e083c8"
                    + "100f22e00f22df0f20c00d000001800f22c00f011db67c0000bf00000200b900010000b8a87c000066890766c7470208"
                    + "00c74704008e000083c708e2e6b034e643b064e64030c0e640bb280000000f20c083c8080f22c0b9204e0000e2fe0f20"
                    + "c0a80874130f06b9204e0000e2fedbe34b75dbb02ae6f4f4b04de6f4f49090901700bc7c0000ff070000020000000000"
                    + "00000000ffff0000009acf00ffff00000092cf";

    @ParameterizedTest
    @EnumSource
    void whenItSwitchesTheFpuLazily(MmuKind mmu) throws Exception {
        BootSector sector = BootSector.of(LAZY_FPU);
        assertEquals(new MachineOutcome.Exited(42), sector.bare(10_000_000).outcome());
        for (Virt virt : extensionsWith(mmu)) {
            assertEquals(
                    new MachineOutcome.Exited(42),
                    sector.virtual(virt, mmu, 10_000_000).outcome(),
                    () -> "by " + virt);
        }
    }
}

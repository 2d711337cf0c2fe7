package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.snapshot.StateException;

/** A bare machine that is written to a file and read back goes on to the bit, on a copy of its disk too. */
class SavedBareMachines {
    private static final int DISK_BYTES = 1 << 20;
    private static final ConcurrentMap<Case, Run> UNINTERRUPTED = new ConcurrentHashMap<>();
    private static Path folder;

    @BeforeContainer
    static void makeFolder() throws IOException {
        folder = Files.createTempDirectory("machines");
    }

    @AfterContainer
    static void removeFolder() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** A guest on a machine. */
    record Case(String kernel, String workload, boolean detailed) {}

    /** How a run ended, and what it left behind. */
    record Run(MachineOutcome outcome, String output, long ticks, Map<String, Long> counts, String disk) {}

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<String> kernels =
                Arbitraries.of("mini32", "minipae", "mini64", "hello16", "hello32", "hello64", "hello-disks");
        Arbitrary<String> workloads = Arbitraries.of(
                "fork processes=3 rounds=2 pages=3", "preempt processes=2", "mmio rounds=60", "idle rounds=8", "disk");
        return Combinators.combine(kernels, workloads, Arbitraries.of(true, false))
                .as((kernel, workload, detailed) ->
                        new Case(kernel, kernel.startsWith("mini") ? workload : "", detailed));
    }

    private static Path blank(String name) throws IOException {
        return Files.write(folder.resolve(name), new byte[DISK_BYTES]);
    }

    private static BlockImage disk(Path file, boolean snapshot) throws IOException {
        return new DiskFile(file, Optional.of(DiskFormat.RAW), snapshot).open();
    }

    private static Function<Processor, Extension> vmx(CpuProfile profile) {
        return cpu -> new Vmx(cpu, VmxCapabilities.of(profile));
    }

    private static Machine machine(Case c, BlockImage disk, ByteArrayOutputStream serial) {
        try {
            Image image = new Image(
                    c.kernel, GuestCatalogue.find(c.kernel).orElseThrow().bytes());
            LoadOptions options = c.workload.isEmpty()
                    ? LoadOptions.DEFAULT
                    : LoadOptions.DEFAULT.withCommandLine("workload=" + c.workload);
            MachineConfiguration configuration = MachineConfiguration.DEFAULT
                    .withMemory(16 << 20)
                    .withSeed(7)
                    .withExtension(vmx(CpuProfile.GENERIC));
            return new Machine(
                    c.detailed ? configuration.withDetail() : configuration,
                    Optional.of(image),
                    options,
                    HostPorts.serial(serial::write).withDisk(disk));
        } catch (ImageException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Machine restored(Path file, BlockImage disk, ByteArrayOutputStream serial) throws IOException {
        return Machine.restore(
                file,
                profile -> Optional.of(vmx(profile)),
                _ -> HostPorts.serial(serial::write).withDisk(disk));
    }

    private static Run finish(Machine machine, Path disk, ByteArrayOutputStream serial) throws IOException {
        MachineOutcome outcome = machine.run(Guests.BUDGET);
        Map<String, Long> counts = new TreeMap<>(machine.board().counts());
        counts.put("instructions", machine.processor().instructions());
        return new Run(
                outcome,
                serial.toString(StandardCharsets.UTF_8),
                machine.processor().now(),
                counts,
                new String(Files.readAllBytes(disk), StandardCharsets.ISO_8859_1));
    }

    private static Run alone(Case c) {
        try {
            Path file = blank("alone.img");
            ByteArrayOutputStream serial = new ByteArrayOutputStream();
            try (BlockImage disk = disk(file, false)) {
                return finish(machine(c, disk, serial), file, serial);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Property(tries = 30)
    void endAsIfTheyHadNotBeen(@ForAll("cases") Case c, @ForAll("instants") double when) throws IOException {
        Run expected = UNINTERRUPTED.computeIfAbsent(c, SavedBareMachines::alone);
        Path file = folder.resolve("machine.state");
        Path one = blank("one.img");
        ByteArrayOutputStream serial = new ByteArrayOutputStream();
        try (BlockImage disk = disk(one, false)) {
            Machine first = machine(c, disk, serial);
            first.run((long) ((expected.ticks() - 2) * when));
            first.save(file);
            Path two = Files.write(folder.resolve("two.img"), Files.readAllBytes(one));
            ByteArrayOutputStream rest = new ByteArrayOutputStream();
            rest.writeBytes(serial.toByteArray());
            try (BlockImage copy = disk(two, false)) {
                Machine second = restored(file, copy, rest);
                assertEquals(first.counts(), second.counts());
                assertEquals(expected, finish(second, two, rest));
            }
            assertEquals(expected, finish(first, one, serial), "the one that was saved");
        }
    }

    @Provide
    Arbitrary<Double> instants() {
        return Arbitraries.doubles().between(0, 1);
    }

    /** The file that is made from the machine that was read is the file that was read. */
    @Property(tries = 10)
    void areWrittenAgainToTheByte(@ForAll("cases") Case c, @ForAll("instants") double when) throws IOException {
        Path file = folder.resolve("machine.state");
        Path again = folder.resolve("again.state");
        try (BlockImage disk = disk(blank("one.img"), true)) {
            Machine first = machine(c, disk, new ByteArrayOutputStream());
            first.run((long) (1_000_000 * when));
            first.save(file);
        }
        try (BlockImage disk = disk(folder.resolve("one.img"), true)) {
            restored(file, disk, new ByteArrayOutputStream()).save(again);
        }
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(again));
    }

    private Path savedInTheMiddle(boolean snapshot, Path image) throws IOException {
        Path file = folder.resolve("machine.state");
        Case c = new Case("mini64", "disk", false);
        Run whole = alone(c);
        try (BlockImage disk = disk(image, snapshot)) {
            Machine machine = machine(c, disk, new ByteArrayOutputStream());
            machine.run(whole.ticks() / 2);
            machine.save(file);
        }
        return file;
    }

    private static String refusal(Path file, BlockImage disk) {
        StateException e = assertThrows(StateException.class, () -> restored(file, disk, new ByteArrayOutputStream()));
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        return e.getMessage();
    }

    @Example
    void areNotReadWhereTheDiskHasChanged() throws IOException {
        Path image = folder.resolve("disk.img");
        Files.write(image, new byte[DISK_BYTES]);
        Path file = savedInTheMiddle(false, image);
        byte[] bytes = Files.readAllBytes(image);
        bytes[DISK_BYTES - 1] ^= 1;
        Files.write(image, bytes);
        try (BlockImage disk = disk(image, false)) {
            assertTrue(refusal(file, disk).contains("disk.img is not as it was"));
        }
    }

    @Example
    void withWritesThatAreThrownAwayNeedAnImageThatThrowsThemAway() throws IOException {
        Path image = folder.resolve("disk.img");
        Files.write(image, new byte[DISK_BYTES]);
        Path file = savedInTheMiddle(true, image);
        assertArrayEquals(new byte[DISK_BYTES], Files.readAllBytes(image));
        try (BlockImage disk = disk(image, false)) {
            assertTrue(refusal(file, disk).contains(",snapshot"));
        }
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        try (BlockImage disk = disk(image, true)) {
            Machine machine = restored(file, disk, rest);
            assertEquals(alone(new Case("mini64", "disk", false)).outcome(), machine.run(Guests.BUDGET));
        }
    }

    @Example
    void areNotReadWithoutTheirDisk() throws IOException {
        Path image = folder.resolve("disk.img");
        Files.write(image, new byte[DISK_BYTES]);
        Path file = savedInTheMiddle(false, image);
        StateException e = assertThrows(
                StateException.class,
                () -> Machine.restore(file, profile -> Optional.of(vmx(profile)), _ -> HostPorts.NONE));
        assertTrue(e.getMessage().contains("give it that disk"), e.getMessage());
    }

    @Example
    void whoseGuestIsAHypervisorAreNotWritten() throws Exception {
        Image image = new Image(
                "hello-vmx", GuestCatalogue.find("hello-vmx").orElseThrow().bytes());
        Machine machine = new Machine(
                MachineConfiguration.DEFAULT.withExtension(vmx(CpuProfile.GENERIC)),
                Optional.of(image),
                LoadOptions.DEFAULT,
                HostPorts.NONE);
        while (!((Vmx) machine.processor().extension).inVmxOperation()) {
            assertEquals(new MachineOutcome.BudgetReached(), machine.run(100));
        }
        Path file = folder.resolve("refused.state");
        StateException e = assertThrows(StateException.class, () -> machine.save(file));
        assertTrue(e.getMessage().contains("VMX operation"), e.getMessage());
        assertTrue(Files.notExists(file));
    }
}

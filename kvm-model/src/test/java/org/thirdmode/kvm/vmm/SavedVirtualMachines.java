package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.kvm.HostConfiguration;
import org.thirdmode.kvm.HostKernel;
import org.thirdmode.kvm.HostPageSize;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.snapshot.StateException;

/** A virtual machine that is written to a file and read back goes on to the bit. */
class SavedVirtualMachines {
    private static final ConcurrentMap<String, Guests.Run> UNINTERRUPTED = new ConcurrentHashMap<>();
    private static Path folder;

    @TempDir
    Path temporary;

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

    /** A guest and how its memory is translated before and after. */
    record Case(String kernel, String workload, Virt virt, MmuKind before, MmuKind after, double when) {}

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<String> kernels = Arbitraries.of("mini32", "minipae", "mini64", "hello16", "hello32", "hello64");
        Arbitrary<String> workloads = Arbitraries.of(
                "fork processes=3 rounds=2 pages=3",
                "cow rounds=1 pages=16",
                "preempt processes=2",
                "wp rounds=60",
                "mmio rounds=60",
                "idle rounds=8");
        Arbitrary<MmuKind> mmus = Arbitraries.of(MmuKind.class);
        return Combinators.combine(
                        kernels,
                        workloads,
                        Arbitraries.of(Virt.class),
                        mmus,
                        mmus,
                        Arbitraries.doubles().between(0, 1))
                .as((kernel, workload, virt, before, after, when) ->
                        new Case(kernel, kernel.startsWith("mini") ? workload : "", virt, before, after, when))
                .filter(c -> c.before.runsOn(c.virt) && c.after.runsOn(c.virt));
    }

    @Property(tries = 25)
    void endAsIfTheyHadNotBeen(@ForAll("cases") Case c) throws IOException {
        Guests.Run expected = UNINTERRUPTED.computeIfAbsent(
                c.kernel + " " + c.workload, _ -> Guests.alone(c.kernel, c.workload, MmuKind.NESTED));
        Path file = folder.resolve("machine.state");
        ByteArrayOutputStream serial = new ByteArrayOutputStream();
        try (VirtualMachine first = Guests.machine(c.kernel, c.workload, c.virt, c.before, serial)) {
            first.run((long) ((expected.ticks() - 2) * c.when));
            first.save(file);
            ByteArrayOutputStream rest = new ByteArrayOutputStream();
            rest.writeBytes(serial.toByteArray());
            try (VirtualMachine second =
                    VirtualMachine.restore(file, (saved, _) -> saved, Optional.of(c.after), _ -> Guests.ports(rest))) {
                Path again = folder.resolve("again.state");
                if (c.before == c.after) {
                    second.save(again);
                    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(again));
                }
                assertEquals(expected, Guests.finish(second, rest));
            }
            assertEquals(expected, Guests.finish(first, serial), "the one that was saved");
        }
    }

    /** A processor without EPT, a kernel without PAE, several processors: none of it is the default. */
    @Test
    void goOnOnTheLikeOfTheirHostWhereNothingElseIsSaid() throws Exception {
        HostConfiguration host =
                new HostConfiguration(CpuProfile.named().get("prescott"), HostKernel.I386, 2, HostPageSize.LARGE);
        MachineConfiguration configuration =
                MachineConfiguration.DEFAULT.withMemory(16 << 20).withProfile(host.told(host.processor()));
        Image image =
                new Image("mini32", GuestCatalogue.find("mini32").orElseThrow().bytes());
        LoadOptions options = LoadOptions.DEFAULT.withCommandLine("workload=fork processes=2 rounds=1 pages=2");
        Path file = temporary.resolve("machine.state");
        ByteArrayOutputStream serial = new ByteArrayOutputStream();
        ByteArrayOutputStream likewise = new ByteArrayOutputStream();
        ByteArrayOutputStream elsewhere = new ByteArrayOutputStream();
        try (VirtualMachine first = new VirtualMachine(
                configuration, host, MmuKind.CACHED, Optional.of(image), options, Guests.ports(serial))) {
            first.run(200_000);
            first.save(file);
            likewise.writeBytes(serial.toByteArray());
            elsewhere.writeBytes(serial.toByteArray());
            Guests.Run expected = Guests.finish(first, serial);
            try (VirtualMachine second =
                    VirtualMachine.restore(file, (saved, _) -> saved, Optional.empty(), _ -> Guests.ports(likewise))) {
                assertEquals(host, second.host());
                assertEquals(expected, Guests.finish(second, likewise));
            }
            HostConfiguration other = new HostConfiguration(CpuProfile.GENERIC_AMD);
            try (VirtualMachine third = VirtualMachine.restore(
                    file, (_, _) -> other, Optional.of(MmuKind.NESTED), _ -> Guests.ports(elsewhere))) {
                assertEquals(other, third.host());
                assertEquals(expected, Guests.finish(third, elsewhere));
            }
        }
    }

    @Test
    void areNotReadFromADamagedFileAndTheFileStaysAsItIs() throws IOException {
        Path file = temporary.resolve("machine.state");
        try (VirtualMachine machine = Guests.machine("hello32", "", MmuKind.NESTED, new ByteArrayOutputStream())) {
            machine.run(100);
            machine.save(file);
        }
        byte[] whole = Files.readAllBytes(file);
        for (int at : List.of(0, 17, 30, 61, whole.length / 2, whole.length - 1)) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) 0x10;
            Files.write(file, damaged);
            StateException e = assertThrows(
                    StateException.class,
                    () -> VirtualMachine.restore(
                            file,
                            (saved, _) -> saved,
                            Optional.empty(),
                            _ -> Guests.ports(new ByteArrayOutputStream())));
            assertEquals(1, e.getMessage().lines().count());
            assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
            assertArrayEquals(damaged, Files.readAllBytes(file));
        }
    }
}

package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.lab.Experiment;
import org.thirdmode.lab.Hypervisor;
import org.thirdmode.lab.Measurement;
import org.thirdmode.lab.Progress;
import org.thirdmode.lab.Setup;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/**
 * Debian's cloud kernel, as Debian built it, goes on a tour and switches the power off; see docs/real-systems.md. What is not
 * there is fetched where the environment says CI; else, and where that fails, these tests say so and are skipped.
 */
class RealSystems {
    private static final Path GUESTS = Path.of("..", "guest-kernels");
    private static final Path KERNEL = GUESTS.resolve("real/linux-cloud-amd64");
    private static final Path RAM_DISK = GUESTS.resolve("real/initrd-amd64.gz");
    private static final Path WITH_DRIVERS = GUESTS.resolve("real/initrd-cloud-amd64-drivers.gz");
    private static final Path BIOS = GUESTS.resolve("real/bios-256k.bin");
    private static final Path IPXE = GUESTS.resolve("real/ipxe.iso");
    private static final List<Path> NEEDED = List.of(KERNEL, RAM_DISK, WITH_DRIVERS, BIOS, IPXE);

    private static final String COMMAND_LINE = "console=ttyS0 panic=-1 script=tour";
    private static final long BUDGET = 6_000_000_000L;
    private static final MachineConfiguration CONFIGURATION = MachineConfiguration.DEFAULT.withMemory(128 << 20);

    /** What the machine without a hypervisor did. */
    private static Measurement bare;

    @BeforeAll
    static void fetched() throws IOException, InterruptedException, ImageException {
        if (!NEEDED.stream().allMatch(Files::exists)) {
            if (System.getenv("CI") == null) {
                abort(
                        "guest-kernels/real is not there, or older than these tests: guest-kernels/fetch-real makes it, from"
                                + " Debian's packages");
            }
            fetch();
        }
        bare = measured(Optional.empty());
    }

    private static void fetch() throws IOException, InterruptedException {
        Path log = Files.createTempFile("fetch-real", ".log");
        try {
            Process process = new ProcessBuilder(
                            "bash", GUESTS.resolve("fetch-real").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            boolean ended = process.waitFor(10, TimeUnit.MINUTES);
            process.destroyForcibly();
            if (!ended || process.waitFor() != 0) {
                List<String> said = Files.readAllLines(log);
                abort("guest-kernels/fetch-real failed: " + (said.isEmpty() ? "no word" : said.getLast()));
            }
        } finally {
            Files.delete(log);
        }
    }

    private static Image image(Path file) throws IOException {
        return new Image(file.getFileName().toString(), Files.readAllBytes(file));
    }

    private static LoadOptions options() throws IOException {
        return LoadOptions.DEFAULT
                .withCommandLine(COMMAND_LINE)
                .withModules(List.of(new LoadOptions.Module(image(RAM_DISK), "")));
    }

    /** What the kernel did on a machine; without VMX in CPUID, which it would look into. */
    private static Measurement measured(Optional<Hypervisor> on) throws IOException, ImageException {
        Setup setup = new Setup(image(KERNEL), options(), CONFIGURATION, on);
        return Experiment.run(setup, BUDGET, Progress.NONE);
    }

    private static void isTheBareOne(Virt virt, MmuKind mmu) throws IOException, ImageException {
        Measurement virtual = measured(Optional.of(new Hypervisor(virt, mmu)));
        assertTrue(
                virtual.agreesWith(bare),
                () -> bare.outcome() + " after " + bare.instructions() + ", " + virtual.outcome() + " after "
                        + virtual.instructions());
    }

    @Test
    void linuxRunsAScriptAndSwitchesThePowerOff() {
        CommandLineCase run = CommandLineCase.of(
                new BareMachine(),
                "run",
                KERNEL.toString(),
                "--initrd",
                RAM_DISK.toString(),
                "--memory",
                "128M",
                "--append",
                COMMAND_LINE,
                "--max-instructions",
                Long.toString(BUDGET));
        assertTrue(run.out().contains("init: Linux "), run.out());
        assertTrue(run.out().contains("forked 20\r\n"), run.out());
        assertTrue(run.out().contains("tour: done\r\n"), run.out());
        assertTrue(run.out().contains("ACPI: PM: Preparing to enter system sleep state S5"), run.out());
        assertEquals(0, run.status(), run.err());
    }

    @Test
    void linuxCannotTellNestedPagingFromTheBareMachine() throws IOException, ImageException {
        isTheBareOne(Virt.VMX, MmuKind.NESTED);
    }

    /** On two threads; the other has come to its subsystems when it is killed, and leaves nothing behind. */
    @Test
    void linuxDoesNotNoticeThatAnotherIsKilledBesideIt() throws Exception {
        Hypervisor svm = new Hypervisor(Virt.SVM, MmuKind.NAIVE);
        VirtualMachine other = new VirtualMachine(
                CONFIGURATION,
                svm.hostFor(CONFIGURATION.profile()),
                svm.mmu(),
                Optional.of(image(KERNEL)),
                options(),
                HostPorts.NONE);
        Thread runner = Thread.ofPlatform().start(() -> other.run(Long.MAX_VALUE));
        Thread killer = Thread.ofPlatform().start(() -> {
            while (other.vcpu().userSpaceExits() < 20_000) {
                LockSupport.parkNanos(1_000_000);
            }
            other.kill();
        });
        isTheBareOne(Virt.VMX, MmuKind.UNSYNC);
        killer.join();
        runner.join();
        assertEquals(0, other.hostPages());
    }

    @Test
    void linuxCannotTellShadowTablesFromTheBareMachine() throws IOException, ImageException {
        isTheBareOne(Virt.SVM, MmuKind.UNSYNC);
    }

    /** The kernel names PCIDs, which a processor that walks shadow tables does not have. */
    @Test
    void linuxCannotTellCachedShadowTablesFromTheBareMachine() throws IOException, ImageException {
        isTheBareOne(Virt.VMX, MmuKind.CACHED);
    }

    /** By a module of its own for the card; what it is leased and who answers its ping is what it prints. */
    @Test
    void linuxIsLeasedAnAddressAndPings() {
        CommandLineCase run = CommandLineCase.of(
                new BareMachine(),
                "run",
                KERNEL.toString(),
                "--initrd",
                WITH_DRIVERS.toString(),
                "--memory",
                "128M",
                "--network",
                "--append",
                "console=ttyS0 panic=-1 script=network",
                "--max-instructions",
                Long.toString(BUDGET));
        assertTrue(run.out().contains("lease of 10.0.2.15 obtained from 10.0.2.2"), run.out());
        assertTrue(run.out().contains("3 packets transmitted, 3 packets received, 0% packet loss"), run.out());
        assertEquals(0, run.status(), run.err());
    }

    /** From the disk, with no network device; then the firmware finds nothing else to boot. */
    @Test
    void ipxeStartsFromTheDiskAndGivesUpWithoutANetwork() {
        CommandLineCase run = CommandLineCase.of(
                new BareMachine(),
                "run",
                "--bios",
                BIOS.toString(),
                "--disk",
                IPXE + ",format=raw,snapshot",
                "--no-reboot",
                "--max-instructions",
                Long.toString(BUDGET));
        assertTrue(run.out().contains("SeaBIOS (version "), run.out());
        assertTrue(run.out().contains("iPXE initialising devices...ok"), run.out());
        assertTrue(run.out().contains("No more network devices"), run.out());
        assertTrue(run.out().contains("No bootable device."), run.out());
        assertEquals(ExitStatus.TRIPLE_FAULT, run.status(), run.err());
    }

    /** It asks for a minute, of which an instruction takes 100 nanoseconds. */
    @Test
    void ipxeIsLeasedAnAddress() {
        CommandLineCase run = CommandLineCase.of(
                new BareMachine(),
                "run",
                "--bios",
                BIOS.toString(),
                "--disk",
                IPXE + ",format=raw,snapshot",
                "--network",
                "--no-reboot",
                "--instruction-time",
                "100",
                "--max-instructions",
                Long.toString(BUDGET));
        assertTrue(run.out().contains("using virtio-net on 0000:00:03.0 (open)"), run.out());
        assertTrue(run.out().contains("net0: 10.0.2.15/255.255.255.0 gw 10.0.2.2"), run.out());
        assertTrue(run.out().contains("Nothing to boot"), run.out());
        assertEquals(ExitStatus.TRIPLE_FAULT, run.status(), run.err());
    }
}

package org.thirdmode.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.guests.GuestCatalogue;
import org.thirdmode.guests.Workload;

/** {@code --disk}: the mini-kernel's disk workload against what it printed under QEMU, and what cannot be a disk. */
class DisksOfRuns {
    @TempDir
    private Path folder;

    private Path blank() throws IOException {
        return Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
    }

    private static CommandLineCase run(String... arguments) {
        return CommandLineCase.of(new BareMachine(), arguments);
    }

    private static String transcript(String kernel) {
        return GuestCatalogue.find(kernel)
                .orElseThrow()
                .transcriptWithDisk(Workload.find("disk").orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mini32", "minipae", "mini64"})
    void theDiskWorkloadPrintsWhatItPrintsUnderQemu(String kernel) throws IOException {
        Path disk = blank();
        CommandLineCase run = run("run", kernel, "--append", "workload=disk", "--disk", disk + ",format=raw");
        assertEquals(transcript(kernel), run.out());
        assertEquals(0, run.status(), run.err());
        byte[] bytes = Files.readAllBytes(disk);
        assertTrue(new String(bytes, 0, 60, StandardCharsets.US_ASCII).startsWith("Thirdmode: the mini-kernel writes"));
        assertEquals((int) (64 * 2654435761L), little(bytes, 64 * 512), "the first word of the last sector it writes");
    }

    private static int little(byte[] bytes, int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16 | bytes[at + 3] << 24;
    }

    @Test
    void eachRunOfAComparisonSeesTheDiskAsItIs() throws Exception {
        Path disk = blank();
        CommandLineCase run =
                run("compare", "--workload", "disk", "--only", "vmx/nested", "--disk", disk + ",format=raw", "--json");
        assertEquals(0, run.status(), run.err());
        String expected = Hashing.sha256()
                .hashString(transcript("mini64"), StandardCharsets.ISO_8859_1)
                .toString();
        JsonNode runs = new ObjectMapper().readTree(run.out());
        assertEquals(2, runs.size());
        runs.forEach(each -> assertEquals(expected, each.get("output").asText()));
        assertArrayEquals(new byte[1 << 20], Files.readAllBytes(disk));
    }

    @ParameterizedTest
    @CsvSource({"mini32, naive", "minipae, unsync", "mini64, cached", "mini64, nested"})
    void soItDoesInAVirtualMachineWithTheSameInstructions(String kernel, String mmu) throws IOException {
        Path disk = blank();
        CommandLineCase bare = run("run", kernel, "--append", "workload=disk", "--disk", disk + ",format=raw,snapshot");
        CommandLineCase virtual = run(
                "run",
                kernel,
                "--append",
                "workload=disk",
                "--disk",
                disk + ",format=raw",
                "--virt",
                "vmx",
                "--mmu",
                mmu);
        assertEquals(transcript(kernel), virtual.out());
        assertEquals(bare.out(), virtual.out());
        assertEquals(instructions(bare), instructions(virtual));
    }

    private static String instructions(CommandLineCase run) {
        return run.err()
                .lines()
                .filter(line -> line.startsWith("instructions  "))
                .findFirst()
                .orElseThrow()
                .replaceAll(" +", " ");
    }

    /** The same through a qcow2 image, in which QEMU then finds nothing wrong. */
    @Test
    void theDiskWorkloadRunsOnAQcow2Image() throws Exception {
        Path disk = folder.resolve("disk.qcow2");
        Assumptions.assumeTrue(
                qemuImg("create", "-q", "-f", "qcow2", disk.toString(), "1M") == 0,
                "qemu-img is not installed (Debian: apt-get install qemu-utils)");
        CommandLineCase run = run("run", "mini64", "--append", "workload=disk", "--disk", disk.toString());
        assertEquals(transcript("mini64"), run.out());
        assertTrue(!run.err().contains("warning"), run.err());
        assertEquals(0, qemuImg("check", "-q", "-f", "qcow2", disk.toString()));
    }

    private static int qemuImg(String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(arguments));
        command.addFirst("qemu-img");
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    @Test
    void withSnapshotTheFileStaysBlank() throws IOException {
        Path disk = blank();
        assertEquals(
                0,
                run("run", "mini64", "--append", "workload=disk", "--disk", disk + ",snapshot")
                        .status());
        assertArrayEquals(new byte[1 << 20], Files.readAllBytes(disk));
    }

    @Test
    void aDiskWithoutAnImageBootsItsFirstSector() throws IOException {
        byte[] disk = new byte[1024];
        byte[] code = HexFormat.ofDelimiter(" ").parseHex("88 d0 24 07 04 05 e6 f4"); // al = (dl & 7) + 5; out 0xf4, al
        System.arraycopy(code, 0, disk, 0, code.length);
        disk[510] = 0x55;
        disk[511] = (byte) 0xaa;
        Path file = Files.write(folder.resolve("boot.img"), disk);
        assertEquals(5, run("run", "--disk", file + ",format=raw").status());
        disk[510] = 0;
        Files.write(file, disk);
        CommandLineCase refused = run("run", "--disk", file + ",format=raw");
        assertEquals(2, refused.status());
        assertEquals(1, refused.errorLines(), refused.err());
    }

    /** SeaBIOS finds the disk by its PCI function, boots its first sector, and that reads and writes by INT 13H. */
    @Test
    void seaBiosBootsTheDisk() throws IOException {
        Path bios = Path.of("/usr/share/seabios/bios-256k.bin");
        Assumptions.assumeTrue(Files.exists(bios), bios + " is not there (Debian: apt-get install seabios)");
        byte[] disk = bootDisk();
        Path file = Files.write(folder.resolve("boot.img"), disk);
        CommandLineCase run =
                run("run", "--bios", bios.toString(), "--disk", file + ",format=raw", "--max-instructions", "100M");
        assertTrue(run.out().contains("SeaBIOS (version "), run.out());
        // SeaBIOS sends its own words when its timer ticks: the last of them may be too late.
        assertTrue(run.out().contains("Booting from Hard Disk"), run.out());
        assertTrue(run.out().endsWith("Booted from the disk.\n"), run.out());
        assertEquals(0, run.status(), run.err());
        byte[] after = Files.readAllBytes(file);
        assertArrayEquals(Arrays.copyOfRange(disk, 512, 1024), Arrays.copyOfRange(after, 4 * 512, 5 * 512));
    }

    private static byte[] bootDisk() {
        byte[] disk = new byte[1 << 20];
        // 0000:7C00: read sector 2 to 7E00 by INT 13H, AH = 02H, and go on there.
        put(
                disk,
                0,
                "31 c0 8e d8 8e c0 8e d0 bc 00 7c b8 01 02 b9 02 00 b6 00 bb 00 7e cd 13 72 03 e9 e3 01 b0 09 e6 f4");
        // 0000:7E00: print what is at 7E40, write sector 5 by INT 13H, AH = 03H, and end with 0.
        put(disk, 512, "be 40 7e ba f8 03 ac 84 c0 74 03 ee eb f8");
        put(disk, 512 + 14, "b2 80 b8 01 03 b9 05 00 b6 00 bb 00 7e cd 13 b0 00 e6 f4");
        byte[] words = "Booted from the disk.\n".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(words, 0, disk, 512 + 0x40, words.length);
        put(disk, 510, "55 aa");
        return disk;
    }

    /** The same by virtio, which SeaBIOS finds on the PCI bus, and boots where there is no other. */
    @ParameterizedTest
    @ValueSource(strings = {"bare", "kvm"})
    void seaBiosBootsTheVirtioDisk(String on) throws IOException {
        Path bios = Path.of("/usr/share/seabios/bios-256k.bin");
        Assumptions.assumeTrue(Files.exists(bios), bios + " is not there (Debian: apt-get install seabios)");
        Path file = Files.write(folder.resolve("boot.img"), bootDisk());
        CommandLineCase run = run(
                "run",
                "--on",
                on,
                "--bios",
                bios.toString(),
                "--disk",
                file + ",format=raw,if=virtio",
                "--max-instructions",
                "100M");
        assertTrue(run.out().contains("SeaBIOS (version "), run.out());
        // SeaBIOS sends its own words when its timer ticks: the last of them may be too late.
        assertTrue(run.out().contains("Booting from Hard Disk"), run.out());
        assertTrue(run.out().endsWith("Booted from the disk.\n"), run.out());
        assertEquals(0, run.status(), run.err());
        byte[] after = Files.readAllBytes(file);
        assertArrayEquals(Arrays.copyOfRange(after, 512, 1024), Arrays.copyOfRange(after, 4 * 512, 5 * 512));
    }

    /** What it prints, and what it leaves on the disks, is what QEMU's disks have it print. */
    @ParameterizedTest
    @CsvSource({"bare, nested", "kvm, naive", "kvm, unsync", "kvm, nested"})
    void anAtaAndAVirtioDiskHoldWhatWasWritten(String on, String mmu) throws IOException {
        Path ide = blank();
        Path virtio = Files.write(folder.resolve("virtio.img"), new byte[2 << 20]);
        List<String> line = new ArrayList<>(List.of(
                "run", "hello-disks", "--disk", ide + ",format=raw", "--disk", virtio + ",format=raw,if=virtio"));
        line.addAll(on.equals("kvm") ? List.of("--mmu", mmu) : List.of());
        CommandLineCase run = run(line.toArray(String[]::new));
        assertEquals(GuestCatalogue.find("hello-disks").orElseThrow().transcriptWithDisks(), run.out());
        assertEquals(0, run.status(), run.err());
        byte[] one = Files.readAllBytes(ide);
        byte[] two = Files.readAllBytes(virtio);
        assertArrayEquals(Arrays.copyOfRange(one, 4 * 512, 12 * 512), Arrays.copyOfRange(two, 200 * 512, 208 * 512));
        assertArrayEquals(Arrays.copyOfRange(two, 0, 8 * 512), Arrays.copyOfRange(one, 200 * 512, 208 * 512));
    }

    @Test
    void twoDisksOfOneInterfaceAreTooMany() throws IOException {
        CommandLineCase run = run("run", "hello64", "--disk", blank().toString(), "--disk", blank() + ",if=ide");
        assertEquals(2, run.status());
        assertTrue(run.err().contains("one disk an interface"), run.err());
    }

    private static void put(byte[] disk, int at, String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        System.arraycopy(bytes, 0, disk, at, bytes.length);
    }

    @Test
    void aFormatThatWasGuessedIsSaid() throws IOException {
        CommandLineCase run = run("run", "hello64", "--disk", blank().toString());
        assertTrue(run.err().contains("taken for raw"), run.err());
        CommandLineCase said = run("run", "hello64", "--disk", blank() + ",format=raw");
        assertTrue(!said.err().contains("warning"), said.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing.img", ",snapshot", "disk.img,format=vmdk", "disk.img,nope", "."})
    void whatIsNoDiskIsToldInOneLine(String disk) {
        CommandLineCase run = run("run", "hello64", "--disk", disk);
        assertEquals(2, run.status());
        assertEquals(1, run.errorLines(), run.err());
        assertTrue(run.err().contains("--disk"), run.err());
    }

    @Test
    void aCommaOfTheNameIsWrittenTwice() throws IOException {
        Path file = Files.write(folder.resolve("a,b.img"), new byte[512]);
        assertEquals(
                0,
                run("run", "hello64", "--disk", file.toString().replace(",", ",,") + ",format=raw")
                        .status());
    }
}

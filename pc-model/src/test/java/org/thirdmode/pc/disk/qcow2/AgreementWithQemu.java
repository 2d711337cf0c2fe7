package org.thirdmode.pc.disk.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskFormat;

/** What QEMU writes is read here as QEMU reads it, and the other way round; QEMU's check finds nothing wrong with what was written. */
class AgreementWithQemu {
    private static final int SIZE = 8 << 20;

    @TempDir
    private Path folder;

    @BeforeEach
    void tools() {
        Qemu.require("qemu-img");
        Qemu.require("qemu-io");
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private DiskFile disk(String name) {
        return new DiskFile(folder.resolve(name), Optional.of(DiskFormat.QCOW2), false);
    }

    private void create(String name, String options, String... more) throws Exception {
        String[] command = {"qemu-img", "create", "-q", "-f", "qcow2", "-o", options};
        String[] all = Arrays.copyOf(command, command.length + more.length + 2);
        System.arraycopy(more, 0, all, command.length, more.length);
        all[all.length - 2] = path(name);
        all[all.length - 1] = Integer.toString(SIZE);
        Qemu.ok(all);
    }

    private void io(String name, String... commands) throws Exception {
        String[] all = new String[4 + commands.length * 2];
        all[0] = "qemu-io";
        all[1] = "-f";
        all[2] = "qcow2";
        for (int i = 0; i < commands.length; i++) {
            all[3 + i * 2] = "-c";
            all[4 + i * 2] = commands[i];
        }
        all[all.length - 1] = path(name);
        Qemu.ok(all);
    }

    private byte[] content(String name) throws IOException {
        try (BlockImage image = disk(name).open()) {
            byte[] all = new byte[(int) image.sectors() * 512];
            image.read(0, (int) image.sectors(), all, 0);
            return all;
        }
    }

    private byte[] qemuContent(String name) throws Exception {
        Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path(name), path("converted.raw"));
        return Files.readAllBytes(folder.resolve("converted.raw"));
    }

    private void check(String name) throws Exception {
        assertTrue(Qemu.ok("qemu-img", "check", "-f", "qcow2", path(name)).contains("No errors were found"));
    }

    /** Writes to the image and to {@code model} the same, at places and of lengths of all kinds. */
    private static void scribble(BlockImage image, byte[] model, Random random, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            int count = 1 + random.nextInt(random.nextInt(8) == 0 ? 600 : 20);
            int sector = random.nextInt(model.length / 512 - count);
            byte[] bytes = new byte[count * 512];
            random.nextBytes(bytes);
            image.write(sector, count, bytes, 0);
            System.arraycopy(bytes, 0, model, sector * 512, bytes.length);
            if (random.nextInt(10) == 0) {
                image.flush();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "compat=0.10",
                "compat=1.1",
                "compat=1.1,lazy_refcounts=on",
                "compat=1.1,refcount_bits=1",
                "compat=1.1,refcount_bits=2",
                "compat=1.1,refcount_bits=8",
                "compat=1.1,refcount_bits=64",
                "compat=1.1,cluster_size=512",
                "compat=1.1,cluster_size=2097152",
                "compat=0.10,cluster_size=4096",
                "compat=1.1,preallocation=metadata",
                "compat=1.1,preallocation=full"
            })
    void whatIsWrittenHereIsWhatQemuReads(String options) throws Exception {
        create("a.qcow2", options);
        byte[] model = new byte[SIZE];
        Random random = new Random(options.hashCode());
        for (int session = 0; session < 3; session++) {
            try (BlockImage image = disk("a.qcow2").open()) {
                assertEquals(SIZE / 512, image.sectors());
                scribble(image, model, random, 60);
                byte[] all = new byte[SIZE];
                image.read(0, SIZE / 512, all, 0);
                assertArrayEquals(model, all);
            }
            check("a.qcow2");
        }
        assertArrayEquals(model, qemuContent("a.qcow2"));
        assertArrayEquals(model, content("a.qcow2"));
    }

    @Test
    void whatQemuWritesIsWhatIsReadHere() throws Exception {
        create("a.qcow2", "compat=1.1");
        io(
                "a.qcow2",
                "write -P 0x11 0 1M",
                "write -P 0x22 1000k 3k",
                "write -z 200k 128k",
                "write -z -u 512k 64k",
                "discard 700k 128k",
                "write -c -P 0x33 4M 256k",
                "write -P 0x44 4100k 1k");
        assertArrayEquals(qemuContent("a.qcow2"), content("a.qcow2"));
        byte[] model = content("a.qcow2");
        try (BlockImage image = disk("a.qcow2").open()) {
            scribble(image, model, new Random(5), 200);
        }
        check("a.qcow2");
        assertArrayEquals(model, qemuContent("a.qcow2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"65536", "512", "4096"})
    void compressedClustersAreReadAndReplaced(String clusterSize) throws Exception {
        byte[] model = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            model[i] = (byte) (i / 7 % 5 * (i / 100_000));
        }
        Files.write(folder.resolve("raw"), model);
        Qemu.ok(
                "qemu-img",
                "convert",
                "-c",
                "-f",
                "raw",
                "-O",
                "qcow2",
                "-o",
                "cluster_size=" + clusterSize,
                path("raw"),
                path("a.qcow2"));
        assertArrayEquals(model, content("a.qcow2"));
        try (BlockImage image = disk("a.qcow2").open()) {
            scribble(image, model, new Random(6), 100);
        }
        check("a.qcow2");
        assertArrayEquals(model, qemuContent("a.qcow2"));
    }

    @ParameterizedTest
    @CsvSource({"raw, 0.10", "raw, 1.1", "qcow2, 0.10", "qcow2, 1.1"})
    void theBackingFileShowsThroughAndStaysAsItIs(String format, String compat) throws Exception {
        Files.createDirectory(folder.resolve("base"));
        byte[] model = new byte[SIZE];
        byte[] shown = new byte[3 << 20]; // shorter than what stands on it
        new Random(1).nextBytes(shown);
        System.arraycopy(shown, 0, model, 0, shown.length);
        Files.write(folder.resolve("shown.raw"), shown);
        Qemu.ok("qemu-img", "convert", "-f", "raw", "-O", format, path("shown.raw"), path("base/below"));
        byte[] below = Files.readAllBytes(folder.resolve("base/below"));
        create("a.qcow2", "compat=" + compat, "-b", "base/below", "-F", format);
        assertArrayEquals(model, content("a.qcow2"));
        try (BlockImage image = disk("a.qcow2").open()) {
            scribble(image, model, new Random(2), 80);
            image.discard(2048, 600);
            byte[] now = new byte[600 * 512];
            image.read(2048, 600, now, 0);
            System.arraycopy(now, 0, model, 2048 * 512, now.length);
        }
        check("a.qcow2");
        assertArrayEquals(model, qemuContent("a.qcow2"));
        assertArrayEquals(below, Files.readAllBytes(folder.resolve("base/below")));
    }

    @Test
    void chainsOfBackingFilesAreFollowed() throws Exception {
        create("0.qcow2", "compat=1.1");
        io("0.qcow2", "write -P 1 0 4M");
        for (int i = 1; i < 5; i++) {
            create(i + ".qcow2", "compat=1.1", "-b", (i - 1) + ".qcow2", "-F", "qcow2");
            io(i + ".qcow2", "write -P " + (i + 1) + " " + i + "M 700k");
        }
        assertArrayEquals(qemuContent("4.qcow2"), content("4.qcow2"));
    }

    @Test
    void snapshotsMadeHereAreQemus() throws Exception {
        create("a.qcow2", "compat=1.1");
        byte[] model = new byte[SIZE];
        Random random = new Random(3);
        byte[][] kept = new byte[4][];
        try (Qcow2Disk image = (Qcow2Disk) disk("a.qcow2").open()) {
            for (int i = 0; i < kept.length; i++) {
                scribble(image, model, random, 30);
                image.createSnapshot("s" + i, 1_700_000_000_000L);
                kept[i] = model.clone();
            }
            scribble(image, model, random, 30);
            image.deleteSnapshot("s1");
            image.applySnapshot("s2");
            model = kept[2].clone();
            scribble(image, model, random, 30);
            assertEquals(3, image.snapshots().size());
            assertThrows(DiskException.class, () -> image.createSnapshot("s2", 0));
            assertThrows(DiskException.class, () -> image.applySnapshot("s1"));
        }
        check("a.qcow2");
        assertArrayEquals(model, qemuContent("a.qcow2"));
        for (int i : new int[] {0, 2, 3}) {
            Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", "-l", "s" + i, path("a.qcow2"), path("s.raw"));
            assertArrayEquals(kept[i], Files.readAllBytes(folder.resolve("s.raw")), "s" + i);
        }
        Qemu.ok("qemu-img", "snapshot", "-a", "s0", path("a.qcow2"));
        assertArrayEquals(kept[0], content("a.qcow2"));
    }

    @Test
    void snapshotsMadeByQemuAreUsedHere() throws Exception {
        create("a.qcow2", "compat=1.1");
        io("a.qcow2", "write -P 1 0 3M");
        Qemu.ok("qemu-img", "snapshot", "-c", "one", path("a.qcow2"));
        byte[] one = content("a.qcow2");
        io("a.qcow2", "write -P 2 1M 3M", "write -c -P 3 6M 64k");
        Qemu.ok("qemu-img", "snapshot", "-c", "two", path("a.qcow2"));
        byte[] two = content("a.qcow2");
        try (Qcow2Disk image = (Qcow2Disk) disk("a.qcow2").open()) {
            assertEquals("one", image.snapshots().get(0).name());
            scribble(image, new byte[SIZE], new Random(4), 50);
            image.applySnapshot("one");
        }
        check("a.qcow2");
        assertArrayEquals(one, content("a.qcow2"));
        try (Qcow2Disk image = (Qcow2Disk) disk("a.qcow2").open()) {
            image.deleteSnapshot("one");
            image.applySnapshot("two");
            image.deleteSnapshot("two");
        }
        check("a.qcow2");
        assertArrayEquals(two, qemuContent("a.qcow2"));
    }

    /** QEMU killed with lazy refcounts leaves the dirty bit and counts that are too low. */
    @Test
    void aDirtyImageIsRepairedBeforeItIsUsed() throws Exception {
        create("a.qcow2", "compat=1.1,lazy_refcounts=on");
        Qemu.run("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 2M", "-c", "flush", "-c", "abort", path("a.qcow2"));
        assertTrue(Qemu.run("qemu-img", "info", path("a.qcow2")).output().contains("a.qcow2"));
        byte[] header = Arrays.copyOf(Files.readAllBytes(folder.resolve("a.qcow2")), 80);
        assertEquals(1, header[79], "the image is dirty");
        byte[] model = new byte[SIZE];
        Arrays.fill(model, 0, 2 << 20, (byte) 9);
        try (BlockImage image = disk("a.qcow2").open()) {
            scribble(image, model, new Random(7), 50);
        }
        check("a.qcow2");
        assertArrayEquals(model, qemuContent("a.qcow2"));
    }

    @Test
    void bitmapsAreKeptAndNoLongerValidOnceSomethingWasWritten() throws Exception {
        create("a.qcow2", "compat=1.1");
        Qemu.ok("qemu-img", "bitmap", "--add", "-f", "qcow2", path("a.qcow2"), "b");
        byte[] before = Files.readAllBytes(folder.resolve("a.qcow2"));
        content("a.qcow2");
        assertArrayEquals(before, Files.readAllBytes(folder.resolve("a.qcow2")), "reading changes nothing");
        try (BlockImage image = disk("a.qcow2").open()) {
            image.write(5, 1, new byte[512], 0);
        }
        byte[] after = Files.readAllBytes(folder.resolve("a.qcow2"));
        assertEquals(0, after[95] & 1);
        assertTrue(Qemu.run("qemu-img", "check", "-f", "qcow2", path("a.qcow2")).status() != 2);
    }

    @Test
    void discardedClustersAreFree() throws Exception {
        create("a.qcow2", "compat=1.1");
        byte[] model = new byte[SIZE];
        try (BlockImage image = disk("a.qcow2").open()) {
            scribble(image, model, new Random(8), 300);
            image.discard(100, SIZE / 512 - 200);
            image.flush();
            byte[] all = new byte[SIZE];
            image.read(0, SIZE / 512, all, 0);
            for (int i = 128 * 512; i < SIZE - (128 + 200) * 512; i++) {
                assertEquals(0, all[i]);
            }
            model = all;
            long full = Files.size(folder.resolve("a.qcow2"));
            scribble(image, model, new Random(9), 40);
            assertEquals(full, Files.size(folder.resolve("a.qcow2")), "what is free is used again");
        }
        check("a.qcow2");
        assertArrayEquals(model, qemuContent("a.qcow2"));
    }

    @ParameterizedTest
    @CsvSource({
        "'compat=1.1,compression_type=zstd', compression",
        "'compat=1.1,extended_l2=on', extended",
        "'compat=1.1,data_file=data.raw', external data file"
    })
    void aFeatureThatIsNotThereIsNamed(String options, String name) throws Exception {
        create("a.qcow2", options.replace("data.raw", path("data.raw")));
        DiskException refused =
                assertThrows(DiskException.class, () -> disk("a.qcow2").open());
        assertTrue(refused.getMessage().contains(name), refused.getMessage());
        assertEquals(1, refused.getMessage().lines().count());
    }

    /** QEMU's own lock and ours exclude each other. */
    @Test
    void anImageThatIsOpenHereIsRefusedByQemu() throws Exception {
        create("a.qcow2", "compat=1.1");
        try (BlockImage image = disk("a.qcow2").open()) {
            assertEquals(SIZE / 512, image.sectors());
            Qemu.Result result = Qemu.run("qemu-io", "-f", "qcow2", "-c", "write 0 512", path("a.qcow2"));
            assertTrue(result.status() != 0 && result.output().contains("lock"), result.output());
        }
    }

    @Test
    void anImageThatIsOpenInQemuIsRefusedHere() throws Exception {
        create("a.qcow2", "compat=1.1");
        Process qemu = new ProcessBuilder("qemu-io", "-f", "qcow2", path("a.qcow2"))
                .redirectErrorStream(true)
                .start();
        try {
            qemu.getOutputStream().write("write 0 512\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            qemu.getOutputStream().flush();
            StringBuilder said = new StringBuilder();
            while (said.indexOf("wrote") < 0) {
                int c = qemu.getInputStream().read();
                assertTrue(c >= 0, said.toString());
                said.append((char) c);
            }
            DiskException refused =
                    assertThrows(DiskException.class, () -> disk("a.qcow2").open());
            assertTrue(refused.getMessage().contains("in use"), refused.getMessage());
            DiskFile reader = new DiskFile(folder.resolve("a.qcow2"), Optional.empty(), true);
            assertThrows(DiskException.class, reader::open);
        } finally {
            qemu.getOutputStream().close();
            qemu.waitFor();
        }
        content("a.qcow2");
    }
}

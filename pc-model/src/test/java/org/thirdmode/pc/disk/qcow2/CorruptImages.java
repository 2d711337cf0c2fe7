package org.thirdmode.pc.disk.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskFormat;

/** An image with a wrong field or table entry is refused in one line, or harms nobody; a refused file stays as it is. */
class CorruptImages {
    private static final int SECTORS = 400;
    private static final int CLUSTER = 512;

    private static byte[] image;

    @TempDir
    private Path folder;

    @BeforeAll
    static void build() throws IOException {
        JournalledFile file = new JournalledFile();
        new Qcow2Creation(SECTORS * 512L, 3, 9, 4, Optional.empty(), null).write(file);
        Qcow2Disk disk = new Qcow2Disk(file, Optional.empty());
        byte[] data = new byte[512];
        for (int i = 0; i < SECTORS; i += 3) {
            data[0] = (byte) i;
            disk.write(i, 1, data, 0);
            if (i == 150 || i == 300) {
                disk.createSnapshot("at " + i, 0);
            }
        }
        disk.close();
        image = file.content();
    }

    /** Opens it and, where that goes, reads and writes all over; says how it was refused. */
    private static Optional<String> used(byte[] content, boolean writable) {
        JournalledFile file = new JournalledFile(content, writable);
        Qcow2Disk disk;
        try {
            disk = new Qcow2Disk(file, Optional.empty());
        } catch (DiskException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            assertTrue(e.getMessage().startsWith("test.qcow2: "), e.getMessage());
            assertArrayEquals(content, file.content(), "the file as it was");
            return Optional.of(e.getMessage());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        int sectors = (int) Math.min(disk.sectors(), SECTORS);
        byte[] data = new byte[sectors * 512];
        try {
            disk.read(0, sectors, data, 0);
            if (writable) {
                disk.write(sectors / 3, sectors / 2, data, 0);
                disk.createSnapshot("new", 0);
                disk.discard(0, sectors);
                disk.applySnapshot("new");
                disk.deleteSnapshot("new");
            }
            disk.close();
        } catch (DiskException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return Optional.empty();
    }

    private static void withinTime(byte[] content) {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            used(content, true);
            used(content, false);
        });
    }

    @Test
    void theImageItselfIsFine() {
        assertEquals(Optional.empty(), used(image, true));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4, magic",
        "4, 4, version",
        "8, 8, backing_file_offset",
        "16, 4, backing_file_size",
        "20, 4, cluster_bits",
        "24, 8, size",
        "32, 4, crypt_method",
        "36, 4, l1_size",
        "40, 8, l1_table_offset",
        "48, 8, refcount_table_offset",
        "56, 4, refcount_table_clusters",
        "60, 4, nb_snapshots",
        "64, 8, snapshots_offset",
        "72, 8, incompatible_features",
        "80, 8, compatible_features",
        "88, 8, autoclear_features",
        "96, 4, refcount_order",
        "100, 4, header_length",
        "104, 4, first header extension"
    })
    void eachFieldOfTheHeader(int offset, int size, String field) {
        Random random = new Random(offset);
        long old = size == 4
                ? ByteBuffer.wrap(image).getInt(offset)
                : ByteBuffer.wrap(image).getLong(offset);
        long[] values = {
            0,
            1,
            2,
            -1,
            -512,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            Integer.MAX_VALUE,
            Integer.MIN_VALUE,
            512,
            1024,
            1 << 20,
            old + 1,
            old - 1,
            old + 512,
            old * 2,
            old << 16,
            random.nextLong(),
            random.nextInt(),
            random.nextInt(100_000)
        };
        for (long value : values) {
            byte[] content = image.clone();
            if (size == 4) {
                ByteBuffer.wrap(content).putInt(offset, (int) value);
            } else {
                ByteBuffer.wrap(content).putLong(offset, value);
            }
            withinTime(content);
        }
    }

    /** Any entry of any table: every cluster of the file, which is tables and data alike. */
    @Test
    void anyTableEntry() {
        Random random = new Random(17);
        for (int i = 0; i < 600; i++) {
            byte[] content = image.clone();
            int at = random.nextInt(content.length / 8) * 8;
            long old = ByteBuffer.wrap(content).getLong(at);
            long value = switch (random.nextInt(5)) {
                case 0 -> random.nextLong();
                case 1 -> old ^ 1L << random.nextInt(64);
                case 2 -> (long) random.nextInt(content.length / CLUSTER) * CLUSTER | Long.MIN_VALUE;
                case 3 -> old + CLUSTER;
                default -> 0;
            };
            ByteBuffer.wrap(content).putLong(at, value);
            withinTime(content);
        }
    }

    @Test
    void aFileThatIsCutShort() {
        for (int size = 0; size < image.length; size += 509 * 7) {
            withinTime(java.util.Arrays.copyOf(image, size));
        }
    }

    @Test
    void aReferenceBehindTheEndOfTheFileIsToldWithItsPlace() {
        byte[] content = image.clone();
        long l1 = ByteBuffer.wrap(content).getLong(40);
        ByteBuffer.wrap(content).putLong((int) l1 + 8, 1L << 40);
        assertEquals(
                "test.qcow2: L1 table, entry 1: 0x10000000000; expected a cluster of the file, which ends at 0x"
                        + Long.toHexString(content.length),
                used(content, true).orElseThrow());
    }

    @Test
    void aTableThatTwoOwnIsNeverWritten() {
        byte[] content = image.clone();
        int l1 = (int) ByteBuffer.wrap(content).getLong(40);
        ByteBuffer.wrap(content).putLong(l1, ByteBuffer.wrap(content).getLong(l1 + 8));
        String refusal = used(content, true).orElseThrow();
        assertTrue(refusal.contains("expected at least"), refusal);
        // Even where the refcounts say that there are two: what is written in place must have one owner.
        byte[] owned = image.clone();
        int l2 = (int) (ByteBuffer.wrap(owned).getLong(l1) & Entry.OFFSET);
        ByteBuffer.wrap(owned).putLong(l2 + 8, l1 | Entry.COPIED);
        ByteBuffer.wrap(owned).putLong(l2, 0);
        assertTrue(used(owned, true).orElseThrow().contains("L1 table, cluster at 0x"), refusal);
    }

    @Test
    void anImageMarkedCorruptIsReadAndNotWritten() {
        byte[] content = image.clone();
        content[79] = 2;
        assertTrue(used(content, true).orElseThrow().contains("marked corrupt"));
        assertEquals(Optional.empty(), used(content, false));
    }

    @Test
    void aTooLowRefcountIsRefusedUnlessTheImageSaysThatItIsDirty() {
        byte[] content = image.clone();
        int table = (int) ByteBuffer.wrap(content).getLong(48);
        int block = (int) ByteBuffer.wrap(content).getLong(table);
        content[block + 3] = 0; // of cluster 1
        assertTrue(used(content, true).orElseThrow().contains("refcount of the cluster at 0x200: 0"));
        content[79] = 1;
        assertEquals(Optional.empty(), used(content, true));
    }

    // ---- backing files ----

    private Path withBacking(String name, String backing, DiskFormat format) throws IOException {
        JournalledFile file = new JournalledFile();
        new Qcow2Creation(1 << 20, 3, 12, 4, Optional.of(backing), format).write(file);
        return Files.write(folder.resolve(name), file.content());
    }

    private static String refusal(Path path) {
        DiskException refused = assertThrows(
                DiskException.class, () -> new DiskFile(path, Optional.of(DiskFormat.QCOW2), false).open());
        assertEquals(1, refused.getMessage().lines().count());
        return refused.getMessage();
    }

    @Test
    void backingFilesInACircle() throws IOException {
        withBacking("a", "b", DiskFormat.QCOW2);
        withBacking("b", "c", DiskFormat.QCOW2);
        withBacking("c", "a", DiskFormat.QCOW2);
        assertTrue(refusal(folder.resolve("a")).contains("which stands on it"));
        assertTrue(refusal(withBacking("d", "d", DiskFormat.QCOW2)).contains("which stands on it"));
    }

    @Test
    void aChainThatIsTooLong() throws IOException {
        Files.write(folder.resolve("0"), new byte[512]);
        for (int i = 1; i < 70; i++) {
            withBacking(Integer.toString(i), Integer.toString(i - 1), i == 1 ? DiskFormat.RAW : DiskFormat.QCOW2);
        }
        assertTrue(refusal(folder.resolve("69")).contains("more than 64 backing files"));
        new DiskFile(folder.resolve("60"), Optional.of(DiskFormat.QCOW2), false)
                .open()
                .close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing", "nbd://localhost/x", "json:{}", ".", "\0"})
    void whatIsNoFileOfThisMachine(String backing) throws IOException {
        assertTrue(refusal(withBacking("a", backing, DiskFormat.RAW)).contains("backing file"));
    }

    @Test
    void oneBackingFileServesSeveralImages() throws IOException {
        Files.write(folder.resolve("base"), new byte[1 << 20]);
        DiskFile one = new DiskFile(withBacking("one", "base", DiskFormat.RAW), Optional.empty(), false);
        DiskFile two = new DiskFile(withBacking("two", "base", DiskFormat.RAW), Optional.empty(), false);
        DiskFile base = new DiskFile(folder.resolve("base"), Optional.of(DiskFormat.RAW), false);
        try (BlockImage first = one.open();
                BlockImage second = two.open()) {
            assertEquals(first.sectors(), second.sectors());
            assertThrows(DiskException.class, base::open);
        }
        base.open().close();
    }
}

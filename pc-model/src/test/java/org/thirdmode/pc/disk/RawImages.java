package org.thirdmode.pc.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file whose bytes are the disk's, as a user names it. */
class RawImages {
    @TempDir
    private Path folder;

    private Path file(int size) throws IOException {
        Path file = folder.resolve("disk.img");
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 3 + i / 512);
        }
        return Files.write(file, bytes);
    }

    private static DiskFile raw(Path file) {
        return new DiskFile(file, Optional.of(DiskFormat.RAW), false);
    }

    private static DiskFile guessed(Path file) {
        return new DiskFile(file, Optional.empty(), false);
    }

    private static byte[] pattern(int sectors) {
        byte[] bytes = new byte[sectors * 512];
        java.util.Arrays.fill(bytes, (byte) 0x5a);
        return bytes;
    }

    @Test
    void sectorNIsAtByte512N() throws IOException {
        Path file = file(4096);
        try (BlockImage image = raw(file).open()) {
            assertEquals(8, image.sectors());
            byte[] read = new byte[1024];
            image.read(3, 2, read, 0);
            assertArrayEquals(java.util.Arrays.copyOfRange(Files.readAllBytes(file), 1536, 2560), read);
            image.write(7, 1, pattern(1), 0);
        }
        assertArrayEquals(pattern(1), java.util.Arrays.copyOfRange(Files.readAllBytes(file), 3584, 4096));
    }

    @Test
    void whatIsBehindTheEndOfTheLastSectorIsZero() throws IOException {
        try (BlockImage image = raw(file(700)).open()) {
            assertEquals(2, image.sectors());
            byte[] read = pattern(2);
            image.read(0, 2, read, 0);
            assertEquals(0, read[700]);
            assertEquals(0, read[1023]);
            assertEquals((byte) (699 * 3 + 1), read[699]);
        }
    }

    @Test
    void withSnapshotTheFileStaysAsItIs() throws IOException {
        Path file = file(2048);
        byte[] before = Files.readAllBytes(file);
        try (BlockImage image = new DiskFile(file, Optional.empty(), true).open()) {
            image.write(1, 2, pattern(2), 0);
            image.flush();
            byte[] read = new byte[2048];
            image.read(0, 4, read, 0);
            assertEquals(before[511], read[511]);
            assertEquals(0x5a, read[512]);
            assertEquals(0x5a, read[1535]);
            assertEquals(before[1536], read[1536]);
        }
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void aFileIsOpenToOneMachineAtATime() throws IOException {
        Path file = file(512);
        try (BlockImage image = raw(file).open()) {
            assertEquals(1, image.sectors());
            IOException refused =
                    assertThrows(DiskException.class, () -> raw(file).open());
            assertTrue(refused.getMessage().contains("in use"), refused.getMessage());
            assertThrows(DiskException.class, () -> new DiskFile(file, Optional.empty(), true).open());
        }
        raw(file).open().close();
    }

    @Test
    void aGuestCannotMakeADiskOfUnknownFormatLookLikeQcow2() throws IOException {
        byte[] header = pattern(1);
        header[0] = 'Q';
        header[1] = 'F';
        header[2] = 'I';
        header[3] = (byte) 0xfb;
        Path file = file(1024);
        byte[] before = Files.readAllBytes(file);
        try (BlockImage image = guessed(file).open()) {
            assertThrows(DiskException.class, () -> image.write(0, 1, header, 0));
            image.write(1, 1, header, 0);
        }
        assertEquals(before[0], Files.readAllBytes(file)[0]);
        try (BlockImage image = raw(file).open()) {
            image.write(0, 1, header, 0);
        }
        assertEquals('Q', Files.readAllBytes(file)[0]);
    }

    @Test
    void whatIsNoFileIsToldInOneLine() throws IOException {
        Path missing = folder.resolve("missing");
        assertEquals(
                missing + ": there is no such file",
                assertThrows(DiskException.class, () -> raw(missing).open()).getMessage());
        assertEquals(
                folder + ": is no regular file; expected a disk image",
                assertThrows(DiskException.class, () -> raw(folder).open()).getMessage());
        Path empty = Files.createFile(folder.resolve("empty"));
        assertEquals(
                empty + ": is empty; expected at least one sector of 512 bytes",
                assertThrows(DiskException.class, () -> raw(empty).open()).getMessage());
    }

    @Test
    void sectorsOutsideTheDiskAreTheCallersMistake() throws IOException {
        try (BlockImage image = raw(file(1024)).open()) {
            byte[] bytes = new byte[1024];
            assertThrows(IndexOutOfBoundsException.class, () -> image.read(1, 2, bytes, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> image.write(-1, 1, bytes, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> image.read(Long.MAX_VALUE, 1, bytes, 0));
        }
    }
}

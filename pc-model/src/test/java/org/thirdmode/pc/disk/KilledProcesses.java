package org.thirdmode.pc.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.pc.disk.qcow2.Qcow2Creation;

/** A process that writes to a disk is killed: what it has flushed is there, and the image opens. */
class KilledProcesses {
    private static final int SECTORS = 1 << 16;

    @TempDir
    private Path folder;

    /** The process: writes sector after sector, flushes each, and then says so. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            DiskFile file = new DiskFile(Path.of(arguments[0]), Optional.of(DiskFormat.QCOW2), false);
            try (BlockImage image = file.open()) {
                for (int i = 0; i < SECTORS; i++) {
                    image.write(i * 37L % SECTORS, 1, sector(i), 0);
                    image.flush();
                    System.out.println(i);
                }
            }
        }
    }

    private static byte[] sector(int number) {
        byte[] bytes = new byte[512];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (number + i * (number | 1));
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 333})
    void whatWasFlushedIsThere(int until) throws Exception {
        Path path = Files.createFile(folder.resolve("disk.qcow2"));
        try (HostFile file = LockedFile.open(path, true)) {
            new Qcow2Creation(SECTORS * 512L, 3, 9, 4, Optional.empty(), DiskFormat.RAW).write(file);
        }
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        path.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int flushed = -1;
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                flushed = Integer.parseInt(line);
                if (flushed == until) {
                    writer.toHandle().destroyForcibly(); // and leaves the stream open
                }
            }
        }
        writer.waitFor();
        assertTrue(flushed >= until, "the process got as far as " + flushed);
        try (BlockImage image = new DiskFile(path, Optional.of(DiskFormat.QCOW2), false).open()) {
            byte[] read = new byte[512];
            for (int i = 0; i <= flushed; i++) {
                image.read(i * 37L % SECTORS, 1, read, 0);
                assertEquals(0, java.util.Arrays.compare(sector(i), read), "sector " + i + " of " + flushed);
            }
        }
    }
}

package org.thirdmode.pc.disk.qcow2;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A crash after any write leaves an image with nothing wrong in it, in which each sector holds what the guest had flushed or
 * something that it wrote later; however the host orders writes between two flushes.
 */
class CrashConsistency {
    private static final int SECTOR = 512;

    @TempDir
    private Path folder;

    /** A sector's content is one number, repeated; what each sector may hold after a crash. */
    private static final class Guest {
        final int sectors;
        final int[] now;
        /** For each point in time (events of the file): what is durable, and what may be there besides. */
        final List<int[]> durable = new ArrayList<>();

        final List<List<Set<Integer>>> possible = new ArrayList<>();
        final List<Integer> at = new ArrayList<>();
        private int[] flushed;
        private List<Set<Integer>> since;

        Guest(int sectors) {
            this.sectors = sectors;
            now = new int[sectors];
            flushed = new int[sectors];
            forget();
            mark(0);
        }

        private void forget() {
            since = new ArrayList<>();
            for (int i = 0; i < sectors; i++) {
                since.add(new TreeSet<>());
            }
        }

        void mark(int events) {
            at.add(events);
            durable.add(flushed.clone());
            List<Set<Integer>> copy = new ArrayList<>();
            since.forEach(set -> copy.add(new TreeSet<>(set)));
            possible.add(copy);
        }

        void wrote(int sector, int value) {
            now[sector] = value;
            since.get(sector).add(value);
        }

        void flush() {
            flushed = now.clone();
            forget();
        }
    }

    private static byte[] filled(int count, int value) {
        byte[] bytes = new byte[count * SECTOR];
        for (int i = 0; i < bytes.length; i += 4) {
            bytes[i] = (byte) value;
            bytes[i + 1] = (byte) (value >>> 8);
            bytes[i + 2] = (byte) (value >>> 16);
            bytes[i + 3] = (byte) (value >>> 24);
        }
        return bytes;
    }

    private static int valueOf(byte[] sector) {
        int value = (sector[0] & 0xff) | (sector[1] & 0xff) << 8 | (sector[2] & 0xff) << 16 | sector[3] << 24;
        for (int i = 0; i < SECTOR; i++) {
            if (sector[i] != (byte) (value >>> (i % 4 * 8))) {
                fail("a sector that nobody wrote so");
            }
        }
        return value;
    }

    @ParameterizedTest
    @CsvSource({
        // version, cluster bits, refcount order, sectors, seed
        "3, 9, 4, 600, 1",
        "3, 9, 6, 900, 2",
        "3, 9, 4, 3000, 3",
        "2, 10, 4, 600, 4",
        "3, 12, 3, 400, 5",
        "3, 9, 5, 300, 6",
        "3, 16, 4, 1000, 7"
    })
    void atAnyWrite(int version, int clusterBits, int order, int sectors, int seed) throws IOException {
        Random random = new Random(seed);
        JournalledFile file = new JournalledFile();
        new Qcow2Creation((long) sectors * SECTOR, version, clusterBits, order, Optional.empty(), null).write(file);
        byte[] start = file.content();
        file.events.clear();
        Guest guest = new Guest(sectors);
        run(new Qcow2Disk(file, Optional.empty()), file, guest, random, 120);
        crashes(file, start, guest, random);
    }

    private static void run(Qcow2Disk disk, JournalledFile file, Guest guest, Random random, int steps)
            throws IOException {
        int next = 1;
        List<int[]> kept = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            int what = random.nextInt(100);
            if (what < 65) {
                int count = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
                int sector = random.nextInt(guest.sectors - Math.min(count, guest.sectors - 1));
                count = Math.min(count, guest.sectors - sector);
                for (int i = 0; i < count; i++) {
                    guest.wrote(sector + i, next);
                }
                guest.mark(file.events.size());
                disk.write(sector, count, filled(count, next), 0);
                next++;
            } else if (what < 72) {
                int count = 1 + random.nextInt(60);
                int sector = random.nextInt(guest.sectors - Math.min(count, guest.sectors - 1));
                count = Math.min(count, guest.sectors - sector);
                for (int i = 0; i < count; i++) {
                    guest.since.get(sector + i).add(0);
                }
                guest.mark(file.events.size());
                disk.discard(sector, count);
                for (int i = 0; i < count; i++) {
                    byte[] read = new byte[SECTOR];
                    disk.read(sector + i, 1, read, 0);
                    guest.now[sector + i] = valueOf(read);
                }
            } else if (what < 90) {
                disk.flush();
                guest.flush();
            } else if (what < 94) {
                String name = "s" + step;
                disk.createSnapshot(name, 0);
                guest.flush();
                names.add(name);
                kept.add(guest.now.clone());
            } else if (what < 97 && !names.isEmpty()) {
                int[] old = kept.get(random.nextInt(kept.size()));
                for (int i = 0; i < guest.sectors; i++) {
                    guest.wrote(i, old[i]);
                }
                guest.mark(file.events.size());
                disk.applySnapshot(names.get(kept.indexOf(old)));
                guest.flush();
            } else if (!names.isEmpty()) {
                int gone = random.nextInt(names.size());
                disk.deleteSnapshot(names.remove(gone));
                kept.remove(gone);
                guest.flush();
            }
            guest.mark(file.events.size());
        }
        disk.close();
    }

    /** Every prefix with all that was written, and a few times with a choice of what was written since the last flush. */
    private void crashes(JournalledFile file, byte[] start, Guest guest, Random random) throws IOException {
        JournalledFile.Replay replay = file.new Replay(start);
        int point = 0;
        int step = Math.max(1, file.events.size() / 120);
        for (int count = 0; count <= file.events.size(); count += step) {
            while (point + 1 < guest.at.size() && guest.at.get(point + 1) <= count) {
                point++;
            }
            replay.to(count);
            check(replay.crash(null), guest, point, "crash after event " + count);
            check(replay.crash(random), guest, point, "reordered crash after event " + count);
        }
    }

    private static void check(byte[] content, Guest guest, int point, String when) throws IOException {
        // Opened to be written, so that every reference and every refcount is checked.
        JournalledFile file = new JournalledFile(content, true);
        Qcow2Disk disk;
        try {
            disk = new Qcow2Disk(file, Optional.empty());
        } catch (IOException e) {
            throw new AssertionError(when, e);
        }
        byte[] all = new byte[guest.sectors * SECTOR];
        disk.read(0, guest.sectors, all, 0);
        for (int i = 0; i < guest.sectors; i++) {
            int value = valueOf(java.util.Arrays.copyOfRange(all, i * SECTOR, (i + 1) * SECTOR));
            boolean right = value == guest.durable.get(point)[i]
                    || guest.possible.get(point).get(i).contains(value);
            int sector = i;
            assertTrue(
                    right,
                    () -> when + ": sector " + sector + " holds " + value + "; flushed was "
                            + guest.durable.get(point)[sector] + ", written since "
                            + guest.possible.get(point).get(sector));
        }
    }

    /** QEMU's own check of a sample of crashes: clusters may be lost, and nothing else. */
    @Test
    void qemuImgFindsNothingWrongButLostClusters() throws Exception {
        Qemu.require("qemu-img");
        Random random = new Random(11);
        JournalledFile file = new JournalledFile();
        new Qcow2Creation(400L * SECTOR, 3, 9, 4, Optional.empty(), null).write(file);
        byte[] start = file.content();
        file.events.clear();
        run(new Qcow2Disk(file, Optional.empty()), file, new Guest(400), random, 80);
        JournalledFile.Replay replay = file.new Replay(start);
        for (int i = 0; i < 40; i++) {
            int count = (int) ((long) file.events.size() * i / 40);
            replay.to(count);
            Path image = Files.write(folder.resolve("crash.qcow2"), replay.crash(random));
            Qemu.Result result = Qemu.run("qemu-img", "check", "-f", "qcow2", image.toString());
            assertTrue(
                    result.status() == 0 || result.status() == 3,
                    "after event " + count + ": " + result.status() + "\n" + result.output());
        }
    }
}

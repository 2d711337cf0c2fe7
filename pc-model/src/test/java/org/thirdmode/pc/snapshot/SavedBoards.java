package org.thirdmode.pc.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.disk.DiskInterface;
import org.thirdmode.pc.disk.MemoryDisk;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** A board that is read back has the registers, lines and timers of the one that was written. */
class SavedBoards {
    private Path folder;

    @BeforeProperty
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory("boards");
    }

    @AfterProperty
    void removeFolder() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static Board board() {
        try {
            HostPorts host =
                    HostPorts.NONE.withDisk(new MemoryDisk(100)).withDisk(DiskInterface.VIRTIO, new MemoryDisk(100));
            Board board = new Board(MachineConfiguration.DEFAULT.withMemory(1 << 20), host);
            board.actAsFirmware();
            return board;
        } catch (ImageException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Stateful all(Board board) {
        return port -> {
            port.part("memory", board.memory());
            port.part("board", board);
        };
    }

    private byte[] saved(Board board, String name) throws IOException {
        Path file = folder.resolve(name);
        StateFile.write(file, all(board));
        return Files.readAllBytes(file);
    }

    private Board restored(String name) throws IOException {
        return StateFile.read(folder.resolve(name), (StatePort port) -> {
            Board board = board();
            all(board).state(port);
            return board;
        });
    }

    /** What one who programs every device at random does to it, in the order of the numbers. */
    private static void disturb(Board board, List<Long> numbers) {
        List<IoPorts.Range> ranges = board.ports().ranges();
        for (long number : numbers) {
            IoPorts.Range range = ranges.get((int) ((number >>> 3) % ranges.size()));
            int port = range.first() + (int) ((number >>> 16) % range.count());
            int size = 1 << (int) ((number >>> 12) & 3) & 7;
            switch ((int) number & 7) {
                case 0 -> {
                    board.clock().setNow(board.clock().now() + (number & 0xffff_ffffL));
                    board.clock().fireDue();
                }
                case 1 -> board.ports().read(port, Math.max(1, size));
                case 2 -> board.localApic().write((number >>> 4) & 0xff0, 4, number >>> 32);
                case 3 -> board.memory().write(number & 0xf_ffff, 4, number >>> 20);
                case 4 -> board.type("x");
                default -> board.ports().write(port, Math.max(1, size), (int) (number >>> 32));
            }
            board.clearStopCause();
        }
    }

    @Property(tries = 150)
    void areTheSameToTheByteAndGoOnAlike(
            @ForAll @Size(max = 60) List<@LongRange(min = 0) Long> before,
            @ForAll @Size(max = 40) List<@LongRange(min = 0) Long> after) {
        try {
            Board board = board();
            disturb(board, before);
            byte[] first = saved(board, "first");
            Board other = restored("first");
            assertArrayEquals(first, saved(other, "again"));
            disturb(board, after);
            disturb(other, after);
            Map<String, Long> counts = board.counts();
            assertEquals(counts, other.counts());
            assertArrayEquals(saved(board, "one"), saved(other, "two"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

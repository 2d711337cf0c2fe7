package org.thirdmode.pc.snapshot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskInterface;
import org.thirdmode.pc.disk.MemoryOverlay;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;

/**
 * What a state file begins with: enough to make the machine that it is to fill.
 *
 * @param description what the machine was made of
 * @param host what of the host it is connected to
 */
public record StateHeader(MachineDescription description, HostPorts host) {
    private static final String ON = "on";
    private static final String OVERLAY = "thrown away at the end";

    /**
     * Writes the header.
     *
     * @param on what the machine runs on, in a word
     */
    public void write(StatePort port, String on) {
        port.text(ON, on);
        description.through(port);
        for (DiskInterface attached : DiskInterface.values()) {
            Optional<BlockImage> disk = host.disk(attached);
            SavedDisk.through(port, attached, SavedDisk.of(attached, disk));
        }
        for (BlockImage disk : host.disks().values()) {
            overlay(port, disk);
        }
    }

    /**
     * Reads the header.
     *
     * @param ports makes the host's side, with the disks that it is told of, or other copies of them
     * @throws StateException where the machine is not on {@code on}, or its disk is another or has changed
     */
    public static StateHeader read(StatePort port, String on, Function<List<DiskFile>, HostPorts> ports) {
        String is = port.text(ON, on);
        if (!is.equals(on)) {
            throw new StateException("it is the state of a machine on " + is + ", not on " + on);
        }
        MachineDescription description = MachineDescription.read(port);
        List<Optional<SavedDisk>> disks = new ArrayList<>();
        for (DiskInterface attached : DiskInterface.values()) {
            disks.add(SavedDisk.through(port, attached, Optional.empty()));
        }
        HostPorts host = ports.apply(
                disks.stream().flatMap(Optional::stream).map(SavedDisk::file).toList());
        for (DiskInterface attached : DiskInterface.values()) {
            SavedDisk.check(disks.get(attached.ordinal()), host.disk(attached));
        }
        for (SavedDisk disk : disks.stream().flatMap(Optional::stream).toList()) {
            if (disk.file().snapshot()) {
                overlay(port, host.disk(disk.file().attached()).orElseThrow());
            }
        }
        return new StateHeader(description, host);
    }

    private static void overlay(StatePort port, BlockImage disk) {
        if (disk instanceof MemoryOverlay overlay) {
            port.part(OVERLAY, overlay);
        }
    }

    /**
     * What the machine in {@code file} runs on, in a word.
     *
     * @throws StateException where the file is no state, in one line
     */
    public static String on(Path file) throws IOException {
        return StateFile.peek(file, port -> port.text(ON, ""));
    }
}

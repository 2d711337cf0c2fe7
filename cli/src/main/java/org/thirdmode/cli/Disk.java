package org.thirdmode.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.loader.Image;

/** The disk of a run, open and locked until the run ends; or none. */
final class Disk implements AutoCloseable {
    private final Optional<DiskFile> asked;
    private Optional<BlockImage> image;

    private Disk(Optional<DiskFile> asked, Optional<BlockImage> image) {
        this.asked = asked;
        this.image = image;
    }

    static Disk open(BareRun what) {
        // The one of a saved machine is known once its state is read.
        return new Disk(what.disk(), what.restore().isPresent() ? Optional.empty() : opened(what.disk(), "--disk "));
    }

    private static Optional<BlockImage> opened(Optional<DiskFile> file, String option) {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(file.get().open());
        } catch (IOException e) {
            throw new UserError(option + e.getMessage());
        }
    }

    /** The same ports with the disk that a saved machine had, or with the one that was asked for instead. */
    HostPorts in(HostPorts ports, Optional<DiskFile> saved) {
        image = asked.isPresent() ? opened(asked, "--disk ") : opened(saved, "the disk of the machine: ");
        return in(ports);
    }

    /** The same ports with this disk. */
    HostPorts in(HostPorts ports) {
        return image.isPresent() ? ports.withDisk(image.get()) : ports;
    }

    /** The first sector, which boots where the user names neither an image nor a ROM. */
    Optional<Image> bootSector() {
        if (image.isEmpty()) {
            return Optional.empty();
        }
        byte[] sector = new byte[BlockImage.SECTOR];
        try {
            image.get().read(0, 1, sector, 0);
        } catch (IOException e) {
            throw new UserError("--disk " + e.getMessage());
        }
        return Optional.of(new Image(image.get().name() + ", sector 0", sector));
    }

    /** What the user should hear once the run is over. */
    List<String> warnings(Board board) {
        List<String> warnings = new ArrayList<>();
        boolean guessed = asked.isPresent() && asked.get().format().isEmpty();
        if (guessed && image.isPresent() && image.get().format() == DiskFormat.RAW) {
            warnings.add(
                    "--disk " + asked.get().path() + ": no format was given and none recognized, so it was taken for"
                            + " raw; say ,format=raw to be sure of it");
        }
        board.disk()
                .flatMap(disk -> disk.failure())
                .ifPresent(failure -> warnings.add("--disk " + failure + "; the guest was told of an error"));
        return warnings;
    }

    @Override
    public void close() {
        if (image.isPresent()) {
            try {
                image.get().close();
            } catch (IOException e) {
                throw new UserError("--disk " + e.getMessage());
            }
        }
    }
}

package org.thirdmode.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.ata.AtaDisk;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.virtio.VirtioBlock;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The disks of a run, open and locked until the run ends. */
final class Disks implements AutoCloseable {
    private final List<DiskFile> asked;
    private final Map<DiskFile, BlockImage> images = new LinkedHashMap<>();

    private Disks(List<DiskFile> asked) {
        this.asked = asked;
    }

    /** Those that the user names, where no two are attached alike. */
    static List<DiskFile> eachOnItsOwn(CommandLine command, List<DiskFile> disks) {
        if (disks.stream().map(DiskFile::attached).distinct().count() < disks.size()) {
            throw new ParameterException(
                    command, "--disk: a machine has one disk an interface; add ,if=virtio to one of two");
        }
        return disks;
    }

    static Disks open(List<DiskFile> files) {
        Disks disks = new Disks(files);
        disks.open(files, "--disk ");
        return disks;
    }

    static Disks open(BareRun what) {
        Disks disks = new Disks(what.disks());
        // Those of a saved machine are known once its state is read.
        if (what.restore().isEmpty()) {
            disks.open(what.disks(), "--disk ");
        }
        return disks;
    }

    private void open(List<DiskFile> files, String option) {
        for (DiskFile file : files) {
            try {
                images.put(file, file.open());
            } catch (IOException e) {
                close();
                throw new UserError(option + e.getMessage());
            }
        }
    }

    /** The same ports with the disks that a saved machine had, or with those that were asked for instead. */
    HostPorts in(HostPorts ports, List<DiskFile> saved) {
        open(asked, "--disk ");
        open(
                saved.stream()
                        .filter(file -> asked.stream().noneMatch(other -> other.attached() == file.attached()))
                        .toList(),
                "the disk of the machine: ");
        return in(ports);
    }

    /** The same ports with these disks. */
    HostPorts in(HostPorts ports) {
        HostPorts all = ports;
        for (Map.Entry<DiskFile, BlockImage> disk : images.entrySet()) {
            all = all.withDisk(disk.getKey().attached(), disk.getValue());
        }
        return all;
    }

    /** The first sector, which boots where the user names neither an image nor a ROM. */
    Optional<Image> bootSector() {
        if (images.isEmpty()) {
            return Optional.empty();
        }
        BlockImage image = images.values().iterator().next();
        byte[] sector = new byte[BlockImage.SECTOR];
        try {
            image.read(0, 1, sector, 0);
        } catch (IOException e) {
            throw new UserError("--disk " + e.getMessage());
        }
        return Optional.of(new Image(image.name() + ", sector 0", sector));
    }

    /** What the user should hear once the run is over. */
    List<String> warnings(Board board) {
        List<String> warnings = new ArrayList<>();
        images.forEach((file, image) -> {
            if (file.format().isEmpty() && image.format() == DiskFormat.RAW) {
                warnings.add("--disk " + file.path() + ": no format was given and none recognized, so it was taken for"
                        + " raw; say ,format=raw to be sure of it");
            }
        });
        board.disk().flatMap(AtaDisk::failure).ifPresent(failure -> failed(warnings, failure));
        board.virtioDisk().flatMap(VirtioBlock::failure).ifPresent(failure -> failed(warnings, failure));
        return warnings;
    }

    private static void failed(List<String> warnings, String failure) {
        warnings.add("--disk " + failure + "; the guest was told of an error");
    }

    @Override
    public void close() {
        UserError failed = null;
        for (BlockImage image : images.values()) {
            try {
                image.close();
            } catch (IOException e) {
                failed = new UserError("--disk " + e.getMessage());
            }
        }
        images.clear();
        if (failed != null) {
            throw failed;
        }
    }
}

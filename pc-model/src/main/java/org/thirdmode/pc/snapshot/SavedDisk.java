package org.thirdmode.pc.snapshot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskDigest;
import org.thirdmode.pc.disk.DiskFile;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.disk.DiskInterface;
import org.thirdmode.pc.disk.MemoryOverlay;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;

/**
 * What the state of a machine tells of its disk. The sectors stay in the image; their digest finds out whether it is still the
 * one that the machine was saved with.
 *
 * @param file where the image was, as an absolute path
 * @param digest of its sectors; what a guest wrote that is to be thrown away is not among them, but in the state
 */
public record SavedDisk(DiskFile file, byte[] digest) {
    private static final int DIGEST = 32;

    /** The disk that a machine is saved with. */
    static Optional<SavedDisk> of(DiskInterface attached, Optional<BlockImage> image) {
        return image.map(disk -> {
            boolean snapshot = disk instanceof MemoryOverlay;
            Path path = Path.of(disk.name()).toAbsolutePath();
            return new SavedDisk(new DiskFile(path, Optional.of(disk.format()), attached, snapshot), digest(disk));
        });
    }

    private static byte[] digest(BlockImage disk) {
        try {
            return DiskDigest.of(disk instanceof MemoryOverlay overlay ? overlay.below() : disk);
        } catch (IOException e) {
            throw new StateException("disk " + e.getMessage());
        }
    }

    /** Passes through {@code port}; what comes out is {@code disk}, or the one that was written. */
    static Optional<SavedDisk> through(StatePort port, DiskInterface attached, Optional<SavedDisk> disk) {
        if (!port.flag(attached.word() + " disk", disk.isPresent())) {
            return Optional.empty();
        }
        String path =
                port.text("path", disk.map(it -> it.file.path().toString()).orElse(""));
        DiskFormat format =
                port.choice("format", disk.flatMap(it -> it.file.format()).orElse(DiskFormat.RAW));
        boolean snapshot =
                port.flag("snapshot", disk.isPresent() && disk.get().file.snapshot());
        byte[] digest = disk.map(SavedDisk::digest).orElseGet(() -> new byte[DIGEST]);
        port.bytes("digest", digest);
        return Optional.of(new SavedDisk(new DiskFile(Path.of(path), Optional.of(format), attached, snapshot), digest));
    }

    /**
     * The disk that a machine is given which was saved with {@code saved}.
     *
     * @throws StateException where it is not that one, in one line
     */
    static void check(Optional<SavedDisk> saved, Optional<BlockImage> given) {
        if (saved.isEmpty() && given.isPresent()) {
            throw new StateException("the machine was saved without a disk; leave out "
                    + given.get().name());
        }
        if (saved.isPresent()) {
            saved.get().check(given);
        }
    }

    private void check(Optional<BlockImage> given) {
        if (given.isEmpty()) {
            throw new StateException("the machine was saved with the disk " + file.path() + "; give it that disk");
        }
        BlockImage disk = given.get();
        if (file.snapshot() && !(disk instanceof MemoryOverlay)) {
            throw new StateException("the machine was saved with the guest's writes thrown away at the end; say "
                    + disk.name() + ",snapshot");
        }
        if (!Arrays.equals(digest, digest(disk))) {
            throw new StateException("the disk " + disk.name()
                    + " is not as it was when the machine was saved; give the one that was copied then, if any");
        }
    }
}

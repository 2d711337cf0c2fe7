package org.thirdmode.pc.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.thirdmode.pc.disk.qcow2.Qcow2Disk;

/**
 * A disk as a user names it.
 *
 * @param path the image
 * @param format its format; empty to look at its first bytes, and to take for raw what tells nothing
 * @param attached what it is attached to
 * @param snapshot whether what the guest writes is thrown away at the end
 */
public record DiskFile(Path path, Optional<DiskFormat> format, DiskInterface attached, boolean snapshot) {
    /** A disk on the IDE channel. */
    public DiskFile(Path path, Optional<DiskFormat> format, boolean snapshot) {
        this(path, format, DiskInterface.IDE, snapshot);
    }

    /** The most images that stand on one another. */
    private static final int LONGEST_CHAIN = 64;

    /**
     * Opens the image with all that it stands on, and locks them until it is closed.
     *
     * @throws DiskException where that cannot be, in one line
     */
    public BlockImage open() throws IOException {
        BlockImage image = open(path, format, !snapshot, new ArrayList<>());
        return snapshot ? new MemoryOverlay(image) : image;
    }

    /** Opens an image; {@code above} are those that stand on it, as real paths. */
    private static BlockImage open(Path path, Optional<DiskFormat> format, boolean writable, List<Path> above)
            throws IOException {
        LockedFile file = LockedFile.open(path, writable);
        try {
            DiskFormat is = format.isPresent() ? format.get() : formatOf(file);
            return switch (is) {
                case RAW -> new RawDisk(file, format.isEmpty());
                case QCOW2 -> qcow2(path, file, above);
            };
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static BlockImage qcow2(Path path, HostFile file, List<Path> above) throws IOException {
        Optional<Qcow2Disk.Backing> said = Qcow2Disk.backingOf(file);
        if (said.isEmpty()) {
            return new Qcow2Disk(file, Optional.empty());
        }
        List<Path> chain = new ArrayList<>(above);
        chain.add(path.toRealPath());
        Path below = backingPath(path, said.get().name());
        if (chain.size() >= LONGEST_CHAIN) {
            throw new DiskException(
                    path.toString(), "stands on more than " + LONGEST_CHAIN + " backing files; expected fewer");
        }
        if (below.toFile().exists() && chain.contains(below.toRealPath())) {
            throw new DiskException(path.toString(), "has the backing file " + below + ", which stands on it");
        }
        BlockImage backing;
        try {
            backing = open(below, backingFormat(path, said.get()), false, chain);
        } catch (DiskException e) {
            throw new DiskException(path.toString(), "backing file " + e.getMessage());
        }
        try {
            return new Qcow2Disk(file, Optional.of(backing));
        } catch (IOException | RuntimeException e) {
            backing.close();
            throw e;
        }
    }

    /** A relative name is relative to the folder of the image that has it. */
    private static Path backingPath(Path image, String name) throws DiskException {
        String local = name.startsWith("file:") ? name.substring("file:".length()) : name;
        if (local.matches("(?s)[A-Za-z0-9+.-]+:.*") || local.indexOf(0) >= 0) {
            throw new DiskException(image.toString(), "backing file '" + name + "'; expected a file on this machine");
        }
        return image.toAbsolutePath().resolveSibling(local);
    }

    private static Optional<DiskFormat> backingFormat(Path image, Qcow2Disk.Backing said) throws DiskException {
        if (said.format().isEmpty()) {
            return Optional.empty();
        }
        for (DiskFormat format : DiskFormat.values()) {
            if (format.word().equals(said.format().get())) {
                return Optional.of(format);
            }
        }
        throw new DiskException(
                image.toString(), "backing file of the format '" + said.format().get() + "'; expected raw or qcow2");
    }

    private static DiskFormat formatOf(HostFile file) throws IOException {
        byte[] first = new byte[4];
        file.read(0, first, 0, first.length);
        return DiskFormat.of(first, 0);
    }
}

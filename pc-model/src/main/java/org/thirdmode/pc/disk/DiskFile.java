package org.thirdmode.pc.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A disk as a user names it.
 *
 * @param path the image
 * @param format its format; empty to look at its first bytes, and to take for raw what tells nothing
 * @param snapshot whether what the guest writes is thrown away at the end
 */
public record DiskFile(Path path, Optional<DiskFormat> format, boolean snapshot) {
    /**
     * Opens the image, and locks it until it is closed.
     *
     * @throws DiskException where that cannot be, in one line
     */
    public BlockImage open() throws IOException {
        LockedFile file = LockedFile.open(path, !snapshot);
        try {
            DiskFormat is = format.isPresent() ? format.get() : formatOf(file);
            BlockImage image = switch (is) {
                case RAW -> new RawDisk(file, format.isEmpty());
                case QCOW2 -> throw new DiskException(path.toString(), "is a qcow2 image; convert it to raw");
            };
            return snapshot ? new MemoryOverlay(image) : image;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static DiskFormat formatOf(HostFile file) throws IOException {
        byte[] first = new byte[4];
        file.read(0, first, 0, first.length);
        return DiskFormat.of(first, 0);
    }
}

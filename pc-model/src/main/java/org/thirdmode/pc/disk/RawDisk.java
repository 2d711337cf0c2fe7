package org.thirdmode.pc.disk;

import java.io.IOException;

/** A raw image: sector n at byte 512 n of the file. A file that ends within a sector has zeros there. */
public final class RawDisk implements BlockImage {
    private final HostFile file;
    private final boolean guessed;
    private final long sectors;

    /**
     * A disk as long as {@code file} is.
     *
     * @param guessed whether nobody said that the file is raw; the guest may then not make it look like another format, which
     *     the next run would take it for, and with it name any file of the host as its backing file
     */
    public RawDisk(HostFile file, boolean guessed) throws IOException {
        this.file = file;
        this.guessed = guessed;
        sectors = Math.ceilDiv(file.size(), (long) SECTOR);
        if (sectors == 0) {
            throw new DiskException(file.name(), "is empty; expected at least one sector of 512 bytes");
        }
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public DiskFormat format() {
        return DiskFormat.RAW;
    }

    @Override
    public long sectors() {
        return sectors;
    }

    @Override
    public boolean readOnly() {
        return !file.writable();
    }

    @Override
    public void read(long sector, int count, byte[] to, int at) throws IOException {
        BlockImage.check(this, sector, count);
        file.read(sector * SECTOR, to, at, count * SECTOR);
    }

    @Override
    public void write(long sector, int count, byte[] from, int at) throws IOException {
        BlockImage.check(this, sector, count);
        if (guessed && sector == 0 && count > 0 && DiskFormat.of(from, at) != DiskFormat.RAW) {
            throw new DiskException(
                    name(), "the guest writes the header of another format to sector 0; say format=raw to allow it");
        }
        file.write(sector * SECTOR, from, at, count * SECTOR);
    }

    @Override
    public void discard(long sector, long count) {
        BlockImage.check(this, sector, count);
    }

    @Override
    public void flush() throws IOException {
        file.flush();
    }

    @Override
    public void close() throws IOException {
        try (HostFile closing = file) {
            closing.flush();
        }
    }
}

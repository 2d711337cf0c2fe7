package org.thirdmode.pc.disk;

import java.io.IOException;

/**
 * A disk's sectors of 512 bytes, numbered from 0.
 *
 * <p>What was written may be lost in a crash of the host, or of this process, until {@link #flush()} has returned; what was
 * there before is then still there. One thread at a time uses an image.
 */
public interface BlockImage extends AutoCloseable {
    /** Bytes of a sector. */
    int SECTOR = 512;

    /** How errors name the image. */
    String name();

    /** The format of the file. */
    DiskFormat format();

    /** The number of sectors. */
    long sectors();

    /** Whether writes are refused. */
    boolean readOnly();

    /**
     * Reads {@code count} sectors from {@code sector} on into {@code to}, from index {@code at} on.
     *
     * @throws IndexOutOfBoundsException where the image or the array has no such part
     * @throws IOException where the image is damaged or the host cannot read it
     */
    void read(long sector, int count, byte[] to, int at) throws IOException;

    /**
     * Writes {@code count} sectors.
     *
     * @throws IndexOutOfBoundsException where the image or the array has no such part
     * @throws IOException where the image is read-only or damaged, or the host cannot write it
     */
    void write(long sector, int count, byte[] from, int at) throws IOException;

    /** The guest no longer needs what {@code count} sectors hold: they may be read as zeros from now on, or stay. */
    void discard(long sector, long count) throws IOException;

    /**
     * How many sectors from {@code sector} on hold zeros for sure, as is told without reading them; 0 where that cannot be told.
     */
    default long blank(long sector) throws IOException {
        return 0;
    }

    /** Returns once all that was written will outlive a crash. */
    void flush() throws IOException;

    /** Flushes and gives the file back. */
    @Override
    void close() throws IOException;

    /** Checks a range of sectors against {@code image}. */
    static void check(BlockImage image, long sector, long count) {
        if (sector < 0 || count < 0 || sector > image.sectors() - count) {
            throw new IndexOutOfBoundsException(
                    image.name() + ": sectors " + sector + " to " + (sector + count - 1) + " of " + image.sectors());
        }
    }
}

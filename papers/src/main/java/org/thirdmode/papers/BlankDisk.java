package org.thirdmode.papers;

import java.util.Arrays;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.disk.MemoryOverlay;

/** Zeros, and no file behind them. */
final class BlankDisk implements BlockImage {
    private static final long SECTORS = 2048;

    private BlankDisk() {}

    /** One that can be written to. */
    static BlockImage writable() {
        return new MemoryOverlay(new BlankDisk());
    }

    @Override
    public String name() {
        return "a blank disk";
    }

    @Override
    public DiskFormat format() {
        return DiskFormat.RAW;
    }

    @Override
    public long sectors() {
        return SECTORS;
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long sector, int count, byte[] to, int at) {
        BlockImage.check(this, sector, count);
        Arrays.fill(to, at, at + (count * SECTOR), (byte) 0);
    }

    @Override
    public void write(long sector, int count, byte[] from, int at) {
        throw new IllegalStateException("the overlay keeps what is written");
    }

    @Override
    public void discard(long sector, long count) {
        // Zeros anyway.
    }

    @Override
    public long blank(long sector) {
        return SECTORS - sector;
    }

    @Override
    public void flush() {
        // Nothing was written.
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}

package org.thirdmode.pc.disk;

import java.io.IOException;

/** A disk in memory, for tests of controllers: it fails when it is told to, and counts flushes. */
public final class MemoryDisk implements BlockImage {
    public final byte[] bytes;
    public boolean broken;
    public boolean writeProtected;
    public int flushes;

    public MemoryDisk(int sectors) {
        bytes = new byte[sectors * SECTOR];
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public DiskFormat format() {
        return DiskFormat.RAW;
    }

    @Override
    public long sectors() {
        return bytes.length / SECTOR;
    }

    @Override
    public boolean readOnly() {
        return writeProtected;
    }

    private void fail() throws IOException {
        if (broken) {
            throw new DiskException(name(), "the medium failed");
        }
    }

    @Override
    public void read(long sector, int count, byte[] to, int at) throws IOException {
        BlockImage.check(this, sector, count);
        fail();
        System.arraycopy(bytes, (int) sector * SECTOR, to, at, count * SECTOR);
    }

    @Override
    public void write(long sector, int count, byte[] from, int at) throws IOException {
        BlockImage.check(this, sector, count);
        fail();
        System.arraycopy(from, at, bytes, (int) sector * SECTOR, count * SECTOR);
    }

    @Override
    public void discard(long sector, long count) {
        BlockImage.check(this, sector, count);
    }

    @Override
    public void flush() throws IOException {
        fail();
        flushes++;
    }

    @Override
    public void close() {}
}

package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.disk.HostFile;

/**
 * A new image: nothing in it but what its backing file shows.
 *
 * @param size of the disk, in bytes, a multiple of 512
 * @param version 2 or 3
 * @param clusterBits 9 to 21
 * @param refcountOrder 0 to 6; 4 for version 2
 * @param backing the name of the backing file, relative to the image, and its format
 */
public record Qcow2Creation(
        long size,
        int version,
        int clusterBits,
        int refcountOrder,
        Optional<String> backing,
        DiskFormat backingFormat) {
    private static final int LENGTH_2 = 72;
    private static final int LENGTH_3 = 104;

    /** Version 3, clusters of 64 KBytes, refcounts of 16 bits, no backing file: what qemu-img makes. */
    public static Qcow2Creation of(long size) {
        return new Qcow2Creation(size, 3, 16, 4, Optional.empty(), DiskFormat.RAW);
    }

    /** Writes the image to an empty file; the header, which makes it one, comes last. */
    public void write(HostFile file) throws IOException {
        int cluster = 1 << clusterBits;
        long l1Size = Math.ceilDiv(size, (long) cluster * (cluster / 8));
        long l1Clusters = Math.max(1, Math.ceilDiv(l1Size * 8, (long) cluster));
        // Header, refcount table, refcount blocks, L1 table.
        long perBlock = (cluster * 8L) >>> refcountOrder;
        long blocks = 1;
        while (blocks * perBlock < 2 + blocks + l1Clusters) {
            blocks++;
        }
        if (size <= 0 || size % 512 != 0 || l1Size > (32 << 20) / 8 || blocks > cluster / 8) {
            throw new DiskException(
                    file.name(),
                    "cannot be made with a size of " + size + " bytes and clusters of " + cluster
                            + "; expected a multiple of 512, or larger clusters");
        }
        byte[] table = new byte[cluster];
        for (int i = 0; i < blocks; i++) {
            BigEndian.setEntry(table, i, (2L + i) << clusterBits);
        }
        file.write(cluster, table, 0, cluster);
        long used = 2 + blocks + l1Clusters;
        for (int i = 0; i < blocks; i++) {
            byte[] block = new byte[cluster];
            for (long c = i * perBlock; c < Math.min(used, (i + 1) * perBlock); c++) {
                setOne(block, (int) (c % perBlock));
            }
            file.write((2L + i) << clusterBits, block, 0, cluster);
        }
        byte[] zeros = new byte[cluster];
        for (long c = 2 + blocks; c < used; c++) {
            file.write(c << clusterBits, zeros, 0, cluster);
        }
        file.flush();
        byte[] header = header((int) l1Size, (2 + blocks) << clusterBits);
        file.write(0, header, 0, header.length);
        file.flush();
    }

    private void setOne(byte[] block, int at) {
        int bits = 1 << refcountOrder;
        if (bits < 8) {
            block[at * bits / 8] |= (byte) (1 << at * bits % 8);
        } else {
            block[(at + 1) * (bits / 8) - 1] = 1;
        }
    }

    private byte[] header(int l1Size, long l1Offset) throws DiskException {
        int length = version == 3 ? LENGTH_3 : LENGTH_2;
        ByteBuffer b = ByteBuffer.allocate(1 << clusterBits);
        b.putInt(0, DiskFormat.QCOW_MAGIC)
                .putInt(4, version)
                .putInt(20, clusterBits)
                .putLong(24, size);
        b.putInt(36, l1Size)
                .putLong(40, l1Offset)
                .putLong(48, 1L << clusterBits)
                .putInt(56, 1);
        if (version == 3) {
            b.putInt(96, refcountOrder).putInt(100, length);
        }
        if (backing.isPresent()) {
            byte[] name = backing.get().getBytes(StandardCharsets.UTF_8);
            byte[] format = backingFormat.word().getBytes(StandardCharsets.US_ASCII);
            int at = length + 16 + 8;
            if (at + name.length > b.capacity() || name.length > 1023) {
                throw new DiskException(backing.get(), "is too long for the name of a backing file");
            }
            b.putInt(length, 0xe279_2aca).putInt(length + 4, format.length).put(length + 8, format);
            b.putLong(8, at).putInt(16, name.length).put(at, name);
        }
        return b.array();
    }
}

package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.disk.HostFile;

/**
 * The header of an image. All of it that ever changes lies in the file's first 512 bytes, which are written at once: one write is
 * the moment at which an image goes over from one set of tables to another. What is not understood is kept.
 *
 * <p>Source: docs/interop/qcow2 "Header", "Header extensions"; the limits are QEMU's.
 */
final class Qcow2Header {
    static final int SECTOR = 512;

    static final long DIRTY = 1;
    static final long CORRUPT = 1 << 1;
    private static final long UNDERSTOOD = DIRTY | CORRUPT;

    private static final int LEAST_CLUSTER_BITS = 9;
    private static final int MOST_CLUSTER_BITS = 21;
    private static final int MOST_REFCOUNT_ORDER = 6;
    private static final int MOST_L1_ENTRIES = (32 << 20) / 8;
    static final int MOST_REFCOUNT_TABLE = 8 << 20;
    private static final int MOST_SNAPSHOTS = 65_536;
    private static final int MOST_BACKING_NAME = 1023;

    private static final int LENGTH_2 = 72;
    private static final int LENGTH_3 = 104;

    private static final int EXTENSION_END = 0;
    private static final int EXTENSION_BACKING_FORMAT = 0xe279_2aca;
    private static final int EXTENSION_FEATURE_NAMES = 0x6803_f857;
    private static final int FEATURE_ENTRY = 48;

    private final HostFile file;
    private final byte[] first = new byte[SECTOR];

    final int version;
    final int clusterBits;
    final int refcountOrder;
    final Optional<String> backing;
    private Optional<String> backingFormat = Optional.empty();

    long size;
    int l1Size;
    long l1Offset;
    long refcountTableOffset;
    int refcountTableClusters;
    int snapshots;
    long snapshotsOffset;
    long incompatible;
    long autoclear;

    /**
     * The header of {@code file}.
     *
     * @throws DiskException where a field has a value it cannot have, or asks for what is not there
     */
    Qcow2Header(HostFile file) throws IOException {
        this.file = file;
        file.read(0, first, 0, SECTOR);
        ByteBuffer b = ByteBuffer.wrap(first);
        require(b.getInt(0) == DiskFormat.QCOW_MAGIC, 0, "magic", hex(b.getInt(0)), "0x514649fb");
        version = b.getInt(4);
        require(version == 2 || version == 3, 4, "version", unsigned(version), "2 or 3");
        clusterBits = b.getInt(20);
        require(
                clusterBits >= LEAST_CLUSTER_BITS && clusterBits <= MOST_CLUSTER_BITS,
                20,
                "cluster_bits",
                unsigned(clusterBits),
                LEAST_CLUSTER_BITS + " to " + MOST_CLUSTER_BITS);
        int method = b.getInt(32);
        require(method == 0, 32, "crypt_method", unsigned(method), "0: encrypted images are not supported");
        size = b.getLong(24);
        l1Size = b.getInt(36);
        l1Offset = b.getLong(40);
        refcountTableOffset = b.getLong(48);
        refcountTableClusters = b.getInt(56);
        snapshots = b.getInt(60);
        snapshotsOffset = b.getLong(64);
        int length = LENGTH_2;
        int order = 4;
        if (version == 3) {
            incompatible = b.getLong(72);
            autoclear = b.getLong(88);
            order = b.getInt(96);
            length = b.getInt(100);
            require(
                    length >= LENGTH_3 && length % 8 == 0 && length <= clusterSize(),
                    100,
                    "header_length",
                    unsigned(length),
                    "a multiple of 8 from 104 to the cluster's size");
        }
        refcountOrder = order;
        require(
                order >= 0 && order <= MOST_REFCOUNT_ORDER,
                96,
                "refcount_order",
                unsigned(order),
                "0 to " + MOST_REFCOUNT_ORDER);
        byte[] cluster = new byte[Math.min(clusterSize(), 1 << 16)];
        file.read(0, cluster, 0, cluster.length);
        backing = backingName(cluster, length);
        extensions(cluster, length);
        checkTables();
    }

    private Optional<String> backingName(byte[] cluster, int length) throws DiskException {
        long offset = ByteBuffer.wrap(first).getLong(8);
        if (offset == 0) {
            return Optional.empty();
        }
        int count = ByteBuffer.wrap(first).getInt(16);
        require(count > 0 && count <= MOST_BACKING_NAME, 16, "backing_file_size", unsigned(count), "1 to 1023");
        require(
                offset >= length && offset <= cluster.length - count,
                8,
                "backing_file_offset",
                hex(offset),
                "a place behind the header in the first cluster");
        return Optional.of(new String(cluster, (int) offset, count, StandardCharsets.UTF_8));
    }

    private void extensions(byte[] cluster, int length) throws DiskException {
        ByteBuffer b = ByteBuffer.wrap(cluster);
        String names = "";
        int end = backing.isPresent() ? (int) ByteBuffer.wrap(first).getLong(8) : cluster.length;
        for (int at = length; at + 8 <= end; ) {
            int type = b.getInt(at);
            int count = b.getInt(at + 4);
            if (type == EXTENSION_END) {
                break;
            }
            require(
                    count >= 0 && count <= end - at - 8,
                    at + 4,
                    "length of header extension " + hex(type),
                    unsigned(count),
                    "at most the " + (end - at - 8) + " bytes that are left");
            if (type == EXTENSION_BACKING_FORMAT) {
                backingFormat = Optional.of(new String(cluster, at + 8, count, StandardCharsets.US_ASCII));
            } else if (type == EXTENSION_FEATURE_NAMES) {
                names = featureNames(cluster, at + 8, count);
            }
            at += 8 + Math.ceilDiv(count, 8) * 8;
        }
        require(
                (incompatible & ~UNDERSTOOD) == 0,
                72,
                "incompatible_features",
                hex(incompatible) + names,
                "none but the dirty and the corrupt bit: convert the image with qemu-img");
    }

    /** The names of those features that the image needs and nobody here knows. */
    private String featureNames(byte[] cluster, int at, int count) {
        StringBuilder names = new StringBuilder();
        for (int i = at; i + FEATURE_ENTRY <= at + count; i += FEATURE_ENTRY) {
            int bit = cluster[i + 1];
            if (cluster[i] == 0 && bit >= 0 && bit < 64 && (incompatible & ~UNDERSTOOD & 1L << bit) != 0) {
                String name = new String(cluster, i + 2, FEATURE_ENTRY - 2, StandardCharsets.US_ASCII);
                names.append(names.isEmpty() ? " (" : ", ").append(printable(name));
            }
        }
        return names.isEmpty() ? "" : names + ")";
    }

    private static String printable(String text) {
        return text.chars()
                .filter(c -> c >= ' ' && c < 0x7f)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private void checkTables() throws IOException {
        long reach = (long) clusterSize() * l2Entries();
        require(size > 0, 24, "size", unsigned(size), "at least 1 byte, less than 8 EiB");
        require(
                l1Size >= 0 && l1Size <= MOST_L1_ENTRIES,
                36,
                "l1_size",
                unsigned(l1Size),
                "at most " + MOST_L1_ENTRIES);
        require(
                l1Size >= Math.ceilDiv(size, reach),
                36,
                "l1_size",
                unsigned(l1Size),
                "at least " + Math.ceilDiv(size, reach) + ", for a size of " + size + " bytes");
        requireTable(40, "l1_table_offset", l1Offset, l1Size * 8L);
        requireTable(48, "refcount_table_offset", refcountTableOffset, (long) refcountTableClusters << clusterBits);
        require(
                refcountTableClusters > 0 && (long) refcountTableClusters << clusterBits <= MOST_REFCOUNT_TABLE,
                56,
                "refcount_table_clusters",
                unsigned(refcountTableClusters),
                "1 to " + (MOST_REFCOUNT_TABLE >>> clusterBits));
        require(
                snapshots >= 0 && snapshots <= MOST_SNAPSHOTS,
                60,
                "nb_snapshots",
                unsigned(snapshots),
                "at most " + MOST_SNAPSHOTS);
        if (snapshots > 0) {
            requireTable(64, "snapshots_offset", snapshotsOffset, snapshots * 40L);
        }
    }

    private void requireTable(int field, String what, long offset, long length) throws IOException {
        require(
                offset > 0 && offset % clusterSize() == 0 && offset <= roundedSize() - length,
                field,
                what,
                hex(offset),
                "a multiple of the cluster's size, with " + length + " bytes of the file behind it");
    }

    /** The size of the file, up to the end of its last cluster. */
    long roundedSize() throws IOException {
        return Math.ceilDiv(file.size(), (long) clusterSize()) << clusterBits;
    }

    int clusterSize() {
        return 1 << clusterBits;
    }

    int l2Entries() {
        return 1 << (clusterBits - 3);
    }

    /** The format of the backing file, where the image says it. */
    Optional<String> backingFormat() {
        return backingFormat;
    }

    /** Writes the first sector. */
    void write() throws IOException {
        ByteBuffer b = ByteBuffer.wrap(first);
        b.putLong(24, size);
        b.putInt(36, l1Size);
        b.putLong(40, l1Offset);
        b.putLong(48, refcountTableOffset);
        b.putInt(56, refcountTableClusters);
        b.putInt(60, snapshots);
        b.putLong(64, snapshotsOffset);
        if (version == 3) {
            b.putLong(72, incompatible);
            b.putLong(88, autoclear);
        }
        file.write(0, Arrays.copyOf(first, SECTOR), 0, SECTOR);
    }

    private void require(boolean holds, int at, String field, String found, String expected) throws DiskException {
        if (!holds) {
            throw new DiskException(
                    file.name(), "qcow2 header, byte " + at + ", " + field + ": " + found + "; expected " + expected);
        }
    }

    private static String unsigned(int value) {
        return Integer.toUnsignedString(value);
    }

    private static String unsigned(long value) {
        return Long.toUnsignedString(value);
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String hex(int value) {
        return "0x" + Integer.toHexString(value);
    }
}

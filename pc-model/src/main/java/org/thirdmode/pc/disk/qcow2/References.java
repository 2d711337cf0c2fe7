package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.HostFile;

/**
 * Who refers to which cluster: every table of an image followed once. An image is used only if each reference stays in the file,
 * and written only if whatever is written in place is referred to once, and nothing that is referred to counts as free.
 *
 * <p>That is stricter than what QEMU does at an opening and what makes damage impossible later: whichever table lies, no write
 * can reach what another table owns.
 */
final class References {
    private final HostFile file;
    private final Qcow2Header header;
    private final ClusterCounts counts = new ClusterCounts();
    private final Map<Long, Integer> l2Tables = new HashMap<>();
    private final long end;

    private References(HostFile file, Qcow2Header header) throws IOException {
        this.file = file;
        this.header = header;
        end = header.roundedSize();
    }

    /**
     * Follows every table from {@code header} on.
     *
     * @param refcountTable the places of the refcount blocks; empty where the refcounts do not matter, nor their table
     * @throws DiskException where a reference leads out of the file
     */
    static ClusterCounts count(
            HostFile file, Qcow2Header header, long[] l1, Snapshot.Table snapshots, long[] refcountTable)
            throws IOException {
        References found = new References(file, header);
        found.region(0, header.clusterSize());
        found.region(header.l1Offset, l1.length * 8L);
        if (refcountTable.length > 0) {
            found.region(header.refcountTableOffset, (long) header.refcountTableClusters << header.clusterBits);
        }
        if (header.snapshots > 0) {
            found.region(header.snapshotsOffset, snapshots.length());
        }
        for (long block : refcountTable) {
            if (block != 0) {
                found.region(block, header.clusterSize());
            }
        }
        found.l1("L1 table", l1);
        for (Snapshot snapshot : snapshots.rows()) {
            String name = "L1 table of snapshot " + snapshot.id();
            found.requireTable(name, snapshot);
            found.region(snapshot.l1Offset(), snapshot.l1Size() * 8L);
            found.l1(name, readL1(file, snapshot.l1Offset(), snapshot.l1Size()));
        }
        for (Map.Entry<Long, Integer> table : found.l2Tables.entrySet()) {
            found.l2(table.getKey(), table.getValue());
        }
        return found.counts;
    }

    /** The entries of an L1 table. */
    static long[] readL1(HostFile file, long offset, int size) throws IOException {
        byte[] bytes = new byte[size * 8];
        file.read(offset, bytes, 0, bytes.length);
        long[] entries = new long[size];
        for (int i = 0; i < size; i++) {
            entries[i] = BigEndian.entry(bytes, i);
        }
        return entries;
    }

    private void requireTable(String name, Snapshot snapshot) throws DiskException {
        long length = snapshot.l1Size() * 8L;
        boolean holds = snapshot.l1Size() >= 0
                && length <= 32 << 20
                && snapshot.l1Offset() > 0
                && snapshot.l1Offset() % header.clusterSize() == 0
                && snapshot.l1Offset() <= end - length;
        if (!holds) {
            throw new DiskException(
                    file.name(),
                    name + ": " + Integer.toUnsignedString(snapshot.l1Size()) + " entries at "
                            + Qcow2Header.hex(snapshot.l1Offset())
                            + "; expected at most 4194304, from a multiple of the cluster's size on, inside the file");
        }
    }

    private void region(long offset, long length) {
        for (long at = offset >>> header.clusterBits; at << header.clusterBits < offset + length; at++) {
            counts.add(at, 1);
        }
    }

    private void l1(String name, long[] entries) throws DiskException {
        for (int i = 0; i < entries.length; i++) {
            long offset = Entry.offset(entries[i]);
            if (offset != 0) {
                requireCluster(name, i, entries[i]);
                counts.add(offset >>> header.clusterBits, 1);
                l2Tables.merge(offset, 1, Integer::sum);
            }
        }
    }

    private void requireCluster(String name, int index, long entry) throws DiskException {
        long offset = Entry.offset(entry);
        if (offset % header.clusterSize() != 0 || offset > end - header.clusterSize()) {
            throw outside(name, index, entry);
        }
    }

    private DiskException outside(String name, int index, long entry) {
        return new DiskException(
                file.name(),
                name + ", entry " + index + ": " + Qcow2Header.hex(entry)
                        + "; expected a cluster of the file, which ends at " + Qcow2Header.hex(end));
    }

    private void l2(long at, int times) throws IOException {
        String name = "L2 table at " + Qcow2Header.hex(at);
        byte[] table = new byte[header.clusterSize()];
        file.read(at, table, 0, table.length);
        for (int i = 0; i < header.l2Entries(); i++) {
            long entry = BigEndian.entry(table, i);
            if (Entry.compressed(entry)) {
                long offset = Entry.compressedOffset(entry, header.clusterBits);
                int length = Entry.compressedLength(entry, header.clusterBits);
                if (offset > end - length || (entry & Entry.COPIED) != 0) {
                    throw outside(name, i, entry);
                }
                long last = (offset + length - 1) >>> header.clusterBits;
                for (long c = offset >>> header.clusterBits; c <= last; c++) {
                    counts.add(c, times);
                }
            } else if (Entry.offset(entry) != 0) {
                requireCluster(name, i, entry);
                counts.add(Entry.offset(entry) >>> header.clusterBits, times);
            }
        }
    }

    /**
     * Whether the image can be written with no harm.
     *
     * @throws DiskException where it cannot
     */
    static void requireWritable(HostFile file, Qcow2Header header, long[] l1, Refcounts refcounts, ClusterCounts counts)
            throws IOException {
        requireOwn(file, header, l1, refcounts, counts);
        counts.<IOException>forEach((cluster, count) -> {
            if (refcounts.get(cluster) < count) {
                throw new DiskException(
                        file.name(),
                        "refcount of the cluster at " + Qcow2Header.hex(cluster << header.clusterBits) + ": "
                                + refcounts.get(cluster) + "; expected at least " + count
                                + ": repair a copy with qemu-img check -r all");
            }
        });
    }

    /** Tables, and clusters that say so, are referred to once. */
    private static void requireOwn(
            HostFile file, Qcow2Header header, long[] l1, Refcounts refcounts, ClusterCounts counts)
            throws IOException {
        requireOnce(file, header, counts, "header", 0, 1);
        requireOnce(file, header, counts, "L1 table", header.l1Offset, Math.max(1, l1.length * 8L));
        requireOnce(
                file,
                header,
                counts,
                "refcount table",
                header.refcountTableOffset,
                (long) header.refcountTableClusters << header.clusterBits);
        for (long block : refcounts.table()) {
            if (block != 0) {
                requireOnce(file, header, counts, "refcount block", block, 1);
            }
        }
        for (long entry : l1) {
            if (Entry.offset(entry) != 0) {
                requireOwn(file, header, entry, counts);
            }
        }
    }

    private static void requireOwn(HostFile file, Qcow2Header header, long l1Entry, ClusterCounts counts)
            throws IOException {
        long at = Entry.offset(l1Entry);
        if ((l1Entry & Entry.COPIED) != 0) {
            requireOnce(file, header, counts, "L2 table", at, 1);
        }
        byte[] table = new byte[header.clusterSize()];
        file.read(at, table, 0, table.length);
        for (int i = 0; i < header.l2Entries(); i++) {
            long entry = BigEndian.entry(table, i);
            if (!Entry.compressed(entry) && (entry & Entry.COPIED) != 0) {
                requireOnce(
                        file,
                        header,
                        counts,
                        "data of entry " + i + " of the L2 table at " + Qcow2Header.hex(at),
                        Entry.offset(entry),
                        1);
            }
        }
    }

    private static void requireOnce(
            HostFile file, Qcow2Header header, ClusterCounts counts, String what, long offset, long length)
            throws DiskException {
        for (long c = offset >>> header.clusterBits; c << header.clusterBits < offset + length; c++) {
            if (counts.get(c) != 1) {
                throw new DiskException(
                        file.name(),
                        what + ", cluster at " + Qcow2Header.hex(c << header.clusterBits) + ": " + counts.get(c)
                                + " references to it; expected 1: repair a copy with qemu-img check -r all");
            }
        }
    }
}

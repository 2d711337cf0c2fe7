package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.HostFile;

/**
 * A change of many tables at once: snapshots, repair. What changes is written anew to clusters behind all that are in use; then
 * one write of the header switches over to it, refcounts included. Before that write the image is what it was, after it what it
 * shall be, and there is nothing in between, not even a cluster that is lost.
 */
final class Switchover {
    private final HostFile file;
    private final Qcow2Header header;
    private final Refcounts refcounts;
    private long next;

    /** A change of an image all of whose tables are on the medium. */
    Switchover(HostFile file, Qcow2Header header, Refcounts refcounts) throws IOException {
        this.file = file;
        this.header = header;
        this.refcounts = refcounts;
        next = Math.max(refcounts.end(), Math.ceilDiv(file.size(), (long) header.clusterSize()));
    }

    /** The L1 table of now becomes that of the snapshot; the disk goes on with another, of the same content. */
    void create(long[] l1, List<Snapshot> rows, Snapshot taken) throws IOException {
        refer(l1, 1);
        List<Snapshot> all = new ArrayList<>(rows);
        all.add(taken);
        writeRows(rows, all);
        commit(l1);
    }

    /** The disk goes on with what the snapshot has. */
    void apply(long[] l1, Snapshot snapshot) throws IOException {
        long[] other = References.readL1(file, snapshot.l1Offset(), snapshot.l1Size());
        refer(other, 1);
        refer(l1, -1);
        change(header.l1Offset, l1.length * 8L, -1);
        long needed = Math.ceilDiv(header.size, (long) header.clusterSize() * header.l2Entries());
        commit(Arrays.copyOf(other, (int) Math.max(needed, other.length)));
    }

    /** The row goes, and with it what only it refers to. */
    void delete(long[] l1, List<Snapshot> rows, Snapshot gone) throws IOException {
        refer(References.readL1(file, gone.l1Offset(), gone.l1Size()), -1);
        change(gone.l1Offset(), gone.l1Size() * 8L, -1);
        List<Snapshot> all = new ArrayList<>(rows);
        all.remove(gone);
        writeRows(rows, all);
        change(header.l1Offset, l1.length * 8L, -1);
        commit(l1);
    }

    /** The refcounts become {@code counts}, and the image is no longer dirty. */
    void repair(long[] l1, List<Snapshot> rows, ClusterCounts counts) throws IOException {
        next = Math.max(next, counts.end());
        refcounts.clear();
        counts.<IOException>forEach((cluster, count) -> {
            if (count > refcounts.most()) {
                throw new DiskException(
                        file.name(),
                        "cluster at " + Qcow2Header.hex(cluster << header.clusterBits) + ": has " + count
                                + " references; expected at most " + refcounts.most());
            }
            refcounts.put(cluster, count);
        });
        header.incompatible &= ~Qcow2Header.DIRTY;
        writeRows(rows, rows);
        change(header.l1Offset, l1.length * 8L, -1);
        commit(l1);
    }

    // ---- steps ----

    /** Adds {@code by} to the refcounts of the L2 tables of an L1 table and of all that these refer to. */
    private void refer(long[] l1, int by) throws IOException {
        byte[] table = new byte[header.clusterSize()];
        for (long l1Entry : l1) {
            long at = Entry.offset(l1Entry);
            if (at == 0) {
                continue;
            }
            change(at, 1, by);
            file.read(at, table, 0, table.length);
            for (int i = 0; i < header.l2Entries(); i++) {
                long entry = BigEndian.entry(table, i);
                if (Entry.compressed(entry)) {
                    change(
                            Entry.compressedOffset(entry, header.clusterBits),
                            Entry.compressedLength(entry, header.clusterBits),
                            by);
                } else if (Entry.offset(entry) != 0) {
                    change(Entry.offset(entry), 1, by);
                }
            }
        }
    }

    /** Adds {@code by} to the refcounts of the clusters of a part of the file. */
    private void change(long offset, long length, int by) throws IOException {
        for (long c = offset >>> header.clusterBits; c << header.clusterBits < offset + length; c++) {
            long count = refcounts.get(c) + by;
            if (count < 0 || count > refcounts.most()) {
                throw new DiskException(
                        file.name(),
                        "refcount of the cluster at " + Qcow2Header.hex(c << header.clusterBits) + ": would be " + count
                                + "; expected 0 to " + refcounts.most() + ", which its "
                                + (1 << header.refcountOrder) + " bits can hold");
            }
            refcounts.put(c, count);
        }
    }

    /** Takes clusters behind all others, for {@code length} bytes. */
    private long take(long length) throws IOException {
        long offset = next << header.clusterBits;
        for (long end = next + Math.max(1, Math.ceilDiv(length, (long) header.clusterSize())); next < end; next++) {
            refcounts.put(next, 1);
        }
        return offset;
    }

    private void writeRows(List<Snapshot> before, List<Snapshot> after) throws IOException {
        if (!before.isEmpty()) {
            change(header.snapshotsOffset, Snapshot.write(before).length, -1);
        }
        header.snapshots = after.size();
        header.snapshotsOffset = 0;
        if (!after.isEmpty()) {
            byte[] rows = Snapshot.write(after);
            header.snapshotsOffset = take(rows.length);
            file.write(header.snapshotsOffset, rows, 0, rows.length);
        }
    }

    /**
     * Writes the L1 table of the disk to new clusters, with those of its L2 tables whose COPIED flags are no longer what the
     * refcounts say, and switches over.
     */
    private void commit(long[] l1) throws IOException {
        byte[] bytes = new byte[l1.length * 8];
        for (int i = 0; i < l1.length; i++) {
            long at = Entry.offset(l1[i]);
            if (at != 0) {
                at = withFlags(at);
                BigEndian.setEntry(bytes, i, refcounts.get(at >>> header.clusterBits) == 1 ? at | Entry.COPIED : at);
            }
        }
        header.l1Offset = take(bytes.length);
        header.l1Size = l1.length;
        file.write(header.l1Offset, bytes, 0, bytes.length);
        refcounts.renew(next);
    }

    /** Where the table lies whose flags are right: where it was, or in a new cluster. */
    private long withFlags(long at) throws IOException {
        byte[] table = new byte[header.clusterSize()];
        file.read(at, table, 0, table.length);
        boolean changed = false;
        for (int i = 0; i < header.l2Entries(); i++) {
            long entry = BigEndian.entry(table, i);
            if (!Entry.compressed(entry) && Entry.offset(entry) != 0) {
                boolean own = refcounts.get(Entry.offset(entry) >>> header.clusterBits) == 1;
                if (own != ((entry & Entry.COPIED) != 0)) {
                    BigEndian.setEntry(table, i, entry ^ Entry.COPIED);
                    changed = true;
                }
            }
        }
        if (!changed) {
            return at;
        }
        change(at, 1, -1);
        long offset = take(table.length);
        file.write(offset, table, 0, table.length);
        return offset;
    }
}

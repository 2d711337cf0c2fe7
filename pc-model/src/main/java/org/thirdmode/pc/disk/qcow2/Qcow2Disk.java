package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.DiskFormat;
import org.thirdmode.pc.disk.HostFile;

/**
 * A qcow2 image. An L1 table leads to L2 tables, these to clusters of the file; what leads nowhere is read from the backing file,
 * or is zero. A cluster that is not the disk's alone is copied before it is written.
 *
 * <p>Writes go to the file at once where their cluster is the disk's own, and to a free cluster where it is not; tables change in
 * memory. {@link #commit} then writes in this order, with the medium flushed between two steps:
 *
 * <ol>
 *   <li>refcounts that grow (the data is on the medium with them), then the table entries of new refcount blocks;
 *   <li>L2 tables;
 *   <li>the L1 table;
 *   <li>only now are the clusters free that the tables no longer lead to; their refcounts are written the next time.
 * </ol>
 *
 * <p>So at any moment, whatever of the writes since the last flush has reached the medium, every table that is led to is there, and
 * nothing that is referred to counts as free. What a crash can leave is a cluster that counts as used and is not. Snapshots and
 * repairs replace tables as a whole: {@link Switchover}.
 */
public final class Qcow2Disk implements BlockImage {
    private final HostFile file;
    private Qcow2Header header;
    private final Optional<BlockImage> backing;
    private final int clusterSize;
    private final L2Tables tables;
    private final BitSet dirtyL1 = new BitSet();

    /** References that the tables in memory no longer have, by cluster. */
    private final List<Long> dropped = new ArrayList<>();

    private final List<Snapshot> snapshots;
    private long[] l1;
    private Refcounts refcounts;
    private IOException broken;
    private long inflatedEntry;
    private byte[] inflated;

    /**
     * The image in {@code file}, over its backing file where it has one; it closes both.
     *
     * @throws DiskException where the image is damaged or needs what is not there
     */
    public Qcow2Disk(HostFile file, Optional<BlockImage> backing) throws IOException {
        this.file = file;
        this.backing = backing;
        header = new Qcow2Header(file);
        clusterSize = header.clusterSize();
        tables = new L2Tables(file, clusterSize);
        l1 = References.readL1(file, header.l1Offset, header.l1Size);
        Snapshot.Table rows = Snapshot.read(file, header);
        snapshots = new ArrayList<>(rows.rows());
        if (!file.writable()) {
            References.count(file, header, l1, rows, new long[0]);
            return;
        }
        if ((header.incompatible & Qcow2Header.CORRUPT) != 0) {
            throw new DiskException(
                    file.name(),
                    "qcow2 header, byte 72: the image is marked corrupt; repair a copy with qemu-img check -r all, or add"
                            + " ,snapshot to read it as it is");
        }
        refcounts = new Refcounts(file, header);
        if ((header.incompatible & Qcow2Header.DIRTY) != 0) {
            // Its refcounts may be anything: they are made anew from what the tables refer to.
            new Switchover(file, header, refcounts)
                    .repair(l1, snapshots, References.count(file, header, l1, rows, new long[0]));
            l1 = References.readL1(file, header.l1Offset, header.l1Size);
            rows = Snapshot.read(file, header);
        }
        ClusterCounts counts = References.count(file, header, l1, rows, refcounts.table());
        References.requireWritable(file, header, l1, refcounts, counts);
    }

    /** What the header in {@code file} says of a backing file: its name, and its format if it is said. */
    public record Backing(String name, Optional<String> format) {}

    /** The backing file that the image in {@code file} has. */
    public static Optional<Backing> backingOf(HostFile file) throws IOException {
        Qcow2Header header = new Qcow2Header(file);
        return header.backing.map(name -> new Backing(name, header.backingFormat()));
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public DiskFormat format() {
        return DiskFormat.QCOW2;
    }

    @Override
    public long sectors() {
        return Math.ceilDiv(header.size, (long) SECTOR);
    }

    @Override
    public boolean readOnly() {
        return !file.writable();
    }

    // ---- reading ----

    @Override
    public void read(long sector, int count, byte[] to, int at) throws IOException {
        BlockImage.check(this, sector, count);
        long position = sector * SECTOR;
        int left = count * SECTOR;
        while (left > 0) {
            int part = (int) Math.min(left, clusterSize - position % clusterSize);
            readPart(position, to, at, part);
            position += part;
            at += part;
            left -= part;
        }
    }

    /** Reads within one cluster. */
    private void readPart(long position, byte[] to, int at, int count) throws IOException {
        long entry = entry(position);
        int offset = (int) (position % clusterSize);
        if (Entry.compressed(entry)) {
            System.arraycopy(inflate(entry), offset, to, at, count);
        } else if (zero(entry)) {
            Arrays.fill(to, at, at + count, (byte) 0);
        } else if (Entry.offset(entry) != 0) {
            file.read(Entry.offset(entry) + offset, to, at, count);
        } else {
            readBacking(position, to, at, count);
        }
    }

    /** Up to where the L1 table has tables, if nothing is beneath. */
    @Override
    public long blank(long sector) {
        long perTable = (long) header.l2Entries() << header.clusterBits;
        long position = sector * SECTOR;
        int index = (int) (position / perTable);
        int end = index;
        while (backing.isEmpty() && end < l1.length && Entry.offset(l1[end]) == 0) {
            end++;
        }
        return end == index ? 0 : Math.min(sectors(), end * perTable / SECTOR) - sector;
    }

    private boolean zero(long entry) {
        return header.version >= 3 && (entry & Entry.ZERO) != 0;
    }

    private void readBacking(long position, byte[] to, int at, int count) throws IOException {
        long sector = position / SECTOR;
        int there = 0;
        if (backing.isPresent()) {
            there = (int) Math.clamp(backing.get().sectors() - sector, 0L, count / SECTOR);
            if (there > 0) {
                backing.get().read(sector, there, to, at);
            }
        }
        Arrays.fill(to, at + there * SECTOR, at + count, (byte) 0);
    }

    /** The L2 entry of a byte of the disk; 0 where there is no table. */
    private long entry(long position) throws IOException {
        long cluster = position >>> header.clusterBits;
        int index = (int) (cluster / header.l2Entries());
        long offset = Entry.offset(l1[index]);
        if (offset == 0) {
            return 0;
        }
        return BigEndian.entry(table(index, offset).entries, (int) (cluster % header.l2Entries()));
    }

    private L2Tables.Table table(int index, long offset) throws IOException {
        if (tables.full()) {
            commit();
        }
        return tables.get(index, offset);
    }

    private byte[] inflate(long entry) throws IOException {
        if (inflated != null && inflatedEntry == entry) {
            return inflated;
        }
        long offset = Entry.compressedOffset(entry, header.clusterBits);
        byte[] packed = new byte[Entry.compressedLength(entry, header.clusterBits)];
        file.read(offset, packed, 0, packed.length);
        byte[] data = new byte[clusterSize];
        int done = 0;
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(packed);
            while (done < clusterSize) {
                int more = inflater.inflate(data, done, clusterSize - done);
                if (more == 0) {
                    break;
                }
                done += more;
            }
        } catch (DataFormatException e) {
            done = -1;
        }
        if (done < clusterSize) {
            throw new DiskException(
                    name(),
                    "compressed cluster at " + Qcow2Header.hex(offset) + ": is no deflated data of " + clusterSize
                            + " bytes");
        }
        inflated = data;
        inflatedEntry = entry;
        return data;
    }

    // ---- writing ----

    @Override
    public void write(long sector, int count, byte[] from, int at) throws IOException {
        BlockImage.check(this, sector, count);
        requireWritable();
        long position = sector * SECTOR;
        int left = count * SECTOR;
        while (left > 0) {
            int part = (int) Math.min(left, clusterSize - position % clusterSize);
            writePart(position, from, at, part);
            position += part;
            at += part;
            left -= part;
        }
    }

    private void requireWritable() throws IOException {
        if (!file.writable()) {
            throw new DiskException(name(), "is open to be read alone");
        }
        if (broken != null) {
            throw new DiskException(
                    name(), "takes no more writes since one of its tables could not be written", broken);
        }
        if (header.autoclear != 0) {
            // "An implementation may only write to an image with unknown auto-clear features if it clears them first."
            guarded(() -> {
                header.autoclear = 0;
                header.write();
                file.flush();
            });
        }
    }

    /** What changes tables of the file. Where it fails half-way memory and file differ, and nothing more must be written. */
    private interface Change {
        void run() throws IOException;
    }

    private void guarded(Change change) throws IOException {
        try {
            change.run();
        } catch (DiskException e) {
            throw e; // found before anything was written
        } catch (IOException e) {
            broken = e;
            throw e;
        }
    }

    private void writePart(long position, byte[] from, int at, int count) throws IOException {
        long entry = entry(position);
        boolean own = (entry & Entry.COPIED) != 0 && !Entry.compressed(entry) && Entry.offset(entry) != 0;
        if (own && !zero(entry)) {
            file.write(Entry.offset(entry) + position % clusterSize, from, at, count);
            return;
        }
        byte[] data = new byte[clusterSize];
        long first = position - position % clusterSize;
        if (count < clusterSize) {
            int present = (int) Math.min(clusterSize, sectors() * SECTOR - first);
            readPart(first, data, 0, present);
        }
        System.arraycopy(from, at, data, (int) (position - first), count);
        int slot = (int) ((position >>> header.clusterBits) % header.l2Entries());
        L2Tables.Table table = ownTable((int) ((position >>> header.clusterBits) / header.l2Entries()));
        // A cluster of its own that reads as zeros is not yet seen: it can be filled where it is.
        long offset = own ? Entry.offset(entry) : allocate();
        file.write(offset, data, 0, clusterSize);
        BigEndian.setEntry(table.entries, slot, offset | Entry.COPIED);
        table.dirty = true;
        if (!own) {
            drop(entry);
        }
    }

    /** Table {@code index}, which only the disk as it is now refers to. */
    private L2Tables.Table ownTable(int index) throws IOException {
        long offset = Entry.offset(l1[index]);
        if (offset != 0 && (l1[index] & Entry.COPIED) != 0) {
            return table(index, offset);
        }
        byte[] entries = offset == 0
                ? new byte[clusterSize]
                : table(index, offset).entries.clone();
        if (tables.full()) {
            commit();
        }
        L2Tables.Table table = new L2Tables.Table(allocate(), entries);
        table.dirty = true;
        tables.put(index, table);
        l1[index] = table.offset | Entry.COPIED;
        dirtyL1.set(index);
        if (offset != 0) {
            dropped.add(offset >>> header.clusterBits);
        }
        return table;
    }

    private long allocate() throws IOException {
        long[] cluster = new long[1];
        guarded(() -> cluster[0] = refcounts.allocate());
        return cluster[0] << header.clusterBits;
    }

    /** The table in memory no longer has {@code entry}. */
    private void drop(long entry) {
        if (Entry.compressed(entry)) {
            long offset = Entry.compressedOffset(entry, header.clusterBits);
            long last = (offset + Entry.compressedLength(entry, header.clusterBits) - 1) >>> header.clusterBits;
            for (long c = offset >>> header.clusterBits; c <= last; c++) {
                dropped.add(c);
            }
        } else if (Entry.offset(entry) != 0) {
            dropped.add(Entry.offset(entry) >>> header.clusterBits);
        }
    }

    @Override
    public void discard(long sector, long count) throws IOException {
        BlockImage.check(this, sector, count);
        requireWritable();
        if (header.version < 3 && backing.isPresent()) {
            return; // without an entry the backing file would show through
        }
        int perCluster = clusterSize / SECTOR;
        long end = sector + count == sectors() ? Math.ceilDiv(sectors(), perCluster) : (sector + count) / perCluster;
        for (long cluster = Math.ceilDiv(sector, perCluster); cluster < end; cluster++) {
            long entry = entry(cluster << header.clusterBits);
            boolean nothing = entry == 0 || (zero(entry) && Entry.offset(entry) == 0);
            if (!nothing || (backing.isPresent() && !zero(entry))) {
                L2Tables.Table table = ownTable((int) (cluster / header.l2Entries()));
                BigEndian.setEntry(
                        table.entries, (int) (cluster % header.l2Entries()), backing.isPresent() ? Entry.ZERO : 0);
                table.dirty = true;
                drop(entry);
            } else {
                cluster = skipped(cluster, end);
            }
        }
    }

    /** Where there is no table there is nothing to discard up to the end of its range. */
    private long skipped(long cluster, long end) {
        boolean none = Entry.offset(l1[(int) (cluster / header.l2Entries())]) == 0;
        return none ? Math.min(end, (cluster / header.l2Entries() + 1) * header.l2Entries()) - 1 : cluster;
    }

    @Override
    public void flush() throws IOException {
        if (file.writable()) {
            requireWritable();
            commit();
        }
    }

    private void commit() throws IOException {
        guarded(() -> {
            if (refcounts.changed()) {
                refcounts.commit();
            } else {
                file.flush();
            }
            if (tables.changed()) {
                tables.write();
                file.flush();
                tables.written();
            }
            if (!dirtyL1.isEmpty()) {
                writeL1();
                file.flush();
                dirtyL1.clear();
            }
            for (long cluster : dropped) {
                refcounts.decrease(cluster);
            }
            dropped.clear();
        });
    }

    private void writeL1() throws IOException {
        byte[] entry = new byte[8];
        for (int i = dirtyL1.nextSetBit(0); i >= 0; i = dirtyL1.nextSetBit(i + 1)) {
            BigEndian.setEntry(entry, 0, l1[i]);
            file.write(header.l1Offset + i * 8L, entry, 0, entry.length);
        }
    }

    @Override
    public void close() throws IOException {
        try (HostFile closing = file) {
            if (closing.writable() && broken == null) {
                commit();
                if (refcounts.changed()) {
                    commit(); // what was dropped is free
                }
            }
        } finally {
            if (backing.isPresent()) {
                backing.get().close();
            }
        }
    }

    // ---- snapshots ----

    /** The snapshots in the image. */
    public List<Snapshot> snapshots() {
        return List.copyOf(snapshots);
    }

    /**
     * Keeps what the disk holds now as a snapshot.
     *
     * @param milliseconds the time that the snapshot says it was taken at, since the epoch
     */
    public void createSnapshot(String name, long milliseconds) throws IOException {
        int id = 1;
        for (Snapshot snapshot : snapshots) {
            if (snapshot.name().equals(name)) {
                throw new DiskException(name(), "has a snapshot '" + name + "' already");
            }
            if (snapshot.id().matches("[0-9]{1,9}")) {
                id = Math.max(id, Integer.parseInt(snapshot.id()) + 1);
            }
        }
        Snapshot taken = Snapshot.of(Integer.toString(id), name, header, milliseconds);
        switchOver(change -> change.create(l1, snapshots, taken));
    }

    /** Makes the disk hold what it held when the snapshot was taken, which stays. */
    public void applySnapshot(String name) throws IOException {
        Snapshot snapshot = snapshot(name);
        long size = snapshot.diskSize(header.size);
        if (size != header.size) {
            throw new DiskException(
                    name(),
                    "snapshot '" + name + "' is of a disk of " + size + " bytes; expected " + header.size
                            + ": resize the image with qemu-img first");
        }
        switchOver(change -> change.apply(l1, snapshot));
    }

    /** Gives up a snapshot. */
    public void deleteSnapshot(String name) throws IOException {
        Snapshot snapshot = snapshot(name);
        switchOver(change -> change.delete(l1, snapshots, snapshot));
    }

    private Snapshot snapshot(String name) throws DiskException {
        for (Snapshot snapshot : snapshots) {
            if (snapshot.name().equals(name) || snapshot.id().equals(name)) {
                return snapshot;
            }
        }
        throw new DiskException(name(), "has no snapshot '" + name + "'");
    }

    /** A change of many tables at once. */
    private interface Tables {
        void change(Switchover change) throws IOException;
    }

    private void switchOver(Tables change) throws IOException {
        requireWritable();
        commit();
        commit(); // what was dropped is free, on the medium too
        guarded(() -> {
            try {
                change.change(new Switchover(file, header, refcounts));
            } finally {
                reload();
            }
        });
    }

    /** Takes over what the file says: after a switch-over, or after one that could not be. */
    private void reload() throws IOException {
        try {
            header = new Qcow2Header(file);
            refcounts = new Refcounts(file, header);
            tables.clear();
            inflated = null;
            l1 = References.readL1(file, header.l1Offset, header.l1Size);
            snapshots.clear();
            snapshots.addAll(Snapshot.read(file, header).rows());
        } catch (IOException e) {
            broken = e;
            throw e;
        }
    }
}

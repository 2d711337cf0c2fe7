package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.HostFile;

/**
 * An internal snapshot, as its row of the snapshot table says. docs/interop/qcow2 "Snapshots".
 *
 * @param l1Offset where its L1 table lies
 * @param l1Size the number of that table's entries
 * @param id unique in the image
 * @param name for people
 * @param seconds when it was taken, since the epoch
 * @param nanoseconds the rest of that
 * @param running nanoseconds that the guest had run
 * @param stateSize bytes of the machine's state that is stored with it, in the row's old form
 * @param extra what follows: the size of the state again, the size of the disk, and what is not understood
 */
public record Snapshot(
        long l1Offset,
        int l1Size,
        String id,
        String name,
        int seconds,
        int nanoseconds,
        long running,
        int stateSize,
        byte[] extra) {
    private static final int FIXED = 40;
    private static final int MOST_EXTRA = 1024;

    /** The most that a table of snapshots has, in bytes: QEMU's limit. */
    private static final long MOST_TABLE = 64L << 20;

    /** The size of the disk when it was taken, in bytes; {@code current} where the row does not say. */
    long diskSize(long current) {
        return extra.length >= 16 ? ByteBuffer.wrap(extra).getLong(8) : current;
    }

    /** A row for the disk as it is now, whose L1 table becomes the snapshot's. */
    static Snapshot of(String id, String name, Qcow2Header header, long milliseconds) {
        ByteBuffer extra = ByteBuffer.allocate(16);
        extra.putLong(8, header.size);
        return new Snapshot(
                header.l1Offset,
                header.l1Size,
                id,
                name,
                (int) (milliseconds / 1000),
                (int) (milliseconds % 1000) * 1_000_000,
                0,
                0,
                extra.array());
    }

    /** The rows of the table, and the bytes that they take. */
    record Table(List<Snapshot> rows, long length) {}

    /** Reads the table that {@code header} leads to. */
    static Table read(HostFile file, Qcow2Header header) throws IOException {
        List<Snapshot> rows = new ArrayList<>();
        long at = header.snapshotsOffset;
        long end = header.roundedSize();
        for (int i = 0; i < header.snapshots; i++) {
            byte[] fixed = new byte[FIXED];
            file.read(at, fixed, 0, FIXED);
            ByteBuffer b = ByteBuffer.wrap(fixed);
            int id = b.getShort(12) & 0xffff;
            int name = b.getShort(14) & 0xffff;
            int extra = b.getInt(36);
            long length = FIXED + Integer.toUnsignedLong(extra) + id + name;
            if (extra < 0 || extra > MOST_EXTRA || at + length > end || at - header.snapshotsOffset > MOST_TABLE) {
                throw new DiskException(
                        file.name(),
                        "snapshot table, row " + i + " at " + Qcow2Header.hex(at) + ": has " + length
                                + " bytes; expected at most " + MOST_EXTRA + " of extra data, and no end behind "
                                + Qcow2Header.hex(end));
            }
            byte[] rest = new byte[(int) length - FIXED];
            file.read(at + FIXED, rest, 0, rest.length);
            rows.add(new Snapshot(
                    b.getLong(0),
                    b.getInt(8),
                    new String(rest, extra, id, StandardCharsets.UTF_8),
                    new String(rest, extra + id, name, StandardCharsets.UTF_8),
                    b.getInt(16),
                    b.getInt(20),
                    b.getLong(24),
                    b.getInt(32),
                    java.util.Arrays.copyOf(rest, extra)));
            at += Math.ceilDiv(length, 8) * 8;
        }
        return new Table(rows, at - header.snapshotsOffset);
    }

    /** The table of {@code rows}. */
    static byte[] write(List<Snapshot> rows) {
        int length = 0;
        for (Snapshot row : rows) {
            length += Math.ceilDiv(row.length(), 8) * 8;
        }
        ByteBuffer b = ByteBuffer.allocate(length);
        for (Snapshot row : rows) {
            int at = b.position();
            byte[] id = row.id.getBytes(StandardCharsets.UTF_8);
            byte[] name = row.name.getBytes(StandardCharsets.UTF_8);
            b.putLong(row.l1Offset)
                    .putInt(row.l1Size)
                    .putShort((short) id.length)
                    .putShort((short) name.length);
            b.putInt(row.seconds).putInt(row.nanoseconds).putLong(row.running).putInt(row.stateSize);
            b.putInt(row.extra.length).put(row.extra).put(id).put(name);
            b.position(at + Math.ceilDiv(row.length(), 8) * 8);
        }
        return b.array();
    }

    private int length() {
        return FIXED
                + extra.length
                + id.getBytes(StandardCharsets.UTF_8).length
                + name.getBytes(StandardCharsets.UTF_8).length;
    }
}

package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import org.thirdmode.pc.disk.DiskException;
import org.thirdmode.pc.disk.HostFile;

/**
 * How often each cluster of the file is referred to; one with 0 is free. Blocks are read when they are first asked for, changed in
 * memory, and written when the disk says so.
 *
 * <p>A new block describes itself: it lies in the range of clusters whose counts it holds. So its one table entry makes both it
 * and its own count valid.
 *
 * <p>Source: docs/interop/qcow2 "Host cluster management".
 */
final class Refcounts {
    private final HostFile file;
    private final Qcow2Header header;
    private final long perBlock;
    private final BitSet dirtyBlocks = new BitSet();
    private final BitSet newBlocks = new BitSet();
    private long[] table;
    private byte[][] blocks;
    private long hint;

    /** The counts that the header of {@code file} leads to. */
    Refcounts(HostFile file, Qcow2Header header) throws IOException {
        this.file = file;
        this.header = header;
        perBlock = (header.clusterSize() * 8L) >>> header.refcountOrder;
        byte[] bytes = new byte[header.refcountTableClusters << header.clusterBits];
        file.read(header.refcountTableOffset, bytes, 0, bytes.length);
        table = new long[bytes.length / 8];
        blocks = new byte[table.length][];
        for (int i = 0; i < table.length; i++) {
            table[i] = BigEndian.entry(bytes, i);
            checkEntry(i);
        }
    }

    private void checkEntry(int i) throws IOException {
        if (table[i] != 0 && (table[i] % header.clusterSize() != 0 || table[i] < 0 || table[i] >= file.size())) {
            throw new DiskException(
                    file.name(),
                    "refcount table entry " + i + ": " + Qcow2Header.hex(table[i])
                            + "; expected a multiple of the cluster's size below the file's end at "
                            + Qcow2Header.hex(file.size()));
        }
    }

    /** Where the blocks lie; 0 where there is none. */
    long[] table() {
        return table;
    }

    /** The largest count there can be. */
    long most() {
        return header.refcountOrder == 6 ? Long.MAX_VALUE : (1L << (1 << header.refcountOrder)) - 1;
    }

    private byte[] block(int index) throws IOException {
        if (blocks[index] == null && table[index] != 0) {
            byte[] block = new byte[header.clusterSize()];
            file.read(table[index], block, 0, block.length);
            blocks[index] = block;
        }
        return blocks[index];
    }

    /** The count of a cluster. */
    long get(long cluster) throws IOException {
        long index = cluster / perBlock;
        if (index >= table.length) {
            return 0;
        }
        byte[] block = block((int) index);
        return block == null ? 0 : count(block, (int) (cluster % perBlock));
    }

    private long count(byte[] block, int at) {
        int order = header.refcountOrder;
        if (order < 3) {
            int bits = 1 << order;
            return ((block[at * bits / 8] & 0xffL) >>> (at * bits % 8)) & ((1L << bits) - 1);
        }
        int bytes = 1 << (order - 3);
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value = value << 8 | (block[at * bytes + i] & 0xff);
        }
        return value < 0 ? Long.MAX_VALUE : value;
    }

    /** Sets the count of a cluster that has a block. */
    private void set(long cluster, long value) throws IOException {
        int index = (int) (cluster / perBlock);
        int at = (int) (cluster % perBlock);
        byte[] block = block(index);
        int order = header.refcountOrder;
        if (order < 3) {
            int bits = 1 << order;
            int shift = at * bits % 8;
            int mask = ((1 << bits) - 1) << shift;
            block[at * bits / 8] = (byte) ((block[at * bits / 8] & ~mask) | ((int) value << shift & mask));
        } else {
            int bytes = 1 << (order - 3);
            for (int i = 0; i < bytes; i++) {
                block[at * bytes + i] = (byte) (value >>> ((bytes - 1 - i) * 8));
            }
        }
        dirtyBlocks.set(index);
        if (value == 0) {
            hint = Math.min(hint, cluster);
        }
    }

    /** One reference less: what nobody refers to is free. */
    void decrease(long cluster) throws IOException {
        long count = get(cluster);
        if (count > 0) {
            set(cluster, count - 1);
        }
    }

    /** Takes a free cluster; its count is 1. */
    long allocate() throws IOException {
        while (true) {
            int index = (int) Math.min(hint / perBlock, Integer.MAX_VALUE);
            if (index >= table.length) {
                renew(0);
            } else if (block(index) == null) {
                blocks[index] = new byte[header.clusterSize()];
                table[index] = hint << header.clusterBits;
                newBlocks.set(index);
                set(hint++, 1);
            } else if (get(hint) == 0) {
                set(hint, 1);
                return hint++;
            } else {
                hint++;
            }
        }
    }

    /** The last cluster that is in use, plus 1. */
    long end() throws IOException {
        for (int index = table.length - 1; index >= 0; index--) {
            byte[] block = block(index);
            for (long at = block == null ? 0 : perBlock; at > 0; at--) {
                if (count(block, (int) at - 1) != 0) {
                    return index * perBlock + at;
                }
            }
        }
        return 0;
    }

    boolean changed() {
        return !dirtyBlocks.isEmpty();
    }

    /** Writes what has changed. When this returns it is on the medium, and all that was written before is. */
    void commit() throws IOException {
        for (int i = dirtyBlocks.nextSetBit(0); i >= 0; i = dirtyBlocks.nextSetBit(i + 1)) {
            file.write(table[i], blocks[i], 0, blocks[i].length);
        }
        file.flush();
        dirtyBlocks.clear();
        if (newBlocks.isEmpty()) {
            return;
        }
        byte[] entry = new byte[8];
        for (int i = newBlocks.nextSetBit(0); i >= 0; i = newBlocks.nextSetBit(i + 1)) {
            BigEndian.setEntry(entry, 0, table[i]);
            file.write(header.refcountTableOffset + i * 8L, entry, 0, entry.length);
        }
        file.flush();
        newBlocks.clear();
    }

    // ---- all of them anew ----

    /** Sets the count of a cluster that may lie behind all blocks: for a switch-over, which writes every block. */
    void put(long cluster, long value) throws IOException {
        if (cluster / perBlock >= Qcow2Header.MOST_REFCOUNT_TABLE / 8) {
            throw full();
        }
        int index = (int) (cluster / perBlock);
        if (index >= table.length) {
            table = Arrays.copyOf(table, index + 1);
            blocks = Arrays.copyOf(blocks, index + 1);
        }
        if (block(index) == null) {
            blocks[index] = new byte[header.clusterSize()];
        }
        set(cluster, value);
    }

    /** Forgets all counts and where they lie: for a repair, which puts those that it has found. */
    void clear() {
        Arrays.fill(blocks, null);
        Arrays.fill(table, 0);
        header.refcountTableClusters = 0;
    }

    /**
     * Writes every block and the table to clusters that are free so far, from {@code floor} on, and has the header refer to them: by
     * one write, which makes them valid together with whatever else the header refers to.
     */
    void renew(long floor) throws IOException {
        long first = Math.max(floor, end());
        int old = table.length;
        for (int i = 0; i < old; i++) {
            if (table[i] != 0) {
                block(i);
            }
        }
        int used = 0;
        for (byte[] block : blocks) {
            used += block == null ? 0 : 1;
        }
        // Room for the blocks that these very clusters may need, and for as much again.
        long entries = Math.max(old, (first + used) / perBlock * 3 / 2 + 2);
        int tableClusters;
        long clusters;
        while (true) {
            tableClusters = (int) Math.ceilDiv(entries * 8, (long) header.clusterSize());
            clusters = tableClusters + used + Math.ceilDiv(tableClusters + used, perBlock) + 1;
            long needed = (first + clusters) / perBlock + 1;
            if (needed <= entries) {
                break;
            }
            entries = needed + needed / 2;
        }
        if ((long) tableClusters << header.clusterBits > Qcow2Header.MOST_REFCOUNT_TABLE) {
            throw full();
        }
        forgetPlaces();
        place(first, tableClusters);
        header.refcountTableOffset = first << header.clusterBits;
        header.refcountTableClusters = tableClusters;
        file.flush();
        header.write();
        file.flush();
        dirtyBlocks.clear();
        newBlocks.clear();
        hint = 0;
    }

    private DiskException full() {
        return new DiskException(file.name(), "is full: its refcount table cannot grow further");
    }

    /** Table and blocks leave their clusters, which are free after the switch. */
    private void forgetPlaces() throws IOException {
        for (int i = 0; i < header.refcountTableClusters; i++) {
            put((header.refcountTableOffset >>> header.clusterBits) + i, 0);
        }
        for (int i = 0; i < table.length; i++) {
            if (table[i] != 0) {
                put(table[i] >>> header.clusterBits, 0);
                table[i] = 0;
            }
        }
        // Without a count there need be no block; and none must lie behind those that are made while places are found.
        for (int i = 0; i < blocks.length; i++) {
            if (blocks[i] != null && Arrays.equals(blocks[i], new byte[header.clusterSize()])) {
                blocks[i] = null;
            }
        }
    }

    private void place(long first, int tableClusters) throws IOException {
        long next = first;
        for (int i = 0; i < tableClusters; i++) {
            put(next++, 1);
        }
        int entries = tableClusters << (header.clusterBits - 3);
        table = Arrays.copyOf(table, entries);
        blocks = Arrays.copyOf(blocks, entries);
        // A block's own count may call for one more block, behind it.
        for (int i = 0; i < entries; i++) {
            if (blocks[i] != null) {
                table[i] = next << header.clusterBits;
                put(next++, 1);
            }
        }
        byte[] bytes = new byte[entries * 8];
        for (int i = 0; i < entries; i++) {
            BigEndian.setEntry(bytes, i, table[i]);
            if (table[i] != 0) {
                file.write(table[i], blocks[i], 0, blocks[i].length);
            }
        }
        file.write(first << header.clusterBits, bytes, 0, bytes.length);
    }
}

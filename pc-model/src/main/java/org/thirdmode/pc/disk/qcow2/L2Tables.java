package org.thirdmode.pc.disk.qcow2;

import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.thirdmode.pc.disk.HostFile;

/** The L2 tables that were used last, by their number in the L1 table; changed ones are kept until they are written. */
final class L2Tables {
    private static final int MOST_BYTES = 8 << 20;
    private static final int LEAST_TABLES = 4;

    /** A table: where it lies, what it holds. */
    static final class Table {
        final long offset;
        final byte[] entries;
        boolean dirty;

        Table(long offset, byte[] entries) {
            this.offset = offset;
            this.entries = entries;
        }
    }

    private final HostFile file;
    private final int clusterSize;
    private final int most;
    private final Map<Integer, Table> tables = new LinkedHashMap<>(16, 0.75f, true);

    L2Tables(HostFile file, int clusterSize) {
        this.file = file;
        this.clusterSize = clusterSize;
        most = Math.max(LEAST_TABLES, MOST_BYTES / clusterSize);
    }

    /** Whether a table must be written before another can be kept. */
    boolean full() {
        return tables.size() >= most && eldest().dirty;
    }

    private Table eldest() {
        return tables.values().iterator().next();
    }

    /** Table {@code index}, which lies at {@code offset}. */
    Table get(int index, long offset) throws IOException {
        Table table = tables.get(index);
        if (table == null) {
            byte[] entries = new byte[clusterSize];
            file.read(offset, entries, 0, clusterSize);
            table = put(index, new Table(offset, entries));
        }
        return table;
    }

    /** Keeps a table in the place of whatever table had that number. */
    Table put(int index, Table table) {
        tables.remove(index);
        if (tables.size() >= most) {
            Iterator<Table> oldest = tables.values().iterator();
            if (!oldest.next().dirty) {
                oldest.remove();
            }
        }
        tables.put(index, table);
        return table;
    }

    boolean changed() {
        return tables.values().stream().anyMatch(table -> table.dirty);
    }

    /** Writes what has changed, in place. */
    void write() throws IOException {
        for (Table table : tables.values()) {
            if (table.dirty) {
                file.write(table.offset, table.entries, 0, clusterSize);
            }
        }
    }

    /** What was written is on the medium. */
    void written() {
        tables.values().forEach(table -> table.dirty = false);
    }

    /** Forgets all tables: others lie in their places. */
    void clear() {
        tables.clear();
    }
}

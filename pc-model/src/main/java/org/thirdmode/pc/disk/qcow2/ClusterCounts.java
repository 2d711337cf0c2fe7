package org.thirdmode.pc.disk.qcow2;

import java.util.HashMap;
import java.util.Map;

/** A count for each cluster of a file; costs memory where counts are not 0. */
final class ClusterCounts {
    private static final int CHUNK = 4096;

    private final Map<Long, int[]> chunks = new HashMap<>();
    private long end;

    /** Adds {@code times} to the count of a cluster; it stays at the largest number. */
    void add(long cluster, int times) {
        int[] chunk = chunks.computeIfAbsent(cluster / CHUNK, number -> new int[CHUNK]);
        int at = (int) (cluster % CHUNK);
        chunk[at] = (int) Math.min(Integer.MAX_VALUE, (long) chunk[at] + times);
        end = Math.max(end, cluster + 1);
    }

    int get(long cluster) {
        int[] chunk = chunks.get(cluster / CHUNK);
        return chunk == null ? 0 : chunk[(int) (cluster % CHUNK)];
    }

    /** What hears of a cluster. */
    interface Visitor<X extends Exception> {
        void visit(long cluster, int count) throws X;
    }

    /** Visits each cluster whose count is not 0. */
    <X extends Exception> void forEach(Visitor<X> visitor) throws X {
        for (Map.Entry<Long, int[]> chunk : chunks.entrySet()) {
            for (int i = 0; i < CHUNK; i++) {
                if (chunk.getValue()[i] != 0) {
                    visitor.visit(chunk.getKey() * CHUNK + i, chunk.getValue()[i]);
                }
            }
        }
    }

    /** The number of the last cluster with a count, plus 1. */
    long end() {
        return end;
    }
}

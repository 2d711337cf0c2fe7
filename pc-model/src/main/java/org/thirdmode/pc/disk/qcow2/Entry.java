package org.thirdmode.pc.disk.qcow2;

/**
 * The bits of L1 and L2 table entries. docs/interop/qcow2 "Cluster mapping".
 *
 * <pre>
 *   L1:          63 COPIED                  55..9 offset of the L2 table
 *   standard:    63 COPIED   62 0           55..9 host cluster offset              0 reads as zeros
 *   compressed:  63 0        62 COMPRESSED  61..x further sectors   x-1..0 offset  (x = 62 - (cluster_bits - 8))
 * </pre>
 */
final class Entry {
    /** The reference count of what the entry points to is exactly 1: it may be written in place. */
    static final long COPIED = 1L << 63;

    static final long COMPRESSED = 1L << 62;
    static final long ZERO = 1;
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    private static final int SECTOR = 512;

    private Entry() {}

    static boolean compressed(long entry) {
        return (entry & COMPRESSED) != 0;
    }

    static long offset(long entry) {
        return entry & OFFSET;
    }

    private static int sectorShift(int clusterBits) {
        return 62 - (clusterBits - 8);
    }

    /** Where compressed data begins: at any byte. */
    static long compressedOffset(long entry, int clusterBits) {
        return entry & (1L << sectorShift(clusterBits)) - 1;
    }

    /** How many bytes it has at most: up to the end of its last sector. */
    static int compressedLength(long entry, int clusterBits) {
        long further = (entry & COMPRESSED - 1) >>> sectorShift(clusterBits);
        return (int) (further + 1) * SECTOR - (int) (compressedOffset(entry, clusterBits) % SECTOR);
    }
}

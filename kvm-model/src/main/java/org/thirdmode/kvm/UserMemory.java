package org.thirdmode.kvm;

import org.thirdmode.shadow.HostPages;
import org.thirdmode.x86.memory.Frame;

/**
 * Memory of a user-space process that a virtual machine can be given: host pages, allocated when one is first touched. Slots
 * come and go; what is in it stays.
 */
public final class UserMemory {
    private static final int CHUNK_SHIFT = 9;
    private static final int CHUNK = 1 << CHUNK_SHIFT;

    private final HostPages host;
    private final long[][] chunks;

    /** @param size in bytes, a multiple of 4096 */
    public UserMemory(HostMachine host, long size) {
        this.host = host;
        chunks = new long[(int) (((size >>> 12) + CHUNK - 1) >>> CHUNK_SHIFT)][];
    }

    /** The host-physical address of the page at {@code offset}, a multiple of {@link Frame#SIZE}. */
    public long hostAddress(long offset) {
        int n = (int) (offset >>> 12);
        long[] chunk = chunks[n >>> CHUNK_SHIFT];
        if (chunk == null) {
            chunk = new long[CHUNK];
            chunks[n >>> CHUNK_SHIFT] = chunk;
        }
        long page = chunk[n & (CHUNK - 1)];
        if (page == 0) {
            page = host.allocate(false);
            chunk[n & (CHUNK - 1)] = page;
        }
        return page;
    }

    /** The process ends: the pages go back. */
    public void release() {
        for (int n = 0; n < chunks.length; n++) {
            if (chunks[n] != null) {
                for (long page : chunks[n]) {
                    if (page != 0) {
                        host.free(page);
                    }
                }
                chunks[n] = null;
            }
        }
    }
}

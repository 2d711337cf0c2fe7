package org.thirdmode.kvm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * Memory of a user-space process that a virtual machine can be given: host pages, allocated when one is first touched. Slots
 * come and go; what is in it stays.
 */
public final class UserMemory implements Stateful {
    private final HostMachine host;
    private final long size;
    private final HostPageSize pages;

    /** By size, the host pages, 0 where none is allocated; in chunks, for memory is sparse. */
    private final long[][][] allocated = new long[HostPageSize.values().length][][];

    private static final int CHUNK_SHIFT = 9;
    private static final int CHUNK = 1 << CHUNK_SHIFT;

    /** Memory in pages of 4 KBytes. */
    public UserMemory(HostMachine host, long size) {
        this(host, size, HostPageSize.SMALL);
    }

    /**
     * Memory in pages of {@code pages}; what is left over at the end in smaller ones.
     *
     * @param size in bytes, a multiple of 4096
     */
    public UserMemory(HostMachine host, long size, HostPageSize pages) {
        this.host = host;
        this.size = size;
        this.pages = pages;
        for (HostPageSize each : HostPageSize.values()) {
            int chunks = each.ordinal() > pages.ordinal()
                    ? 0
                    : (int) ((size + (each.bytes() << CHUNK_SHIFT) - 1) >>> (each.shift + CHUNK_SHIFT));
            allocated[each.ordinal()] = new long[chunks][];
        }
    }

    /** The size of the page at {@code offset}. */
    public HostPageSize pageSize(long offset) {
        HostPageSize result = pages;
        while (result != HostPageSize.SMALL && (offset & -result.bytes()) + result.bytes() > size) {
            result = HostPageSize.values()[result.ordinal() - 1];
        }
        return result;
    }

    /** The host-physical address of the 4 KBytes at {@code offset}, a multiple of {@link Frame#SIZE}. */
    public long hostAddress(long offset) {
        HostPageSize pageSize = pageSize(offset);
        long[][] chunks = allocated[pageSize.ordinal()];
        int n = (int) (offset >>> pageSize.shift);
        long[] chunk = chunks[n >>> CHUNK_SHIFT];
        if (chunk == null) {
            chunk = new long[CHUNK];
            chunks[n >>> CHUNK_SHIFT] = chunk;
        }
        long page = chunk[n & (CHUNK - 1)];
        if (page == 0) {
            page = host.allocate(pageSize);
            chunk[n & (CHUNK - 1)] = page;
        }
        return page + (offset & (pageSize.bytes() - 1));
    }

    /** The process ends: the pages go back. */
    public void release() {
        for (HostPageSize each : HostPageSize.values()) {
            long[][] chunks = allocated[each.ordinal()];
            for (long[] chunk : chunks) {
                for (int n = 0; chunk != null && n < CHUNK; n++) {
                    if (chunk[n] != 0) {
                        host.free(each, chunk[n]);
                    }
                }
            }
            Arrays.fill(chunks, null);
        }
    }

    /** The 4-KByte pages that were touched, by their offset. */
    @Override
    public void state(StatePort port) {
        List<Long> touched = new ArrayList<>();
        for (HostPageSize each : HostPageSize.values()) {
            long[][] chunks = allocated[each.ordinal()];
            for (int n = 0; n < chunks.length << CHUNK_SHIFT; n++) {
                long[] chunk = chunks[n >>> CHUNK_SHIFT];
                long page = chunk == null ? 0 : chunk[n & (CHUNK - 1)];
                for (long at = 0; page != 0 && at < each.bytes(); at += Frame.SIZE) {
                    if (host.memory.touched(page + at)) {
                        touched.add(((long) n << each.shift) + at);
                    }
                }
            }
        }
        port.pages("pages", Frame.SIZE, touched, offset -> {
            if (offset < 0 || offset >= size || (offset & (Frame.SIZE - 1)) != 0) {
                throw new StateException(String.format("page 0x%x: is none of 0x%x bytes of memory", offset, size));
            }
            return host.memory.frame(hostAddress(offset)).bytes;
        });
    }
}

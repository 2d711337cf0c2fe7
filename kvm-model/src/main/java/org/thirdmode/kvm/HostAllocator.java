package org.thirdmode.kvm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.thirdmode.shadow.HostPages;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * The host's page allocator. A page is aligned to its size; small ones are cut from the next large one, so that they do not
 * scatter. Addresses below 4 GBytes are for those who ask for them, as long as there are others. Pages come as zeros.
 */
final class HostAllocator implements HostPages {
    /** The page at 0 is never given out, so that 0 is no page; what is below this is the host kernel's own. */
    private static final long FIRST_PAGE = 0x10_0000;

    private static final long LOW_END = 1L << 32;

    private final PhysicalMemory memory;
    private final Zone low;
    private final Zone high;
    private long pagesInUse;

    /**
     * All pages are free.
     *
     * @param end of the RAM
     */
    HostAllocator(PhysicalMemory memory, long end) {
        this.memory = memory;
        low = new Zone(FIRST_PAGE, Math.min(end, LOW_END));
        high = new Zone(LOW_END, Math.max(end, LOW_END));
    }

    /** A range of physical memory. */
    private static final class Zone {
        private static final int SIZES = HostPageSize.values().length;

        private final long end;

        /** Nothing from here on was ever given out. */
        private long next;

        /** By size: where the large page that is being cut goes on, and where it ends. */
        private final long[] cut = new long[SIZES];

        private final long[] cutEnd = new long[SIZES];
        private final List<Deque<Long>> free = new ArrayList<>();

        Zone(long first, long end) {
            this.end = end;
            next = first;
            for (int size = 0; size < SIZES; size++) {
                free.add(new ArrayDeque<>());
            }
            // Up to the first address that all sizes are aligned at there are smaller ones.
            for (int size = 0; size + 1 < SIZES; size++) {
                long unit = HostPageSize.values()[size + 1].bytes();
                cut[size] = next;
                cutEnd[size] = Math.min(end, (next + unit - 1) & -unit);
                next = cutEnd[size];
            }
        }

        /** 0 where there is none left. */
        long allocate(int size) {
            if (!free.get(size).isEmpty()) {
                return free.get(size).pop();
            }
            long bytes = HostPageSize.values()[size].bytes();
            if (size == SIZES - 1) {
                long page = next;
                if (page + bytes > end) {
                    return 0;
                }
                next += bytes;
                return page;
            }
            if (cut[size] == cutEnd[size]) {
                long larger = allocate(size + 1);
                if (larger == 0) {
                    return 0;
                }
                cut[size] = larger;
                cutEnd[size] = larger + HostPageSize.values()[size + 1].bytes();
            }
            long page = cut[size];
            cut[size] += bytes;
            return page;
        }

        /** Small pages in a row. */
        long allocateRow(int count) {
            if (cutEnd[0] - cut[0] < (long) count * Frame.SIZE) {
                long larger = allocate(1);
                if (larger == 0) {
                    return 0;
                }
                for (long rest = cut[0]; rest < cutEnd[0]; rest += Frame.SIZE) {
                    free.get(0).push(rest);
                }
                cut[0] = larger;
                cutEnd[0] = larger + HostPageSize.LARGE.bytes();
            }
            long first = cut[0];
            cut[0] += (long) count * Frame.SIZE;
            return first;
        }
    }

    /**
     * Small pages in a row, to be freed one by one.
     *
     * @param count at most as many as are in a large page
     * @param below4G whether their addresses must be
     */
    long allocateRow(int count, boolean below4G) {
        long first = below4G ? 0 : high.allocateRow(count);
        if (first == 0) {
            first = low.allocateRow(count);
        }
        if (first == 0) {
            throw new IllegalStateException("the host has no " + count + " pages in a row left");
        }
        pagesInUse += count;
        return first;
    }

    @Override
    public long allocate(boolean below4G) {
        return allocate(HostPageSize.SMALL, below4G);
    }

    /** @throws IllegalStateException where the host has no such page left */
    long allocate(HostPageSize size, boolean below4G) {
        long page = below4G ? 0 : high.allocate(size.ordinal());
        if (page == 0) {
            page = low.allocate(size.ordinal());
        }
        if (page == 0) {
            throw new IllegalStateException(
                    "the host has no page of " + size.bytes() + " bytes left" + (below4G ? " below 4 GBytes" : ""));
        }
        pagesInUse += size.frames();
        return page;
    }

    @Override
    public void free(long hostPhysical) {
        Frame frame = memory.frame(hostPhysical);
        Arrays.fill(frame.bytes, (byte) 0);
        if (frame.code != null) {
            frame.code.bytesWritten(0, Frame.SIZE);
        }
        give(HostPageSize.SMALL, hostPhysical);
    }

    void free(HostPageSize size, long hostPhysical) {
        if (size == HostPageSize.SMALL) {
            free(hostPhysical);
        } else {
            // Most of it may never have been touched.
            memory.unmap(hostPhysical, size.bytes());
            memory.mapRam(hostPhysical, size.bytes());
            give(size, hostPhysical);
        }
    }

    private void give(HostPageSize size, long hostPhysical) {
        pagesInUse -= size.frames();
        (hostPhysical < LOW_END ? low : high).free.get(size.ordinal()).push(hostPhysical);
    }

    /** In units of 4 KBytes. */
    long pagesInUse() {
        return pagesInUse;
    }
}

package org.thirdmode.pc.virtio;

import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.x86.memory.Frame;

/**
 * The buffers of one request: first those that the device reads, then those that it writes. VIRTIO 1.1 "The Virtqueue Descriptor
 * Table", "Indirect Descriptors".
 *
 * <p>A chain has as many descriptors as the queue at most, wherever they stand; one that has more, as a loop does, is none.
 */
final class DescriptorChain {
    private static final int DESCRIPTOR = 16;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    private final DirectMemoryAccess memory;
    private final byte[] bytes = new byte[DESCRIPTOR];
    private final long[] addresses = new long[SplitQueue.SIZE];
    private final long[] lengths = new long[SplitQueue.SIZE];
    private int count;
    private int readable;

    DescriptorChain(DirectMemoryAccess memory) {
        this.memory = memory;
    }

    /** Reads the chain that begins with descriptor {@code head} of {@code table}. Returns whether it is one. */
    boolean read(long table, int head) {
        count = 0;
        readable = 0;
        return follow(table, SplitQueue.SIZE, head, true);
    }

    private boolean follow(long table, int size, int first, boolean mayBeIndirect) {
        int number = first;
        while (number < size && memory.read(table + (long) number * DESCRIPTOR, bytes, 0, DESCRIPTOR)) {
            long address = (long) Frame.LONG.get(bytes, 0);
            long length = Integer.toUnsignedLong((int) Frame.INT.get(bytes, 8));
            int flags = Short.toUnsignedInt((short) Frame.SHORT.get(bytes, 12));
            int next = Short.toUnsignedInt((short) Frame.SHORT.get(bytes, 14));
            if ((flags & INDIRECT) != 0) {
                boolean whole = length != 0 && length % DESCRIPTOR == 0 && length / DESCRIPTOR <= SplitQueue.SIZE;
                return mayBeIndirect
                        && whole
                        && (flags & NEXT) == 0
                        && follow(address, (int) (length / DESCRIPTOR), 0, false);
            }
            if (!add(address, length, (flags & WRITE) != 0)) {
                return false;
            }
            if ((flags & NEXT) == 0) {
                return true;
            }
            number = next;
        }
        return false;
    }

    private boolean add(long address, long length, boolean write) {
        boolean late = !write && readable < count;
        if (count == SplitQueue.SIZE || late) {
            return false;
        }
        addresses[count] = address;
        lengths[count] = length;
        count++;
        if (!write) {
            readable = count;
        }
        return true;
    }

    private long sum(int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += lengths[i];
        }
        return sum;
    }

    /** Bytes that the device reads. */
    long toRead() {
        return sum(0, readable);
    }

    /** Bytes that the device writes. */
    long toWrite() {
        return sum(readable, count);
    }

    /** Reads {@code size} bytes, {@code from} bytes into what there is to read. Returns whether they are in memory. */
    boolean copyOut(long from, byte[] to, int size) {
        return copy(0, readable, from, to, 0, size, false);
    }

    /** Writes {@code size} bytes, {@code to} bytes into what there is to write. Returns whether they are in RAM. */
    boolean copyIn(long to, byte[] from, int size) {
        return copy(readable, count, to, from, 0, size, true);
    }

    private boolean copy(int first, int end, long skip, byte[] buffer, int start, int size, boolean write) {
        long left = skip;
        int done = 0;
        for (int i = first; i < end && done < size; i++) {
            if (left >= lengths[i]) {
                left -= lengths[i];
                continue;
            }
            int part = (int) Math.min(size - done, lengths[i] - left);
            long address = addresses[i] + left;
            boolean there = write
                    ? memory.write(address, buffer, start + done, part)
                    : memory.read(address, buffer, start + done, part);
            if (!there) {
                return false;
            }
            done += part;
            left = 0;
        }
        return done == size;
    }
}

package org.thirdmode.pc.virtio;

import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * A virtqueue in the guest's memory, as the device sees it. VIRTIO 1.1 "Split Virtqueues", "Legacy Interfaces: A Note on
 * Virtqueue Layout".
 *
 * <pre>
 *   page                    descriptors, 16 bytes each
 *   + 16 SIZE               available: flags, index, SIZE heads, 2 bytes each
 *   the next whole page     used: flags, index, SIZE of (head, bytes written), 4 bytes each
 * </pre>
 */
final class SplitQueue implements Stateful {
    /** Descriptors of the queue. */
    static final int SIZE = 128;

    private static final int PAGE_SHIFT = 12;
    private static final int AVAILABLE = 16 * SIZE;
    private static final int AVAILABLE_NO_INTERRUPT = 1;
    private static final int USED = 4096;
    private static final int RING = 4;

    private final DirectMemoryAccess memory;
    private final byte[] bytes = new byte[16];
    private int page;
    private int taken;
    private int used;

    SplitQueue(DirectMemoryAccess memory) {
        this.memory = memory;
    }

    /** There is no queue until the driver says where. */
    void reset() {
        page(0);
    }

    /** The number of the page that it begins with; 0 for none. */
    int page() {
        return page;
    }

    /** The driver has put it at page {@code number}. */
    void page(int number) {
        page = number;
        taken = 0;
        used = 0;
    }

    private long base() {
        return (page & 0xffff_ffffL) << PAGE_SHIFT;
    }

    /** Two bytes of the guest's; -1 where there is no memory. */
    private int half(long address) {
        return memory.read(address, bytes, 0, 2) ? (bytes[0] & 0xff) | (bytes[1] & 0xff) << 8 : -1;
    }

    /** How many requests wait; -1 where the ring is none. */
    int waiting() {
        int index = half(base() + AVAILABLE + 2);
        int count = (index - taken) & 0xffff;
        return page == 0 || index < 0 || count > SIZE ? -1 : count;
    }

    /** Takes the next request: the number of its first descriptor, or -1 where that is none. */
    int take() {
        int head = half(base() + AVAILABLE + RING + 2L * (taken % SIZE));
        taken = (taken + 1) & 0xffff;
        return head < SIZE ? head : -1;
    }

    /** Where the descriptors are. */
    long descriptors() {
        return base();
    }

    /** Gives a request back. Returns whether the ring took it. */
    boolean give(int head, int written) {
        putLittle(head, 0);
        putLittle(written, 4);
        if (!memory.write(base() + USED + RING + 8L * (used % SIZE), bytes, 0, 8)) {
            return false;
        }
        used = (used + 1) & 0xffff;
        putLittle(used, 0);
        return memory.write(base() + USED + 2, bytes, 0, 2);
    }

    private void putLittle(int value, int at) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >>> (i * 8));
        }
    }

    /** Whether the driver wants to hear of requests that were given back. */
    boolean interrupts() {
        return (half(base() + AVAILABLE) & AVAILABLE_NO_INTERRUPT) == 0;
    }

    @Override
    public void state(StatePort port) {
        page = port.number("page", page);
        taken = port.within("taken", taken, 0, 0xffff);
        used = port.within("used", used, 0, 0xffff);
    }
}

package org.thirdmode.pc.bus;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The I/O address space of the board: which device answers at which port.
 *
 * <p>An access wider than its device is split as the ISA bus does it: a double word into two words, a word into two bytes,
 * the lower address first; so is an access that is not aligned to its size or that leaves the device's range. A port where
 * nothing answers reads as all ones.
 *
 * <p>Source: SDM 1 "I/O Port Addressing"; Intel 82371SB (PIIX3) datasheet "ISA Interface", data byte swapping and cycle
 * translation.
 */
public final class IoPorts implements PortBus, Stateful {
    /** Ports in the I/O address space. */
    public static final int SIZE = 1 << 16;

    private static final int PAGE_SHIFT = 8;
    private static final int PAGE_SIZE = 1 << PAGE_SHIFT;

    /** A device's place: ports {@code first} to {@code first + count - 1}, accesses of up to {@code width} bytes. */
    public record Range(String name, int first, int count, int width, PortDevice device) {
        /** The last port of the range. */
        public int last() {
            return first + count - 1;
        }

        @Override
        public String toString() {
            return String.format("%04x-%04x %s", first, last(), name);
        }
    }

    private long reads;
    private long writes;

    private final Range[][] pages = new Range[SIZE >>> PAGE_SHIFT][];

    /**
     * Puts a device at ports {@code first} to {@code first + count - 1}.
     *
     * @param width the widest access the device takes whole, in bytes (1, 2 or 4)
     * @throws IllegalArgumentException where a port of the range is outside the I/O space or already taken
     */
    public void register(String name, int first, int count, int width, PortDevice device) {
        Range range = new Range(name, first, count, width, device);
        if (first < 0 || count <= 0 || first + count > SIZE || (width != 1 && width != 2 && width != 4)) {
            throw new IllegalArgumentException(range + ": not a range of the I/O space");
        }
        for (int port = first; port <= range.last(); port++) {
            Range taken = at(port);
            if (taken != null) {
                throw new IllegalArgumentException(range + ": port taken by " + taken);
            }
        }
        for (int port = first; port <= range.last(); port++) {
            put(port, range);
        }
    }

    /** Takes a device away again, as when a PCI base address register moves it. */
    public void unregister(int first) {
        Range range = at(first);
        if (range == null || range.first != first) {
            throw new IllegalArgumentException(String.format("no range begins at port %04x", first));
        }
        for (int port = first; port <= range.last(); port++) {
            put(port, null);
        }
    }

    /** What is registered, by port. */
    public List<Range> ranges() {
        List<Range> all = new ArrayList<>();
        for (int port = 0; port < SIZE; ) {
            Range range = at(port);
            if (range == null) {
                port++;
            } else {
                all.add(range);
                port = range.last() + 1;
            }
        }
        return all;
    }

    /** Whether a device answers at any of the ports {@code first} to {@code first + count - 1}. */
    public boolean taken(int first, int count) {
        for (int port = first; port < first + count; port++) {
            if (at(port) != null) {
                return true;
            }
        }
        return false;
    }

    private Range at(int port) {
        Range[] page = pages[port >>> PAGE_SHIFT];
        return page == null ? null : page[port & PAGE_SIZE - 1];
    }

    private void put(int port, Range range) {
        int page = port >>> PAGE_SHIFT;
        if (pages[page] == null) {
            pages[page] = new Range[PAGE_SIZE];
        }
        pages[page][port & PAGE_SIZE - 1] = range;
    }

    /** Reads by the processor so far. */
    public long reads() {
        return reads;
    }

    /** Writes by the processor so far. */
    public long writes() {
        return writes;
    }

    @Override
    public int read(int port, int size) {
        reads++;
        return readParts(port, size);
    }

    @Override
    public void write(int port, int size, int value) {
        writes++;
        writeParts(port, size, value);
    }

    private int readParts(int port, int size) {
        if (port >= SIZE) {
            return ones(size);
        }
        Range range = at(port);
        if (takesWhole(range, port, size)) {
            return range.device.read(port - range.first, size) & ones(size);
        }
        if (size == 1) {
            return ones(1);
        }
        int half = size / 2;
        int low = readParts(port, half);
        return low | readParts(port + half, half) << (half * 8);
    }

    private void writeParts(int port, int size, int value) {
        if (port >= SIZE) {
            return;
        }
        Range range = at(port);
        if (takesWhole(range, port, size)) {
            range.device.write(port - range.first, size, value & ones(size));
        } else if (size > 1) {
            int half = size / 2;
            writeParts(port, half, value);
            writeParts(port + half, half, value >>> (half * 8));
        }
    }

    private static boolean takesWhole(Range range, int port, int size) {
        return range != null && size <= range.width && (port & size - 1) == 0 && port + size - 1 <= range.last();
    }

    private static int ones(int size) {
        return -1 >>> (32 - size * 8);
    }

    /** The counts: devices register themselves. */
    @Override
    public void state(StatePort port) {
        reads = port.number("reads", reads);
        writes = port.number("writes", writes);
    }
}

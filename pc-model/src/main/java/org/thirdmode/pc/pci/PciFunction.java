package org.thirdmode.pc.pci;

import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * One PCI function: 256 bytes of configuration space, of which a mask says what a guest can change, and up to six base
 * address registers.
 *
 * <p>Source: PCI Local Bus Specification 2.2, chapter "Configuration Space".
 */
public class PciFunction implements Stateful {
    /** Bytes of configuration space. */
    public static final int CONFIGURATION_SIZE = 256;

    private static final int COMMAND = 0x04;
    private static final int HEADER_TYPE = 0x0e;
    private static final int CACHE_LINE_SIZE = 0x0c;
    private static final int LATENCY_TIMER = 0x0d;
    private static final int BAR_0 = 0x10;
    private static final int BARS = 6;
    private static final int INTERRUPT_LINE = 0x3c;
    private static final int INTERRUPT_PIN = 0x3d;

    private static final int COMMAND_IO = 0x0001;
    private static final int COMMAND_MEMORY = 0x0002;

    /** I/O space, memory space, bus master, parity, SERR, interrupt disable. */
    private static final int COMMAND_WRITABLE = 0x0547;

    /** Where a base address register puts its device. */
    @FunctionalInterface
    public interface Placement {
        /** The range now begins at {@code address}, or is not decoded where it is -1. */
        void moved(long address);
    }

    private record Bar(long size, boolean io, Placement placement) {}

    private final byte[] configuration = new byte[CONFIGURATION_SIZE];
    private final byte[] initial = new byte[CONFIGURATION_SIZE];
    private final byte[] writable = new byte[CONFIGURATION_SIZE];
    private final Bar[] bars = new Bar[BARS];
    private final long[] placed = {-1, -1, -1, -1, -1, -1};

    /**
     * A function with a type 0 header.
     *
     * @param classCode base class, subclass and interface, 24 bits
     */
    public PciFunction(int vendor, int device, int revision, int classCode) {
        fix(0x00, vendor, 2);
        fix(0x02, device, 2);
        fix(0x08, revision, 1);
        fix(0x09, classCode, 3);
        allow(COMMAND, COMMAND_WRITABLE, 2);
        allow(CACHE_LINE_SIZE, 0xff, 1);
        allow(LATENCY_TIMER, 0xff, 1);
        allow(INTERRUPT_LINE, 0xff, 1);
    }

    /** Sets the value that {@code size} bytes at {@code offset} have after reset. */
    protected final void fix(int offset, int value, int size) {
        for (int i = 0; i < size; i++) {
            initial[offset + i] = (byte) (value >>> (i * 8));
            configuration[offset + i] = initial[offset + i];
        }
    }

    /** Lets a guest write the bits of {@code mask} in {@code size} bytes at {@code offset}. */
    protected final void allow(int offset, int mask, int size) {
        for (int i = 0; i < size; i++) {
            writable[offset + i] = (byte) (mask >>> (i * 8));
        }
    }

    /** Says that the device has more functions than this one. */
    protected final void multifunction() {
        fix(HEADER_TYPE, 0x80, 1);
    }

    /** Wires the function's interrupt to INTA# (1) to INTD# (4). */
    protected final void interruptPin(int pin) {
        fix(INTERRUPT_PIN, pin, 1);
    }

    /**
     * Adds base address register {@code index}: a range of {@code size} bytes, a power of two of at least 4 (I/O) or 16
     * (memory).
     */
    protected final void bar(int index, long size, boolean io, Placement placement) {
        bars[index] = new Bar(size, io, placement);
        fix(BAR_0 + index * 4, io ? 1 : 0, 4);
        allow(BAR_0 + index * 4, (int) -size, 4);
    }

    /** To the state after the RST# pin. */
    public void reset() {
        System.arraycopy(initial, 0, configuration, 0, CONFIGURATION_SIZE);
        place();
    }

    /** One byte of configuration space. */
    public final int read(int offset) {
        return configuration[offset] & 0xff;
    }

    /** A write of one byte of configuration space, as far as it is writable. */
    final void write(int offset, int value) {
        int mask = writable[offset];
        configuration[offset] = (byte) ((configuration[offset] & ~mask) | (value & mask));
    }

    /** A write of {@code size} bytes, complete: acts on what it changed. */
    final void written(int offset, int size) {
        if (offset < BAR_0 + BARS * 4) {
            place();
        }
        changed(offset, size);
    }

    /** {@code size} bytes at {@code offset} were written; for a function with registers of its own. */
    protected void changed(int offset, int size) {}

    private void place() {
        int command = read(COMMAND);
        for (int i = 0; i < BARS; i++) {
            Bar bar = bars[i];
            if (bar == null) {
                continue;
            }
            long value = 0;
            for (int b = 3; b >= 0; b--) {
                value = value << 8 | read(BAR_0 + i * 4 + b);
            }
            long address = value & -bar.size;
            boolean decoded = (command & (bar.io ? COMMAND_IO : COMMAND_MEMORY)) != 0;
            // While a guest sizes the register it holds the highest address; no device lies there.
            boolean sensible = address != 0 && address + bar.size <= (bar.io ? 0x1_0000L : 0xffff_0000L);
            long now = decoded && sensible ? address : -1;
            if (now != placed[i]) {
                placed[i] = now;
                bar.placement.moved(now);
            }
        }
    }

    /**
     * The configuration space; base address registers put their devices in place. What hears of other registers is a part of
     * the board with a state of its own.
     */
    @Override
    public void state(StatePort port) {
        port.bytes("configuration", configuration);
        if (port.restoring()) {
            place();
        }
    }
}

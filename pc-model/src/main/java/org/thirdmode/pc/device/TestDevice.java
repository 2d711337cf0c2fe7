package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.InterruptRouter;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.MmioDevice;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The device that QEMU calls {@code pc-testdev}, against which kvm-unit-tests runs: ports E0H-E3H, a latch of 32 bits
 * (its second image at E8H gives way to the debug console at E9H); E4H-E7H, "flush page", which here does nothing; 2000H-2017H, one interrupt line each; 64 KBytes of memory behind a
 * device at FF000000H.
 */
public final class TestDevice implements Stateful {
    /** Where the memory is. */
    public static final long MEMORY_BASE = 0xff00_0000L;

    /** Bytes of it. */
    public static final int MEMORY_SIZE = 0x1_0000;

    private final InterruptLine[] lines = new InterruptLine[InterruptRouter.LINES];
    private final byte[] memory = new byte[MEMORY_SIZE];
    private int latch;

    /** A test device that drives every line of {@code router}. */
    public TestDevice(InterruptRouter router) {
        for (int i = 0; i < lines.length; i++) {
            lines[i] = router.connect(i);
        }
    }

    /** Puts the device at its ports and its memory in its place. */
    public void attach(IoPorts ports, PhysicalMemory physicalMemory) {
        ports.register("test device latch", 0xe0, 4, 4, latch());
        ports.register("test device flush page", 0xe4, 4, 4, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return 0;
            }

            @Override
            public void write(int offset, int size, int value) {}
        });
        ports.register("test device interrupt lines", 0x2000, lines.length, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return 0;
            }

            @Override
            public void write(int offset, int size, int value) {
                lines[offset].set(value != 0);
            }
        });
        physicalMemory.mapMmio(MEMORY_BASE, MEMORY_SIZE, new MmioDevice() {
            @Override
            public long read(long offset, int size) {
                return switch (size) {
                    case 1 -> memory[(int) offset] & 0xffL;
                    case 2 -> (short) Frame.SHORT.get(memory, (int) offset) & 0xffffL;
                    case 4 -> (int) Frame.INT.get(memory, (int) offset) & 0xffff_ffffL;
                    default -> (long) Frame.LONG.get(memory, (int) offset);
                };
            }

            @Override
            public void write(long offset, int size, long value) {
                switch (size) {
                    case 1 -> memory[(int) offset] = (byte) value;
                    case 2 -> Frame.SHORT.set(memory, (int) offset, (short) value);
                    case 4 -> Frame.INT.set(memory, (int) offset, (int) value);
                    default -> Frame.LONG.set(memory, (int) offset, value);
                }
            }
        });
    }

    private PortDevice latch() {
        return new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return latch >>> (offset * 8);
            }

            @Override
            public void write(int offset, int size, int value) {
                int ones = -1 >>> (32 - size * 8);
                latch = (latch & ~(ones << (offset * 8))) | (value << (offset * 8));
            }
        };
    }

    /** Lines low, the latch zero; the memory keeps its content. */
    public void reset() {
        for (InterruptLine line : lines) {
            line.set(false);
        }
        latch = 0;
    }

    @Override
    public void state(StatePort port) {
        port.bytes("memory", memory);
        latch = port.number("latch", latch);
    }
}

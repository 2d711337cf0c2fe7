package org.thirdmode.pc.memory;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.MmioDevice;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * One frame of registers laid over whatever stands in the address map, which comes back unharmed when it is removed: a guest
 * may move its local APIC over its own RAM.
 */
public final class MmioOverlay implements Stateful {
    private final PhysicalMemory memory;
    private final long base;
    private final PhysicalMemory.Region covered;
    private final byte[] content;

    /** Covers the frame at {@code base} with {@code device}. */
    public MmioOverlay(PhysicalMemory memory, long base, MmioDevice device) {
        this.memory = memory;
        this.base = base;
        covered = memory.regionAt(base);
        Frame frame = covered instanceof PhysicalMemory.Ram ? memory.frame(base) : null;
        content = frame == null ? null : frame.bytes.clone();
        memory.mapMmio(base, Frame.SIZE, device);
    }

    /** The address of the frame. */
    public long base() {
        return base;
    }

    /** Uncovers the frame. */
    public void remove() {
        switch (covered) {
            case PhysicalMemory.Ram ignored -> {
                memory.mapRam(base, Frame.SIZE);
                memory.load(base, content);
            }
            case PhysicalMemory.Rom(long romBase, byte[] image) -> {
                byte[] part = new byte[Frame.SIZE];
                System.arraycopy(image, (int) (base - romBase), part, 0, Frame.SIZE);
                memory.mapRom(base, part);
            }
            case PhysicalMemory.Mmio(long deviceBase, MmioDevice device)
            when deviceBase == base -> memory.mapMmio(base, Frame.SIZE, device);
            case PhysicalMemory.Mmio(long deviceBase, MmioDevice device) ->
                memory.mapMmio(base, Frame.SIZE, new MmioDevice() {
                    @Override
                    public long read(long offset, int size) {
                        return device.read(base - deviceBase + offset, size);
                    }

                    @Override
                    public void write(long offset, int size, long value) {
                        device.write(base - deviceBase + offset, size, value);
                    }
                });
            case null -> memory.unmap(base, Frame.SIZE);
        }
    }

    /** What is covered. */
    @Override
    public void state(StatePort port) {
        if (content != null) {
            port.bytes("covered", content);
        }
    }
}

package org.thirdmode.pc;

import java.util.Optional;
import org.thirdmode.pc.device.Uart16550;
import org.thirdmode.pc.disk.BlockImage;

/**
 * What of the host the machine is connected to.
 *
 * @param serial takes what the guest sends over COM1
 * @param debug takes what the guest writes to the debug console
 * @param disk the sectors of the first disk; empty for a machine without an IDE channel. Who opened it closes it
 */
public record HostPorts(Uart16550.Sink serial, Uart16550.Sink debug, Optional<BlockImage> disk) {
    /** Everything is thrown away, and there is no disk. */
    public static final HostPorts NONE = new HostPorts(value -> {}, value -> {});

    /** Consoles, and no disk. */
    public HostPorts(Uart16550.Sink serial, Uart16550.Sink debug) {
        this(serial, debug, Optional.empty());
    }

    /** COM1 goes to {@code serial}; the debug console is thrown away. */
    public static HostPorts serial(Uart16550.Sink serial) {
        return new HostPorts(serial, value -> {});
    }

    /** The same with a disk. */
    public HostPorts withDisk(BlockImage image) {
        return new HostPorts(serial, debug, Optional.of(image));
    }
}

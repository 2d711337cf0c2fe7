package org.thirdmode.pc;

import org.thirdmode.pc.device.Uart16550;

/**
 * Where the machine's consoles end.
 *
 * @param serial takes what the guest sends over COM1
 * @param debug takes what the guest writes to the debug console
 */
public record HostPorts(Uart16550.Sink serial, Uart16550.Sink debug) {
    /** Everything is thrown away. */
    public static final HostPorts NONE = new HostPorts(value -> {}, value -> {});

    /** COM1 goes to {@code serial}; the debug console is thrown away. */
    public static HostPorts serial(Uart16550.Sink serial) {
        return new HostPorts(serial, value -> {});
    }
}

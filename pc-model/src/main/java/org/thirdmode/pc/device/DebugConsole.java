package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;

/** A console of one port, as Bochs and QEMU have it at E9H (and SeaBIOS uses at 402H): bytes written are printed. */
public final class DebugConsole implements PortDevice {
    private final int readBack;
    private final Uart16550.Sink sink;

    /** A console that prints to {@code sink} and reads as {@code readBack}, by which a guest knows that it is there. */
    public DebugConsole(int readBack, Uart16550.Sink sink) {
        this.readBack = readBack;
        this.sink = sink;
    }

    /** Puts the console at {@code port}. */
    public void attach(IoPorts ports, int port) {
        ports.register("debug console", port, 1, 1, this);
    }

    @Override
    public int read(int offset, int size) {
        return readBack;
    }

    @Override
    public void write(int offset, int size, int value) {
        sink.accept(value);
    }
}

package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;

/** Port F4H (four ports, as QEMU's {@code isa-debug-exit} is set up): the value written ends the run. */
public final class ExitPort implements PortDevice {
    private final StopCause.Line stop;

    /** A port that stops the machine through {@code stop}. */
    public ExitPort(StopCause.Line stop) {
        this.stop = stop;
    }

    /** Puts the port at F4H-F7H. */
    public void attach(IoPorts ports) {
        ports.register("exit", 0xf4, 4, 4, this);
    }

    @Override
    public int read(int offset, int size) {
        return 0;
    }

    @Override
    public void write(int offset, int size, int value) {
        stop.stop(new StopCause.ExitWritten(value));
    }
}

package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;

/** Port 8900H, as Bochs has it: the characters of "Shutdown" written one after another end the run. */
public final class ShutdownPort implements PortDevice {
    private static final String WORD = "Shutdown";

    private final StopCause.Line stop;
    private int matched;

    /** A port that stops the machine through {@code stop}. */
    public ShutdownPort(StopCause.Line stop) {
        this.stop = stop;
    }

    /** Puts the port at 8900H. */
    public void attach(IoPorts ports) {
        ports.register("shutdown", 0x8900, 1, 1, this);
    }

    @Override
    public int read(int offset, int size) {
        return 0xff;
    }

    @Override
    public void write(int offset, int size, int value) {
        if (value == WORD.charAt(matched)) {
            matched++;
        } else {
            matched = value == WORD.charAt(0) ? 1 : 0;
        }
        if (matched == WORD.length()) {
            matched = 0;
            stop.stop(new StopCause.ShutdownWritten());
        }
    }
}

package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * Port 80H: the progress codes of a power-on self test, and a guest's short delay. The last code and the number of writes
 * are kept for the counts; a read returns the last code, as the latch of a PC does.
 */
public final class PostPort implements PortDevice, Stateful {
    private int code;
    private long writes;

    /** Puts the port at 80H. */
    public void attach(IoPorts ports) {
        ports.register("POST code", 0x80, 1, 1, this);
    }

    /** The last code written. */
    public int code() {
        return code;
    }

    /** Codes written so far. */
    public long writes() {
        return writes;
    }

    @Override
    public int read(int offset, int size) {
        return code;
    }

    @Override
    public void write(int offset, int size, int value) {
        code = value;
        writes++;
    }

    @Override
    public void state(StatePort port) {
        code = port.number("code", code);
        writes = port.number("writes", writes);
    }
}

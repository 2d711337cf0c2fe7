package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;

/**
 * Coprocessor error reporting as on the PC AT: the processor's FERR# pin raises interrupt request 13, and a write to port
 * F0H withdraws it. SDM 1 "MS-DOS* Compatibility Sub-mode"; 82371SB (PIIX3) datasheet, "Coprocessor Error Register".
 *
 * <p>On a PC the write also asserts IGNNE#, without which the processor waits at the instruction that reports the error
 * until it is interrupted. The model's processor goes on, as QEMU's does: there is nothing to assert.
 */
public final class CoprocessorError implements PortDevice {
    private final InterruptLine line;

    /** The line is interrupt request 13. */
    public CoprocessorError(InterruptLine line) {
        this.line = line;
    }

    /** Puts the register at port F0H. */
    public void attach(IoPorts ports) {
        ports.register("coprocessor error", 0xf0, 1, 1, this);
    }

    /** FERR# was asserted. */
    public void reported() {
        line.set(true);
    }

    /** No error is reported. */
    public void reset() {
        line.set(false);
    }

    @Override
    public int read(int offset, int size) {
        return 0xff;
    }

    @Override
    public void write(int offset, int size, int value) {
        line.set(false);
    }
}

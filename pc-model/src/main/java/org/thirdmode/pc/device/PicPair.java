package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.InterruptRouter;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The two 8259A of a PC: the master at ports 20H-21H, the slave at A0H-A1H on the master's input 2, their edge/level control
 * registers at 4D0H-4D1H.
 *
 * <p>Source: Intel 8259A datasheet "Cascade Mode"; 82371SB (PIIX3) datasheet "Interrupt Controller Registers".
 */
public final class PicPair implements InterruptRouter.Sink, Stateful {
    private static final int CASCADE_INPUT = 2;

    private final Pic8259 master;
    private final Pic8259 slave;

    /** A pair whose INT pin drives {@code output}. */
    public PicPair(InterruptLine output) {
        // IRQ0, 1, 2, 8 and 13 are edge triggered always.
        master = new Pic8259(true, 0xf8, output);
        slave = new Pic8259(false, 0xde, asserted -> input(CASCADE_INPUT, asserted));
    }

    /** Puts the pair at its ports. */
    public void attach(IoPorts ports) {
        ports.register("8259A master", 0x20, 2, 1, registers(master));
        ports.register("8259A slave", 0xa0, 2, 1, registers(slave));
        ports.register("8259A edge/level control", 0x4d0, 2, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return of(offset).edgeLevelControl();
            }

            @Override
            public void write(int offset, int size, int value) {
                of(offset).setEdgeLevelControl(value);
            }

            private Pic8259 of(int offset) {
                return offset == 0 ? master : slave;
            }
        });
    }

    private static PortDevice registers(Pic8259 pic) {
        return new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return pic.read(offset);
            }

            @Override
            public void write(int offset, int size, int value) {
                pic.write(offset, value);
            }
        };
    }

    /** Both controllers to their state after power-up. */
    public void reset() {
        slave.reset();
        master.reset();
    }

    /** Drives IRQ {@code number} (0..15); number 2 is the slave's line. */
    @Override
    public void input(int number, boolean asserted) {
        if (number < 8) {
            master.input(number, asserted);
        } else {
            slave.input(number - 8, asserted);
        }
    }

    /** Whether the pair asks for an interrupt. */
    public boolean interrupting() {
        return master.interrupting();
    }

    /** The interrupt-acknowledge cycle: the vector that the pair puts on the bus. */
    public int acknowledge() {
        int number = master.acknowledge();
        if (number < 0) {
            return master.spuriousVector();
        }
        if (number != CASCADE_INPUT) {
            return master.vector(number);
        }
        int ofSlave = slave.acknowledge();
        return ofSlave < 0 ? slave.spuriousVector() : slave.vector(ofSlave);
    }

    @Override
    public void state(StatePort port) {
        port.part("master", master);
        port.part("slave", slave);
    }
}

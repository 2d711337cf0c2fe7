package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * The ports of the board itself: 61H (speaker gate, timer 2, refresh), 92H (fast A20 and INIT) and CF9H (reset control).
 *
 * <p>Source: 82371SB (PIIX3) datasheet "NMI Registers" (port 61H), "Port 92 Register", "Reset Control Register".
 */
public final class SystemPorts implements Stateful {
    private static final int GATE_2 = 0x01;
    private static final int REFRESH = 0x10;
    private static final int OUT_2 = 0x20;

    /** The refresh request of the AT comes every 15.085 microseconds; bit 4 of port 61H toggles with it. */
    private static final long REFRESH_TICKS = 15_085;

    private static final int FAST_INIT = 0x01;
    private static final int FAST_A20 = 0x02;

    private static final int RESET_HARD = 0x02;
    private static final int RESET_NOW = 0x04;

    private final GuestClock clock;
    private final Pit8254 pit;
    private final A20Gate a20;
    private final ResetLines lines;
    private int portB;
    private int port92;
    private int resetControl;

    /** The ports of a board with that timer and those lines. */
    public SystemPorts(GuestClock clock, Pit8254 pit, A20Gate a20, ResetLines lines) {
        this.clock = clock;
        this.pit = pit;
        this.a20 = a20;
        this.lines = lines;
    }

    /** Puts the ports in their places; CF9H is within the PCI configuration address register, which leaves bytes alone. */
    public void attach(IoPorts ports) {
        ports.register("system control B", 0x61, 1, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                boolean refresh = (clock.now() / REFRESH_TICKS & 1) != 0;
                return portB | (refresh ? REFRESH : 0) | (pit.speakerOutput() ? OUT_2 : 0);
            }

            @Override
            public void write(int offset, int size, int value) {
                portB = value & 0x0f;
                pit.setSpeakerGate((value & GATE_2) != 0);
            }
        });
        ports.register("system control A", 0x92, 1, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return port92;
            }

            @Override
            public void write(int offset, int size, int value) {
                boolean init = (value & ~port92 & FAST_INIT) != 0;
                port92 = value & (FAST_INIT | FAST_A20);
                a20.fromPort92((value & FAST_A20) != 0);
                if (init) {
                    lines.initProcessor();
                }
            }
        });
    }

    /** The reset control register, CF9H. */
    public int readResetControl() {
        return resetControl;
    }

    /** A write to the reset control register: bit 2 going to 1 resets, bit 1 says whether hard. */
    public void writeResetControl(int value) {
        boolean now = (value & ~resetControl & RESET_NOW) != 0;
        resetControl = value & (RESET_HARD | RESET_NOW);
        if (now) {
            resetControl &= ~RESET_NOW;
            if ((value & RESET_HARD) != 0) {
                lines.resetBoard();
            } else {
                lines.initProcessor();
            }
        }
    }

    /** To the state after power-up. */
    public void reset() {
        portB = 0;
        port92 = 0;
        resetControl = 0;
        pit.setSpeakerGate(false);
        a20.fromPort92(false);
    }

    @Override
    public void state(StatePort port) {
        portB = port.number("port b", portB);
        port92 = port.number("port 92", port92);
        resetControl = port.number("reset control", resetControl);
    }
}

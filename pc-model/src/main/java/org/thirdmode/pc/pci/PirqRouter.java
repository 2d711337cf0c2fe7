package org.thirdmode.pc.pci;

import java.util.Arrays;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.InterruptRouter;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The PIIX3's four programmable interrupt requests, PIRQA# to PIRQD#: the interrupt pins of the PCI slots lead to them, and they
 * lead to ISA interrupt lines, by four registers of the ISA bridge.
 *
 * <p>Source: 82371SB (PIIX3) datasheet "PIRQRC[A:D] - PIRQx Route Control Registers"; slots are wired as QEMU's are.
 */
public final class PirqRouter implements Stateful {
    /** PIRQA# to PIRQD#. */
    public static final int REQUESTS = 4;

    private static final int DISABLED = 0x80;
    private static final int LINES = 16;

    /** IRQ3 to 7, 9 to 12, 14 and 15: to the others no PIRQ can be led. */
    private static final int ROUTABLE = 0xdef8;

    private final InterruptLine[] lines = new InterruptLine[LINES];
    private final int[] routes = new int[REQUESTS];
    private final int[] drivers = new int[REQUESTS];

    /** Requests that lead nowhere yet. */
    public PirqRouter(InterruptRouter router) {
        for (int line = 0; line < LINES; line++) {
            if ((ROUTABLE >>> line & 1) != 0) {
                lines[line] = router.connect(line);
            }
        }
        Arrays.fill(routes, DISABLED);
    }

    /** A new wire from pin INTA# of the device in slot {@code device}, driven low. */
    public InterruptLine slot(int device) {
        int request = (device - 1) & (REQUESTS - 1);
        return new InterruptLine() {
            private boolean level;

            @Override
            public void set(boolean asserted) {
                if (level != asserted) {
                    level = asserted;
                    drivers[request] += asserted ? 1 : -1;
                    drive();
                }
            }
        };
    }

    /** A route control register was written. */
    void route(int request, int value) {
        routes[request] = value;
        drive();
    }

    private void drive() {
        int asserted = 0;
        for (int request = 0; request < REQUESTS; request++) {
            if (drivers[request] > 0 && (routes[request] & DISABLED) == 0) {
                asserted |= 1 << (routes[request] & (LINES - 1));
            }
        }
        for (int line = 0; line < LINES; line++) {
            if (lines[line] != null) {
                lines[line].set((asserted >>> line & 1) != 0);
            }
        }
    }

    /** The routes; what is asserted its device knows, and where it leads to the lines. */
    @Override
    public void state(StatePort port) {
        port.numbers("routes", routes);
    }
}

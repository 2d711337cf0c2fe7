package org.thirdmode.pc.bus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The board's interrupt lines. Line n of 0..15 is ISA IRQn, wired to input n of the 8259A pair and to pin n of the I/O
 * APIC; lines 16..23 reach the I/O APIC alone. IRQ0 is wired to I/O APIC pin 2, since pin 0 carries the 8259A's output on a
 * PC: {@code ACPI "Interrupt Source Override Structure"} is how firmware tells.
 *
 * <p>Devices that share a line are wired together: it is high while any of them drives it.
 */
public final class InterruptRouter implements Stateful {
    /** Lines of the board. */
    public static final int LINES = 24;

    private static final int ISA_LINES = 16;
    private static final int CASCADE = 2;

    /** Where lines end. */
    @FunctionalInterface
    public interface Sink {
        /** Input {@code number} is now {@code asserted}. */
        void input(int number, boolean asserted);
    }

    private final List<Driver> connected = new ArrayList<>();
    private final int[] drivers = new int[LINES];
    private final int[] pinDrivers = new int[LINES];
    private final Sink pics;
    private final Sink ioApic;

    /** Lines that end at the 8259A pair (inputs 0..15) and at the I/O APIC (pins 0..23). */
    public InterruptRouter(Sink pics, Sink ioApic) {
        this.pics = pics;
        this.ioApic = ioApic;
    }

    /** A new driver of line {@code number} (0..23), driven low. */
    public InterruptLine connect(int number) {
        if (number < 0 || number >= LINES) {
            throw new IllegalArgumentException("interrupt line " + number + ": expected 0 to " + (LINES - 1));
        }
        Driver driver = new Driver(number);
        connected.add(driver);
        return driver;
    }

    /** One end of a line. */
    private final class Driver implements InterruptLine {
        private final int number;
        private boolean level;

        Driver(int number) {
            this.number = number;
        }

        @Override
        public void set(boolean asserted) {
            if (asserted != level) {
                level = asserted;
                drive(number, asserted ? 1 : -1);
            }
        }
    }

    private void drive(int number, int change) {
        drivers[number] += change;
        if (number < ISA_LINES && number != CASCADE) {
            pics.input(number, drivers[number] > 0);
        }
        int pin = pin(number);
        pinDrivers[pin] += change;
        ioApic.input(pin, pinDrivers[pin] > 0);
    }

    private static int pin(int number) {
        return number == 0 ? 2 : number;
    }

    /** Whether anything drives line {@code number}. */
    public boolean asserted(int number) {
        return drivers[number] > 0;
    }

    /** Which device drives its line, in the order of their connecting. */
    @Override
    public void state(StatePort port) {
        int[] levels =
                connected.stream().mapToInt(driver -> driver.level ? 1 : 0).toArray();
        port.numbers("levels", levels);
        Arrays.fill(drivers, 0);
        Arrays.fill(pinDrivers, 0);
        for (int i = 0; i < levels.length; i++) {
            Driver driver = connected.get(i);
            driver.level = levels[i] != 0;
            drivers[driver.number] += driver.level ? 1 : 0;
            pinDrivers[pin(driver.number)] += driver.level ? 1 : 0;
        }
    }
}

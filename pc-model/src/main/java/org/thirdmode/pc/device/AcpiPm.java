package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.Oscillator;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * The fixed ACPI hardware: PM1 status and enable, PM1 control and the power-management timer, from port 600H on until firmware
 * moves them; and the command port B2H by which software asks for ACPI mode.
 *
 * <p>Source: ACPI specification "Power Management Timer", "PM1 Event Grouping", "PM1 Control Grouping"; 82371AB (PIIX4)
 * datasheet "Power Management I/O Space Registers" for the sleep types.
 */
public final class AcpiPm implements PortDevice, Stateful {
    /** The first port of the block at first, where QEMU's firmware puts that of the PIIX4. */
    public static final int BASE = 0x600;

    private static final int TIMER_OFFSET = 8;
    private static final int TIMER_SIZE = 4;
    private static final int TIMER_STATUS = 0x0001;
    private static final int STATUS_BITS = 0x8d31;
    private static final int ENABLE_BITS = 0x0521;
    private static final int SCI_ENABLE = 0x0001;
    private static final int CONTROL_BITS = 0x1c03;
    private static final int SLEEP_ENABLE = 0x2000;

    /** SLP_TYP of soft off: 0 on the PIIX4, 7 on the ICHs. */
    private static final int SOFT_OFF_PIIX4 = 0;

    private static final int SOFT_OFF_ICH = 7;

    /** The port by which software asks for ACPI mode, and what it writes there. */
    public static final int COMMAND_PORT = 0xb2;

    public static final int COMMAND_ACPI_ENABLE = 0xf1;
    public static final int COMMAND_ACPI_DISABLE = 0xf0;

    private final GuestClock clock;
    private final InterruptLine sci;
    private final StopCause.Line stop;
    private final int timerBits;
    private final GuestClock.Timer carry;
    private IoPorts ports;
    private int base;
    private int status;
    private int enable;
    private int control;
    private int commandStatus;
    private long syncedCycle;

    /**
     * The block of a board whose SCI is {@code sci}.
     *
     * @param timerBits the width of the timer, 24 or 32
     */
    public AcpiPm(GuestClock clock, InterruptLine sci, StopCause.Line stop, int timerBits) {
        this.clock = clock;
        this.sci = sci;
        this.stop = stop;
        this.timerBits = timerBits;
        carry = clock.newTimer(this::update);
    }

    /** Puts the block and the command port in their places. */
    public void attach(IoPorts where) {
        ports = where;
        register(BASE);
        attachCommandPort();
    }

    /** Moves the block; to a place that another device has it does not go. */
    public void move(int newBase) {
        if (newBase == base) {
            return;
        }
        ports.unregister(base);
        ports.unregister(base + TIMER_OFFSET);
        boolean free = !ports.taken(newBase, TIMER_OFFSET + TIMER_SIZE);
        register(free ? newBase : base);
    }

    private void register(int newBase) {
        base = newBase;
        ports.register("ACPI PM1", base, TIMER_OFFSET, 2, this);
        ports.register("ACPI timer", base + TIMER_OFFSET, TIMER_SIZE, 4, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return timer() >>> (offset * 8);
            }

            @Override
            public void write(int offset, int size, int value) {}
        });
    }

    private void attachCommandPort() {
        ports.register("ACPI command", COMMAND_PORT, 2, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return offset == 0 ? 0 : commandStatus;
            }

            @Override
            public void write(int offset, int size, int value) {
                if (offset == 1) {
                    commandStatus = value;
                } else if (value == COMMAND_ACPI_ENABLE) {
                    control |= SCI_ENABLE;
                } else if (value == COMMAND_ACPI_DISABLE) {
                    control &= ~SCI_ENABLE;
                }
                update();
            }
        });
    }

    /** To the state after power-up. */
    public void reset() {
        status = 0;
        enable = 0;
        control = 0;
        syncedCycle = cycle();
        update();
    }

    private long cycle() {
        return Oscillator.PM_TIMER.cycleAt(clock.now());
    }

    private int timer() {
        return (int) (cycle() & (1L << timerBits) - 1);
    }

    /** "TMR_STS is set any time the last bit of the timer goes from 0 to 1 or from 1 to 0". */
    private void update() {
        long now = cycle();
        int last = timerBits - 1;
        if (now >>> last != syncedCycle >>> last) {
            status |= TIMER_STATUS;
        }
        syncedCycle = now;
        sci.set((status & enable & ENABLE_BITS) != 0 && (control & SCI_ENABLE) != 0);
        if ((enable & TIMER_STATUS) != 0) {
            carry.arm(Oscillator.PM_TIMER.tickOf(((now >>> last) + 1) << last));
        } else {
            carry.disarm();
        }
    }

    @Override
    public int read(int offset, int size) {
        update();
        int register = switch (offset & ~1) {
            case 0 -> status;
            case 2 -> enable;
            case 4 -> control;
            default -> 0;
        };
        return register >>> ((offset & 1) * 8);
    }

    @Override
    public void write(int offset, int size, int value) {
        update();
        int shift = (offset & 1) * 8;
        int written = value << shift;
        int ones = (size == 2 ? 0xffff : 0xff) << shift;
        switch (offset & ~1) {
            case 0 -> status &= ~(written & STATUS_BITS);
            case 2 -> enable = ((enable & ~ones) | written) & ENABLE_BITS;
            case 4 -> writeControl((control & ~ones) | written);
            default -> {}
        }
        update();
    }

    private void writeControl(int value) {
        // SCI_EN is the hardware's, but a guest without firmware has no other way to set it.
        control = value & CONTROL_BITS;
        if ((value & SLEEP_ENABLE) != 0) {
            int type = value >>> 10 & 7;
            if (type == SOFT_OFF_PIIX4 || type == SOFT_OFF_ICH) {
                stop.stop(new StopCause.PoweredOff());
            }
        }
    }

    @Override
    public void state(StatePort port) {
        status = port.number("status", status);
        enable = port.number("enable", enable);
        control = port.number("control", control);
        commandStatus = port.number("command status", commandStatus);
        syncedCycle = port.number("synced cycle", syncedCycle);
        port.part("carry", carry);
        int place = port.number("base", base);
        if (port.restoring()) {
            move(place);
        }
    }
}

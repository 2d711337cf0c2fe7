package org.thirdmode.pc.apic;

import org.thirdmode.pc.bus.InterruptRouter;
import org.thirdmode.x86.memory.MmioDevice;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * The board's I/O APIC: 24 pins, an index and a data register at FEC00000H, and an EOI register.
 *
 * <p>Source: 82093AA (I/O APIC) datasheet "Register Description"; the EOI register of version 20H from the ICH datasheets
 * "APIC Direct Registers".
 */
public final class IoApic implements MmioDevice, InterruptRouter.Sink, LocalApic.EoiSink, Stateful {
    /** Where the registers are. */
    public static final long BASE = 0xfec0_0000L;

    private static final int PINS = 24;
    private static final long INDEX_OFFSET = 0x00;
    private static final long DATA_OFFSET = 0x10;
    private static final long EOI_OFFSET = 0x40;

    private static final int REGISTER_ID = 0x00;
    private static final int REGISTER_VERSION = 0x01;
    private static final int REGISTER_ARBITRATION = 0x02;
    private static final int REGISTER_REDIRECTION = 0x10;

    /** Version 20H: with an EOI register; the number of the last pin in bits 23:16. */
    private static final int VERSION_VALUE = 0x20 | (PINS - 1) << 16;

    // The low half of a redirection entry.
    private static final int MASKED = 1 << 16;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int LOGICAL = 1 << 11;
    private static final int LOW_WRITABLE = 0x1_afff;

    private final InterruptMessage.Bus bus;
    private final int[] low = new int[PINS];
    private final int[] high = new int[PINS];
    private int lines;
    private int index;
    private int id;

    /** An I/O APIC that sends its messages over {@code bus}. */
    public IoApic(InterruptMessage.Bus bus) {
        this.bus = bus;
        reset();
    }

    /** Puts the registers into {@code memory}. */
    public void attach(PhysicalMemory memory) {
        memory.mapMmio(BASE, 0x1000, this);
    }

    /** All pins masked, ID 0. */
    public void reset() {
        java.util.Arrays.fill(low, MASKED);
        java.util.Arrays.fill(high, 0);
        index = 0;
        id = 0;
    }

    /**
     * Drives pin {@code number}: {@code asserted} is what the device means, so the polarity that an entry names for the wire
     * makes no difference.
     */
    @Override
    public void input(int number, boolean asserted) {
        int bit = 1 << number;
        boolean rose = asserted && (lines & bit) == 0;
        lines = asserted ? lines | bit : lines & ~bit;
        if ((low[number] & LEVEL) != 0) {
            service(number);
        } else if (rose && (low[number] & MASKED) == 0) {
            // An edge that comes while the pin is masked is lost.
            deliver(number);
        }
    }

    /** Sends a level-triggered interrupt that is asserted, not masked and not being serviced. */
    private void service(int number) {
        boolean waits = (low[number] & (LEVEL | MASKED | REMOTE_IRR)) == LEVEL;
        if (waits && (lines & 1 << number) != 0 && deliver(number)) {
            low[number] |= REMOTE_IRR;
        }
    }

    private boolean deliver(int number) {
        int entry = low[number];
        return bus.send(new InterruptMessage(
                entry >>> 8 & 7, entry & 0xff, high[number] >>> 24, (entry & LOGICAL) != 0, (entry & LEVEL) != 0));
    }

    @Override
    public void endOfInterrupt(int vector) {
        for (int number = 0; number < PINS; number++) {
            if ((low[number] & REMOTE_IRR) != 0 && (low[number] & 0xff) == vector) {
                low[number] &= ~REMOTE_IRR;
                service(number);
            }
        }
    }

    /** Whether a pin is set up to deliver what the processor cannot mask. */
    public boolean passesUnmaskable() {
        for (int entry : low) {
            int mode = entry >>> 8 & 7;
            if ((entry & MASKED) == 0 && (mode == InterruptMessage.NMI || mode == InterruptMessage.INIT)) {
                return true;
            }
        }
        return false;
    }

    private int get(int register) {
        return switch (register) {
            case REGISTER_ID, REGISTER_ARBITRATION -> id;
            case REGISTER_VERSION -> VERSION_VALUE;
            default -> {
                int number = (register - REGISTER_REDIRECTION) >> 1;
                if (number < 0 || number >= PINS) {
                    yield 0;
                }
                yield (register & 1) == 0 ? low[number] : high[number];
            }
        };
    }

    private void set(int register, int value) {
        if (register == REGISTER_ID) {
            id = value & 0x0f00_0000;
            return;
        }
        int number = (register - REGISTER_REDIRECTION) >> 1;
        if (number < 0 || number >= PINS) {
            return;
        }
        if ((register & 1) != 0) {
            high[number] = value & 0xff00_0000;
            return;
        }
        low[number] = (value & LOW_WRITABLE) | (low[number] & REMOTE_IRR);
        if ((low[number] & LEVEL) == 0) {
            // Made edge triggered, a pin forgets what it waited for: software's way to an EOI without an EOI register.
            low[number] &= ~REMOTE_IRR;
        }
        service(number);
    }

    @Override
    public long read(long offset, int size) {
        int at = (int) offset & 0xf;
        if (at >= 4) {
            return 0;
        }
        int value = switch ((int) (offset & 0xf0)) {
            case (int) INDEX_OFFSET -> index;
            case (int) DATA_OFFSET -> get(index);
            default -> 0;
        };
        return (value & 0xffff_ffffL) >>> (at * 8);
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset == INDEX_OFFSET) {
            index = (int) value & 0xff;
        } else if (offset == DATA_OFFSET && size >= 4) {
            set(index, (int) value);
        } else if (offset == EOI_OFFSET) {
            endOfInterrupt((int) value & 0xff);
        }
    }

    @Override
    public void state(StatePort port) {
        port.numbers("low", low);
        port.numbers("high", high);
        lines = port.number("lines", lines);
        index = port.number("index", index);
        id = port.number("id", id);
    }
}

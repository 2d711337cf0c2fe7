package org.thirdmode.pc.device;

import java.util.ArrayDeque;
import java.util.Deque;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * A 16550A serial port with something at the other end that is always ready: bytes sent reach {@link Sink} at once, so the
 * transmitter is empty whenever the guest looks; bytes to receive wait outside until there is room, so nothing is lost.
 * Only the character timeout takes guest time, by the divisor and frame that the guest set.
 *
 * <p>Source: National Semiconductor PC16550D datasheet, "Registers", "FIFO Interrupt Mode Operation", "Loopback". OUT2 gates
 * the interrupt line, as on every PC.
 */
public final class Uart16550 implements PortDevice, Stateful {
    /** The far end's receiver. */
    @FunctionalInterface
    public interface Sink {
        /** One byte (0..255) came over the line. */
        void accept(int value);
    }

    /** The clock of the baud generator in Hz; the line rate is this / (16 * divisor). */
    private static final long CLOCK_HZ = 1_843_200;

    private static final int FIFO_SIZE = 16;

    /** Bytes that may wait on the line in a saved state. */
    private static final int MOST_WAITING = 1 << 20;

    // Interrupt enable register.
    private static final int IER_RECEIVED = 0x01;
    private static final int IER_TRANSMITTER_EMPTY = 0x02;
    private static final int IER_LINE_STATUS = 0x04;
    private static final int IER_MODEM_STATUS = 0x08;

    // Interrupt identification register, in order of priority.
    private static final int IIR_LINE_STATUS = 0x06;
    private static final int IIR_RECEIVED = 0x04;
    private static final int IIR_TIMEOUT = 0x0c;
    private static final int IIR_TRANSMITTER_EMPTY = 0x02;
    private static final int IIR_MODEM_STATUS = 0x00;
    private static final int IIR_NONE = 0x01;
    private static final int IIR_FIFOS = 0xc0;

    private static final int FCR_ENABLE = 0x01;
    private static final int FCR_CLEAR_RECEIVER = 0x02;

    private static final int LCR_BREAK = 0x40;
    private static final int LCR_DIVISOR = 0x80;

    private static final int MCR_OUT2 = 0x08;
    private static final int MCR_LOOP = 0x10;

    private static final int LSR_DATA_READY = 0x01;
    private static final int LSR_OVERRUN = 0x02;
    private static final int LSR_BREAK = 0x10;
    private static final int LSR_TRANSMITTER_EMPTY = 0x60;
    private static final int LSR_FIFO_ERROR = 0x80;

    /** A cable with a ready modem at its end: CTS, DSR and DCD. */
    private static final int MODEM_READY = 0xb0;

    private static final int MSR_RING = 0x40;

    private static final int[] TRIGGER_LEVEL = {1, 4, 8, 14};

    private final GuestClock clock;
    private final InterruptLine interrupt;
    private final Sink sink;
    private final GuestClock.Timer timeout;

    private final Deque<Integer> waiting = new ArrayDeque<>();
    private final Deque<Integer> received = new ArrayDeque<>();
    private int divisor;
    private int interruptEnable;
    private int fifoControl;
    private int lineControl;
    private int modemControl;
    private int scratch;
    private int modemDelta;
    private int modemLines = MODEM_READY;
    private boolean overrun;
    private boolean breakReceived;
    private boolean timedOut;
    private boolean transmitterEmptyPending;
    private long bytesSent;

    /** A serial port whose interrupt drives {@code interrupt} and whose bytes go to {@code sink}. */
    public Uart16550(GuestClock clock, InterruptLine interrupt, Sink sink) {
        this.clock = clock;
        this.interrupt = interrupt;
        this.sink = sink;
        timeout = clock.newTimer(() -> {
            timedOut = true;
            update();
        });
        reset();
    }

    /** Puts the port at eight I/O ports from {@code base}. */
    public void attach(String name, IoPorts ports, int base) {
        ports.register(name, base, 8, 1, this);
    }

    /** The master reset: "Reset Configuration". */
    public void reset() {
        // The divisor and the scratch register are undefined then; 9600 baud is what firmware leaves.
        divisor = 12;
        interruptEnable = 0;
        fifoControl = 0;
        lineControl = 0;
        modemControl = 0;
        scratch = 0;
        modemDelta = 0;
        modemLines = MODEM_READY;
        received.clear();
        overrun = false;
        breakReceived = false;
        timedOut = false;
        transmitterEmptyPending = false;
        timeout.disarm();
        update();
    }

    /** Bytes sent over the line so far. */
    public long bytesSent() {
        return bytesSent;
    }

    /** Lets the far end send {@code value} (0..255). */
    public void send(int value) {
        waiting.add(value & 0xff);
        pull();
        update();
    }

    /** Moves bytes from the line into the receiver while there is room. */
    private void pull() {
        if ((modemControl & MCR_LOOP) != 0) {
            return;
        }
        while (!waiting.isEmpty() && received.size() < capacity()) {
            received.add(waiting.remove());
            characterArrived();
        }
    }

    private int capacity() {
        return fifosEnabled() ? FIFO_SIZE : 1;
    }

    private boolean fifosEnabled() {
        return (fifoControl & FCR_ENABLE) != 0;
    }

    private void characterArrived() {
        timedOut = false;
        if (fifosEnabled()) {
            timeout.arm(clock.now() + 4 * characterTicks());
        }
    }

    /** One character on the line: start bit, data, parity, stop, in ticks. */
    private long characterTicks() {
        int bits = 1 + 5 + (lineControl & 3) + (lineControl >>> 3 & 1) + 1 + (lineControl >>> 2 & 1);
        // A divisor of 0 stops the baud generator; the model then uses the slowest rate.
        long by = divisor == 0 ? 65_536 : divisor;
        return Math.max(1, bits * 16L * by * GuestClock.TICKS_PER_SECOND / CLOCK_HZ);
    }

    @Override
    public int read(int offset, int size) {
        boolean divisorAccess = (lineControl & LCR_DIVISOR) != 0;
        int value = switch (offset) {
            case 0 -> divisorAccess ? divisor & 0xff : readReceiver();
            case 1 -> divisorAccess ? divisor >>> 8 : interruptEnable;
            case 2 -> identifyInterrupt();
            case 3 -> lineControl;
            case 4 -> modemControl;
            case 5 -> readLineStatus();
            case 6 -> readModemStatus();
            default -> scratch;
        };
        update();
        return value;
    }

    @Override
    public void write(int offset, int size, int value) {
        boolean divisorAccess = (lineControl & LCR_DIVISOR) != 0;
        switch (offset) {
            case 0 -> {
                if (divisorAccess) {
                    divisor = (divisor & 0xff00) | value;
                } else {
                    transmit(value);
                }
            }
            case 1 -> {
                if (divisorAccess) {
                    divisor = (divisor & 0x00ff) | (value << 8);
                } else {
                    writeInterruptEnable(value & 0x0f);
                }
            }
            case 2 -> writeFifoControl(value);
            case 3 -> writeLineControl(value);
            case 4 -> writeModemControl(value & 0x1f);
            case 7 -> scratch = value;
            default -> {} // the line and modem status registers are read only
        }
        update();
    }

    private int readReceiver() {
        // "The CPU reads one character from the RCVR FIFO": the timeout starts anew and its interrupt is reset.
        timedOut = false;
        Integer value = received.poll();
        pull();
        if (received.isEmpty()) {
            timeout.disarm();
        } else if (fifosEnabled()) {
            timeout.arm(clock.now() + 4 * characterTicks());
        }
        return value == null ? 0 : value;
    }

    private void transmit(int value) {
        transmitterEmptyPending = false;
        // The interrupt line must fall before the transmitter is empty again, or an edge-triggered input sees nothing.
        update();
        if ((modemControl & MCR_LOOP) != 0) {
            receiveLoopback(value & 0xff >>> (3 - (lineControl & 3)));
        } else {
            bytesSent++;
            sink.accept(value);
        }
        transmitterEmptyPending = true;
    }

    private void receiveLoopback(int value) {
        if (received.size() < capacity()) {
            received.add(value);
        } else {
            overrun = true;
            if (!fifosEnabled()) {
                // Without FIFOs the new character destroys the old one; with them it is lost itself.
                received.clear();
                received.add(value);
            }
        }
        characterArrived();
    }

    private void writeInterruptEnable(int value) {
        boolean newlyEnabled = (value & ~interruptEnable & IER_TRANSMITTER_EMPTY) != 0;
        interruptEnable = value;
        if (newlyEnabled) {
            transmitterEmptyPending = true;
        }
    }

    private int identifyInterrupt() {
        int source = highestInterrupt();
        if (source == IIR_TRANSMITTER_EMPTY) {
            transmitterEmptyPending = false;
        }
        return source | (fifosEnabled() ? IIR_FIFOS : 0);
    }

    private int highestInterrupt() {
        if ((interruptEnable & IER_LINE_STATUS) != 0 && (overrun || breakReceived)) {
            return IIR_LINE_STATUS;
        }
        if ((interruptEnable & IER_RECEIVED) != 0) {
            int trigger = fifosEnabled() ? TRIGGER_LEVEL[fifoControl >>> 6] : 1;
            if (received.size() >= trigger) {
                return IIR_RECEIVED;
            }
            if (timedOut && !received.isEmpty()) {
                return IIR_TIMEOUT;
            }
        }
        if ((interruptEnable & IER_TRANSMITTER_EMPTY) != 0 && transmitterEmptyPending) {
            return IIR_TRANSMITTER_EMPTY;
        }
        if ((interruptEnable & IER_MODEM_STATUS) != 0 && modemDelta != 0) {
            return IIR_MODEM_STATUS;
        }
        return IIR_NONE;
    }

    private void writeFifoControl(int value) {
        if (((value ^ fifoControl) & FCR_ENABLE) != 0) {
            // "Data is automatically cleared from the FIFOs when changing from FIFO mode to 16450 mode and vice versa."
            clearReceiver();
        }
        if ((value & FCR_ENABLE) == 0) {
            // "This bit must be a 1 when other FCR bits are written to or they will not be programmed."
            fifoControl = 0;
        } else {
            fifoControl = value & 0xc9;
            if ((value & FCR_CLEAR_RECEIVER) != 0) {
                clearReceiver();
            }
        }
        pull();
    }

    private void clearReceiver() {
        received.clear();
        timedOut = false;
        timeout.disarm();
    }

    private void writeLineControl(int value) {
        boolean breakBegins = (value & ~lineControl & LCR_BREAK) != 0;
        lineControl = value;
        if (breakBegins && (modemControl & MCR_LOOP) != 0) {
            breakReceived = true;
            receiveLoopback(0);
        }
    }

    private void writeModemControl(int value) {
        modemControl = value;
        int lines = MODEM_READY;
        if ((value & MCR_LOOP) != 0) {
            // "The four modem control outputs are internally connected to the four modem control inputs."
            lines = (value & 0x02) << 3 | (value & 0x01) << 5 | (value & 0x0c) << 4;
        }
        int changed = lines ^ modemLines;
        // TERI tells of RI's trailing edge alone; the other three of any change.
        modemDelta |= changed >>> 4 & 0x0b;
        if ((changed & modemLines & MSR_RING) != 0) {
            modemDelta |= 0x04;
        }
        modemLines = lines;
        pull();
    }

    private int readLineStatus() {
        int status = LSR_TRANSMITTER_EMPTY
                | (received.isEmpty() ? 0 : LSR_DATA_READY)
                | (overrun ? LSR_OVERRUN : 0)
                | (breakReceived ? LSR_BREAK : 0)
                | (breakReceived && fifosEnabled() ? LSR_FIFO_ERROR : 0);
        overrun = false;
        breakReceived = false;
        return status;
    }

    private int readModemStatus() {
        int status = modemLines | modemDelta;
        modemDelta = 0;
        return status;
    }

    private void update() {
        boolean gated = (modemControl & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
        interrupt.set(gated && highestInterrupt() != IIR_NONE);
    }

    @Override
    public void state(StatePort port) {
        port.queue("waiting", waiting, MOST_WAITING);
        port.queue("received", received, FIFO_SIZE);
        divisor = port.number("divisor", divisor);
        interruptEnable = port.number("interrupt enable", interruptEnable);
        fifoControl = port.number("fifo control", fifoControl);
        lineControl = port.number("line control", lineControl);
        modemControl = port.number("modem control", modemControl);
        scratch = port.number("scratch", scratch);
        modemDelta = port.number("modem delta", modemDelta);
        modemLines = port.number("modem lines", modemLines);
        overrun = port.flag("overrun", overrun);
        breakReceived = port.flag("break received", breakReceived);
        timedOut = port.flag("timed out", timedOut);
        transmitterEmptyPending = port.flag("transmitter empty pending", transmitterEmptyPending);
        bytesSent = port.number("bytes sent", bytesSent);
        port.part("timeout", timeout);
    }
}

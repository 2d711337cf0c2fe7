package org.thirdmode.pc.device;

import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.Oscillator;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * The 8254 programmable interval timer of a PC at ports 40H-43H: OUT of counter 0 is IRQ0, counter 1 once refreshed the
 * memory, counter 2 drives the speaker and is gated by port 61H.
 *
 * <p>Source: Intel 8254 datasheet "Programming the 8254", "Counter Latch Command", "Read-Back Command".
 */
public final class Pit8254 implements PortDevice, Stateful {
    private static final int CONTROL = 3;
    private static final int READ_BACK = 3;

    private final GuestClock clock;
    private final InterruptLine out0;
    private final GuestClock.Timer timer;
    private final PitCounter[] counters = new PitCounter[3];

    /** A timer whose counter 0 drives {@code out0}. */
    public Pit8254(GuestClock clock, InterruptLine out0) {
        this.clock = clock;
        this.out0 = out0;
        timer = clock.newTimer(this::driveOut0);
        reset();
    }

    /** Puts the timer at its ports. */
    public void attach(IoPorts ports) {
        ports.register("8254 timer", 0x40, 4, 1, this);
    }

    /** To the state after power-up, which the datasheet leaves undefined: nothing counts, OUT of counter 0 is low. */
    public void reset() {
        counters[0] = new PitCounter(true);
        counters[1] = new PitCounter(true);
        counters[2] = new PitCounter(false);
        driveOut0();
    }

    private long cycle() {
        return Oscillator.PIT.cycleAt(clock.now());
    }

    private void driveOut0() {
        long now = cycle();
        out0.set(counters[0].out(now));
        long next = counters[0].nextChange(now);
        if (next == PitCounter.NEVER) {
            timer.disarm();
        } else {
            timer.arm(Oscillator.PIT.tickOf(next));
        }
    }

    @Override
    public int read(int offset, int size) {
        // The control word register cannot be read; the bus floats.
        return offset == CONTROL ? 0xff : counters[offset].read(cycle());
    }

    @Override
    public void write(int offset, int size, int value) {
        long now = cycle();
        if (offset != CONTROL) {
            counters[offset].write(value, now);
        } else if (value >>> 6 == READ_BACK) {
            readBack(value, now);
        } else if ((value >>> 4 & 3) == 0) {
            counters[value >>> 6].latchCount(now);
            return;
        } else {
            counters[value >>> 6].control(value, now);
        }
        driveOut0();
    }

    private void readBack(int command, long now) {
        for (int i = 0; i < counters.length; i++) {
            if ((command & 2 << i) != 0) {
                if ((command & 0x20) == 0) {
                    counters[i].latchCount(now);
                }
                if ((command & 0x10) == 0) {
                    counters[i].latchStatus(now);
                }
            }
        }
    }

    /** The OUT pin of counter 2, as port 61H shows it. */
    public boolean speakerOutput() {
        return counters[2].out(cycle());
    }

    /** The GATE pin of counter 2. */
    public boolean speakerGate() {
        return counters[2].gate();
    }

    /** Drives the GATE pin of counter 2. */
    public void setSpeakerGate(boolean level) {
        counters[2].gate(level, cycle());
    }

    @Override
    public void state(StatePort port) {
        port.part("timer", timer);
        for (int i = 0; i < counters.length; i++) {
            port.part("counter " + i, counters[i]);
        }
    }
}

package org.thirdmode.pc.device;

import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * One counter of an 8254, in cycles of its own clock. Nothing happens between accesses: the counting element and OUT are
 * functions of the cycle, and {@link #nextChange} says when OUT changes next.
 *
 * <p>Source: Intel 8254 datasheet (order number 231164), "Mode Definitions", "Operation Common to All Modes", "Read
 * Operations". A control word, count or gate edge of cycle c acts on the CLK pulse that begins cycle c + 1.
 */
final class PitCounter implements Stateful {
    /** No change of OUT ahead. */
    static final long NEVER = Long.MAX_VALUE;

    private static final int STATUS_OUT = 0x80;
    private static final int STATUS_NULL_COUNT = 0x40;

    private int mode;
    private int access = 3;
    private boolean bcd;
    private boolean gate;

    // The count register, half written where the access mode takes two bytes.
    private int lowByte;
    private boolean highByteNext;
    private boolean readHighByteNext;
    private int latchedCount;
    private int latchedBytes;
    private boolean latchedHighNext;
    private int latchedStatus = -1;

    /** A count was written and not yet moved to the counting element. */
    private boolean nullCount = true;

    /** The count register as a number of cycles, 1..65536 (1..10000 in BCD). */
    private long register;

    /** Whether the counting element holds a count of this mode. */
    private boolean loaded;

    /** The count that the counting element was loaded with. */
    private long initial;

    /** The cycle at which it was loaded, as if the gate had never been low; meaningless unless {@link #loaded}. */
    private long start;

    /** The cycle since which counting has stood still, or {@link #NEVER}. */
    private long haltedAt = NEVER;

    /** The CLK pulse that moves the count register to the counting element is still to come, at {@link #start}. */
    private boolean loading;

    /** Mode 3: OUT in the half-cycle that begins at {@link #start}. */
    private boolean high;

    PitCounter(boolean gate) {
        this.gate = gate;
    }

    private long modulus() {
        return bcd ? 10_000 : 65_536;
    }

    /** A control word for this counter, with an access mode of 1 to 3. */
    void control(int word, long cycle) {
        access = word >>> 4 & 3;
        int coded = word >>> 1 & 7;
        mode = coded > 5 ? coded - 4 : coded;
        bcd = (word & 1) != 0;
        nullCount = true;
        loaded = false;
        loading = false;
        haltedAt = NEVER;
        highByteNext = false;
        readHighByteNext = false;
        latchedBytes = 0;
        latchedStatus = -1;
        register = modulus();
        start = cycle;
        initial = modulus();
        high = true;
    }

    /** A byte written to the counter's port. */
    void write(int value, long cycle) {
        sync(cycle);
        switch (access) {
            case 1 -> count(value, cycle);
            case 2 -> count(value << 8, cycle);
            default -> {
                if (highByteNext) {
                    highByteNext = false;
                    count(value << 8 | lowByte, cycle);
                } else {
                    highByteNext = true;
                    lowByte = value;
                    if (mode == 0) {
                        // "Writing the first byte disables counting. OUT is set low immediately."
                        loaded = false;
                    }
                }
            }
        }
    }

    private void count(int raw, long cycle) {
        long count = bcd ? fromBcd(raw) : raw;
        register = count == 0 ? modulus() : count;
        nullCount = true;
        switch (mode) {
            case 0, 4 -> load(cycle + 1);
            case 2, 3 -> {
                if (!loaded) {
                    load(cycle + 1);
                } else if (loading) {
                    initial = register;
                }
            }
            default -> {} // modes 1 and 5 load on a trigger
        }
    }

    /** Moves the count register to the counting element on the CLK pulse of {@code cycle}. */
    private void load(long cycle) {
        loaded = true;
        loading = true;
        initial = register;
        start = cycle;
        high = true;
        haltedAt = gateHalts() ? cycle : NEVER;
    }

    private boolean gateHalts() {
        return !gate && mode != 1 && mode != 5;
    }

    /** The level of the GATE pin. */
    void gate(boolean level, long cycle) {
        if (level == gate) {
            return;
        }
        sync(cycle);
        gate = level;
        switch (mode) {
            case 0, 4 -> {
                if (!level) {
                    haltedAt = Math.max(cycle, start);
                } else if (haltedAt != NEVER) {
                    start += Math.max(cycle, haltedAt) - haltedAt;
                    haltedAt = NEVER;
                }
            }
            case 2, 3 -> {
                if (!loaded) {
                    return;
                }
                if (level) {
                    load(cycle + 1);
                } else {
                    haltedAt = cycle;
                }
            }
            default -> {
                if (level) {
                    load(cycle + 1);
                }
            }
        }
    }

    boolean gate() {
        return gate;
    }

    /** Brings loads that lie before {@code cycle} about. */
    private void sync(long cycle) {
        if (!loaded || cycle < start) {
            return;
        }
        if (loading) {
            loading = false;
            initial = register;
            nullCount = false;
        }
        if (haltedAt != NEVER) {
            return;
        }
        if (mode == 2) {
            long periods = (cycle - start) / initial;
            if (periods > 0 && nullCount) {
                start += initial;
                initial = register;
                nullCount = false;
                periods = (cycle - start) / initial;
            }
            start += periods * initial;
        } else if (mode == 3) {
            if (nullCount && cycle - start >= half()) {
                nextHalf();
                nullCount = false;
            }
            // Whole periods at once, then at most two halves.
            start += (cycle - start) / initial * initial;
            while (cycle - start >= half()) {
                nextHalf();
            }
        }
    }

    private void nextHalf() {
        start += half();
        high = !high;
        initial = register;
    }

    /** Cycles of the present half of the square wave: an odd count is high one cycle longer. */
    private long half() {
        // A count of 1 is illegal in mode 3; a half of no length would have no end.
        return Math.max(1, high ? (initial + 1) / 2 : initial / 2);
    }

    private long elapsed(long cycle) {
        return Math.max(0, Math.min(cycle, haltedAt) - start);
    }

    /** The counting element, 0..65535 (or decimal digits). */
    private int countingElement(long cycle) {
        long elapsed = loaded ? elapsed(cycle) : 0;
        long value = switch (mode) {
            case 2 -> initial - elapsed % initial;
            case 3 -> (initial & ~1L) - 2 * elapsed;
            default -> initial - elapsed;
        };
        int wrapped = (int) Math.floorMod(value, modulus());
        return bcd ? toBcd(wrapped) : wrapped;
    }

    /** The OUT pin. */
    boolean out(long cycle) {
        sync(cycle);
        long elapsed = loaded ? elapsed(cycle) : 0;
        boolean begun = loaded && cycle >= start;
        return switch (mode) {
            case 0 -> begun && elapsed >= initial;
            case 1 -> !begun || elapsed >= initial;
            case 2 -> !begun || haltedAt != NEVER || elapsed % initial != initial - 1 || initial == 1;
            case 3 -> !begun || haltedAt != NEVER || high;
            default -> !begun || elapsed != initial;
        };
    }

    /** The first cycle after {@code cycle} at which OUT may change, or {@link #NEVER}. */
    long nextChange(long cycle) {
        sync(cycle);
        if (!loaded || haltedAt != NEVER) {
            return NEVER;
        }
        long from = Math.max(cycle, start - 1);
        return switch (mode) {
            case 0 -> after(from, start + initial, NEVER);
            case 1 -> after(from, start, start + initial);
            case 2 -> {
                long period = from < start ? start : start + (from - start) / initial * initial;
                yield after(from, period + initial - 1, period + initial);
            }
            case 3 -> start + half();
            default -> after(from, start + initial, start + initial + 1);
        };
    }

    private static long after(long cycle, long first, long second) {
        return first > cycle ? first : second > cycle ? second : NEVER;
    }

    /** The counter latch command, or the count half of a read-back: "a latch not yet read is not latched again". */
    void latchCount(long cycle) {
        if (latchedBytes == 0) {
            sync(cycle);
            latchedCount = countingElement(cycle);
            latchedBytes = access == 3 ? 2 : 1;
            latchedHighNext = access == 2;
        }
    }

    /** The status half of a read-back command. */
    void latchStatus(long cycle) {
        if (latchedStatus < 0) {
            sync(cycle);
            latchedStatus = (out(cycle) ? STATUS_OUT : 0)
                    | (nullCount ? STATUS_NULL_COUNT : 0)
                    | access << 4
                    | mode << 1
                    | (bcd ? 1 : 0);
        }
    }

    /** A byte read from the counter's port: latched status, then latched count, then the counting element. */
    int read(long cycle) {
        if (latchedStatus >= 0) {
            int status = latchedStatus;
            latchedStatus = -1;
            return status;
        }
        if (latchedBytes > 0) {
            latchedBytes--;
            int shift = latchedHighNext ? 8 : 0;
            latchedHighNext = true;
            return latchedCount >>> shift & 0xff;
        }
        sync(cycle);
        int count = countingElement(cycle);
        return switch (access) {
            case 1 -> count & 0xff;
            case 2 -> count >>> 8;
            default -> {
                boolean highByte = readHighByteNext;
                readHighByteNext = !highByte;
                yield highByte ? count >>> 8 : count & 0xff;
            }
        };
    }

    private static long fromBcd(int raw) {
        // A digit above 9 counts as its weight, as the decrementing digits of the chip would run it down.
        return (raw >>> 12 & 15) * 1000L + (raw >>> 8 & 15) * 100L + (raw >>> 4 & 15) * 10L + (raw & 15L);
    }

    private static int toBcd(int value) {
        return ((value / 1000) << 12) | ((value / 100 % 10) << 8) | ((value / 10 % 10) << 4) | (value % 10);
    }

    @Override
    public void state(StatePort port) {
        mode = port.within("mode", mode, 0, 5);
        access = port.within("access", access, 0, 3);
        bcd = port.flag("bcd", bcd);
        gate = port.flag("gate", gate);
        lowByte = port.number("low byte", lowByte);
        highByteNext = port.flag("high byte next", highByteNext);
        readHighByteNext = port.flag("read high byte next", readHighByteNext);
        latchedCount = port.number("latched count", latchedCount);
        latchedBytes = port.number("latched bytes", latchedBytes);
        latchedHighNext = port.flag("latched high next", latchedHighNext);
        latchedStatus = port.number("latched status", latchedStatus);
        nullCount = port.flag("null count", nullCount);
        register = port.number("register", register);
        loaded = port.flag("loaded", loaded);
        initial = port.number("initial", initial);
        start = port.number("start", start);
        haltedAt = port.number("halted at", haltedAt);
        loading = port.flag("loading", loading);
        high = port.flag("high", high);
    }
}

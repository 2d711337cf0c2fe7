package org.thirdmode.pc.device;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.Oscillator;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * The real-time clock with its battery-backed RAM at ports 70H-71H (and a second bank at 72H-73H). The time of day is the
 * start date plus guest time.
 *
 * <p>Source: Motorola MC146818A data sheet, "Time, Calendar, and Alarm Locations", "Interrupts", "Update Cycle", "Registers";
 * bytes 0EH and up as the PC's firmware uses them. An update takes no time; the update-in-progress bit is 1 for as long
 * before it as a real one lasts.
 */
public final class Rtc implements PortDevice, Stateful {
    private static final int SECONDS = 0x00;
    private static final int SECONDS_ALARM = 0x01;
    private static final int MINUTES = 0x02;
    private static final int HOURS = 0x04;
    private static final int DAY_OF_WEEK = 0x06;
    private static final int DAY_OF_MONTH = 0x07;
    private static final int MONTH = 0x08;
    private static final int YEAR = 0x09;
    private static final int REGISTER_A = 0x0a;
    private static final int REGISTER_B = 0x0b;
    private static final int REGISTER_C = 0x0c;
    private static final int REGISTER_D = 0x0d;
    private static final int CENTURY = 0x32;

    /** Locations of the time, as opposed to the alarm. */
    private static final int[] TIME = {SECONDS, MINUTES, HOURS, DAY_OF_WEEK, DAY_OF_MONTH, MONTH, YEAR, CENTURY};

    private static final int A_UPDATE_IN_PROGRESS = 0x80;
    private static final int A_DIVIDER = 0x70;
    private static final int A_DIVIDER_32_KHZ = 0x20;
    private static final int B_SET = 0x80;
    private static final int B_PERIODIC = 0x40;
    private static final int B_ALARM = 0x20;
    private static final int B_UPDATE_ENDED = 0x10;
    private static final int B_BINARY = 0x04;
    private static final int B_24_HOURS = 0x02;
    private static final int C_REQUEST = 0x80;
    private static final int D_VALID = 0x80;
    private static final int PM = 0x80;

    /** "An alarm byte of C0H to FFH" matches every value. */
    private static final int DO_NOT_CARE = 0xc0;

    /** From the update-in-progress bit to the end of the update: 244 + 1984 microseconds, in ticks. */
    private static final long UPDATE_TICKS = 2_228_000;

    private static final long SECONDS_A_DAY = 86_400;
    private static final Oscillator CRYSTAL = new Oscillator(32_768);

    private final GuestClock clock;
    private final InterruptLine interrupt;
    private final GuestClock.Timer timer;
    private final byte[] ram = new byte[256];
    private int index;
    private int upperIndex;
    private int flags;

    /** Seconds since 1970 at {@link #baseTick}; the clock shows them in UTC. */
    private long baseSeconds;

    private long baseTick;

    /** The tick up to which {@link #flags} are complete. */
    private long syncedTick;

    /** A clock that shows {@code start} at tick 0 and drives IRQ8 through {@code interrupt}. */
    public Rtc(GuestClock clock, InterruptLine interrupt, LocalDateTime start) {
        this.clock = clock;
        this.interrupt = interrupt;
        timer = clock.newTimer(this::update);
        baseSeconds = start.toEpochSecond(ZoneOffset.UTC);
        ram[REGISTER_A] = 0x26;
        ram[REGISTER_B] = B_24_HOURS;
    }

    /** Puts the clock at its ports. */
    public void attach(IoPorts ports) {
        ports.register("RTC", 0x70, 4, 1, this);
    }

    /** The RESET pin: interrupts off, flags clear; the time and the RAM are the battery's. */
    public void reset() {
        sync();
        ram[REGISTER_B] &= ~(byte) (B_PERIODIC | B_ALARM | B_UPDATE_ENDED | 0x08);
        flags = 0;
        index = 0;
        update();
    }

    /** Stores a byte of the RAM, as a set-up program does. */
    public void setRam(int location, int value) {
        ram[location] = (byte) value;
    }

    /** A byte of the RAM. */
    public int ram(int location) {
        return ram[location] & 0xff;
    }

    /** Whether port 70H bit 7 keeps NMIs from the processor. */
    public boolean nmiMasked() {
        return (index & 0x80) != 0;
    }

    @Override
    public int read(int offset, int size) {
        return switch (offset) {
            case 1 -> readRegister(index & 0x7f);
            case 3 -> ram[0x80 | upperIndex] & 0xff;
            default -> 0xff; // the index registers are write-only
        };
    }

    @Override
    public void write(int offset, int size, int value) {
        switch (offset) {
            case 0 -> index = value;
            case 1 -> writeRegister(index & 0x7f, value);
            case 2 -> upperIndex = value & 0x7f;
            default -> ram[0x80 | upperIndex] = (byte) value;
        }
    }

    private int readRegister(int register) {
        if (isTime(register) && running()) {
            storeTime();
        }
        return switch (register) {
            case REGISTER_A -> (ram[REGISTER_A] & 0x7f) | (updateInProgress() ? A_UPDATE_IN_PROGRESS : 0);
            case REGISTER_C -> {
                sync();
                int value = flags | (requested() ? C_REQUEST : 0);
                flags = 0;
                update();
                yield value;
            }
            case REGISTER_D -> D_VALID;
            default -> ram[register] & 0xff;
        };
    }

    private void writeRegister(int register, int value) {
        if (register == REGISTER_C || register == REGISTER_D) {
            return;
        }
        sync();
        if (running() && (isTime(register) || register == REGISTER_A || register == REGISTER_B)) {
            storeTime();
        }
        boolean wasRunning = running();
        if (register == REGISTER_A) {
            ram[register] = (byte) (value & 0x7f);
        } else if (register == REGISTER_B) {
            // "SET mode ... clears UIE".
            ram[register] = (byte) ((value & B_SET) != 0 ? value & ~B_UPDATE_ENDED : value);
        } else {
            ram[register] = (byte) value;
        }
        if (running() && (isTime(register) || !wasRunning)) {
            loadTime();
        }
        update();
    }

    private static boolean isTime(int register) {
        for (int location : TIME) {
            if (location == register) {
                return true;
            }
        }
        return false;
    }

    private int b() {
        return ram[REGISTER_B];
    }

    /** Whether time goes on: no SET, the divider chain on. */
    private boolean running() {
        return (b() & B_SET) == 0 && (ram[REGISTER_A] & A_DIVIDER) == A_DIVIDER_32_KHZ;
    }

    private long secondsAt(long tick) {
        return baseSeconds + Math.floorDiv(tick - baseTick, GuestClock.TICKS_PER_SECOND);
    }

    private boolean updateInProgress() {
        long into = Math.floorMod(clock.now() - baseTick, GuestClock.TICKS_PER_SECOND);
        return running() && into >= GuestClock.TICKS_PER_SECOND - UPDATE_TICKS;
    }

    /** Writes the present time into its locations. */
    private void storeTime() {
        long seconds = secondsAt(clock.now());
        // A guest may set any year that two digits of year and of century hold; the date type holds more.
        LocalDateTime time = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
        put(SECONDS, time.getSecond());
        put(MINUTES, time.getMinute());
        int hour = time.getHour();
        if ((b() & B_24_HOURS) != 0) {
            put(HOURS, hour);
        } else {
            put(HOURS, hour % 12 == 0 ? 12 : hour % 12);
            if (hour >= 12) {
                ram[HOURS] |= (byte) PM;
            }
        }
        put(DAY_OF_WEEK, time.getDayOfWeek().getValue() % 7 + 1);
        put(DAY_OF_MONTH, time.getDayOfMonth());
        put(MONTH, time.getMonthValue());
        put(YEAR, Math.floorMod(time.getYear(), 100));
        put(CENTURY, Math.floorMod(Math.floorDiv(time.getYear(), 100), 100));
    }

    /** Takes the time from its locations; values out of range carry over. */
    private void loadTime() {
        long year = get(CENTURY) * 100L + get(YEAR);
        LocalDate date =
                LocalDate.of((int) year, 1, 1).plusMonths(get(MONTH) - 1L).plusDays(get(DAY_OF_MONTH) - 1L);
        baseSeconds = date.toEpochDay() * SECONDS_A_DAY + hourOf(HOURS) * 3600L + get(MINUTES) * 60L + get(SECONDS);
        baseTick = clock.now();
        syncedTick = baseTick;
    }

    private int hourOf(int location) {
        int raw = ram[location] & 0xff;
        if ((b() & B_24_HOURS) != 0) {
            return decode(raw);
        }
        return decode(raw & ~PM) % 12 + ((raw & PM) != 0 ? 12 : 0);
    }

    private void put(int location, int value) {
        ram[location] = (byte) ((b() & B_BINARY) != 0 ? value : toBcd(value));
    }

    private int get(int location) {
        return decode(ram[location] & 0xff);
    }

    private int decode(int raw) {
        return (b() & B_BINARY) != 0 ? raw : (raw >>> 4) * 10 + (raw & 15);
    }

    private static int toBcd(int value) {
        return ((value / 10) << 4) | (value % 10);
    }

    /** The periodic interrupt's period in cycles of the crystal, or 0 for none. */
    private long periodCycles() {
        int rate = ram[REGISTER_A] & 15;
        if (rate == 0 || (ram[REGISTER_A] & A_DIVIDER) != A_DIVIDER_32_KHZ) {
            return 0;
        }
        // Rates 1 and 2 repeat 8 and 9 with a 32,768-Hz crystal.
        return 1L << ((rate < 3 ? rate + 7 : rate) - 1);
    }

    /** Brings the flags up to date with what happened since they last were. */
    private void sync() {
        long now = clock.now();
        if (now <= syncedTick) {
            return;
        }
        long period = periodCycles();
        if (period != 0 && CRYSTAL.cycleAt(now) / period != CRYSTAL.cycleAt(syncedTick) / period) {
            flags |= B_PERIODIC;
        }
        if (running()) {
            long from = secondsAt(syncedTick);
            long to = secondsAt(now);
            if (to != from) {
                flags |= B_UPDATE_ENDED;
                if (alarmBetween(Math.max(from, to - SECONDS_A_DAY), to)) {
                    flags |= B_ALARM;
                }
            }
        }
        syncedTick = now;
    }

    private boolean alarmBetween(long after, long upTo) {
        for (long second = after + 1; second <= upTo; second++) {
            long ofDay = Math.floorMod(second, SECONDS_A_DAY);
            if (alarmMatches(SECONDS_ALARM, ofDay % 60)
                    && alarmMatches(MINUTES + 1, ofDay / 60 % 60)
                    && alarmMatches(HOURS + 1, ofDay / 3600)) {
                return true;
            }
        }
        return false;
    }

    private boolean alarmMatches(int location, long value) {
        int raw = ram[location] & 0xff;
        return (raw & DO_NOT_CARE) == DO_NOT_CARE || (location == HOURS + 1 ? hourOf(location) : decode(raw)) == value;
    }

    private boolean requested() {
        return (flags & b() & (B_PERIODIC | B_ALARM | B_UPDATE_ENDED)) != 0;
    }

    /** Drives the interrupt and finds the tick of the next event that could raise it. */
    private void update() {
        sync();
        interrupt.set(requested());
        long now = clock.now();
        long next = GuestClock.NEVER;
        long period = periodCycles();
        if ((b() & B_PERIODIC) != 0 && period != 0) {
            next = CRYSTAL.tickOf((CRYSTAL.cycleAt(now) / period + 1) * period);
        }
        if ((b() & (B_ALARM | B_UPDATE_ENDED)) != 0 && running()) {
            long second = baseTick + (secondsAt(now) - baseSeconds + 1) * GuestClock.TICKS_PER_SECOND;
            next = Math.min(next, second);
        }
        timer.arm(next);
    }

    @Override
    public void state(StatePort port) {
        port.bytes("ram", ram);
        index = port.number("index", index);
        upperIndex = port.number("upper index", upperIndex);
        flags = port.number("flags", flags);
        baseSeconds = port.number("base seconds", baseSeconds);
        baseTick = port.number("base tick", baseTick);
        syncedTick = port.number("synced tick", syncedTick);
        port.part("timer", timer);
    }
}

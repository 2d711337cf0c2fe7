package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.x86.time.GuestClock;

/** ACPI specification "Power Management Timer", "PM1 Event Grouping", "PM1 Control Grouping". */
final class AcpiFixedHardware {
    private static final long SECOND = GuestClock.TICKS_PER_SECOND;

    private final GuestClock clock = new GuestClock();
    private final Wire sci = new Wire();
    private final IoPorts ports = new IoPorts();
    private final List<StopCause> stops = new ArrayList<>();
    private final AcpiPm pm = new AcpiPm(clock, sci, stops::add, 24);

    @BeforeEach
    void attach() {
        pm.attach(ports);
    }

    @Test
    void theTimerCounts3579545TimesASecondIn24Bits() {
        Guest.runTo(clock, SECOND);
        assertEquals(3_579_545, ports.read(0x608, 4));
        Guest.runTo(clock, 10 * SECOND);
        assertEquals(35_795_450 & 0xff_ffff, ports.read(0x608, 4));
        assertEquals((35_795_450 & 0xff_ffff) >> 8 & 0xff, ports.read(0x609, 1));
    }

    @Test
    void aTimerOf32BitsGoesOn() {
        IoPorts others = new IoPorts();
        new AcpiPm(clock, sci, stops::add, 32).attach(others);
        Guest.runTo(clock, 10 * SECOND);
        assertEquals(35_795_450, others.read(0x608, 4));
    }

    @Test
    void theTopBitsChangeSetsTheStatusAndInterruptsInAcpiMode() {
        ports.write(0x602, 2, 0x0001);
        Guest.runTo(clock, 3 * SECOND);
        assertEquals(0x0001, ports.read(0x600, 2), "bit 23 has toggled after 2.34 seconds");
        assertFalse(sci.level, "not in ACPI mode");
        ports.write(0x600, 2, 0x0001);
        assertEquals(0, ports.read(0x600, 2));
        ports.write(0xb2, 1, 0xf1);
        assertEquals(1, ports.read(0x604, 2) & 1);
        Guest.runTo(clock, 5 * SECOND);
        assertTrue(sci.level);
        ports.write(0x600, 2, 0x0001);
        assertFalse(sci.level);
    }

    @Test
    void sleepTypeS5WithSleepEnablePowersOff() {
        ports.write(0x604, 2, 0x2000);
        assertEquals(List.of(new StopCause.PoweredOff()), stops);
    }

    @Test
    void anotherSleepTypeOrNoEnableDoesNot() {
        ports.write(0x604, 2, 0x1c00);
        ports.write(0x604, 2, 0x2400);
        assertEquals(List.of(), stops);
        ports.write(0x604, 2, 0x3c00);
        assertEquals(List.of(new StopCause.PoweredOff()), stops, "type 7, soft off of the ICHs");
    }

    @Test
    void sleepEnableIsWriteOnlyAndBytesCanBeWritten() {
        ports.write(0x605, 1, 0x24);
        assertEquals(0x0400, ports.read(0x604, 2));
    }

    @Test
    void theBlockMovesButNeverOntoAnotherDevice() {
        pm.move(0xb000);
        assertEquals(-1, ports.read(0x608, 4));
        Guest.runTo(clock, SECOND);
        assertEquals(3_579_545, ports.read(0xb008, 4));
        ports.register("other", 0xc008, 1, 1, new DebugConsole(1, c -> {}));
        pm.move(0xc000);
        assertEquals(3_579_545, ports.read(0xb008, 4));
        pm.move(0xffc0);
        pm.move(0x600);
        assertEquals(3_579_545, ports.read(0x608, 4));
    }
}

package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.time.GuestClock;

/** Motorola MC146818A data sheet. */
final class RealTimeClock {
    private static final long SECOND = GuestClock.TICKS_PER_SECOND;

    private final GuestClock clock = new GuestClock();
    private final Wire irq = new Wire();
    private final Rtc rtc = new Rtc(clock, irq, LocalDateTime.of(2024, 2, 28, 23, 59, 58));

    private int read(int register) {
        rtc.write(0, 1, register);
        return rtc.read(1, 1);
    }

    private void write(int register, int value) {
        rtc.write(0, 1, register);
        rtc.write(1, 1, value);
    }

    private String time() {
        return String.format(
                "%02x%02x-%02x-%02x(%x) %02x:%02x:%02x",
                read(0x32), read(9), read(8), read(7), read(6), read(4), read(2), read(0));
    }

    @Test
    void theTimeIsTheStartDatePlusGuestTime() {
        assertEquals("2024-02-28(4) 23:59:58", time());
        Guest.run(clock, SECOND);
        assertEquals("2024-02-28(4) 23:59:59", time());
        Guest.run(clock, SECOND);
        assertEquals("2024-02-29(5) 00:00:00", time());
    }

    @Test
    void inBinaryModeTheRegistersAreBinary() {
        write(0x0b, 0x06);
        assertEquals(59, read(2));
        assertEquals(23, read(4));
        assertEquals(24, read(9));
    }

    @Test
    void in12HourModeTheTopBitIsPm() {
        write(0x0b, 0x00);
        assertEquals(0x91, read(4));
        Guest.run(clock, 2 * SECOND);
        assertEquals(0x12, read(4), "midnight is 12 AM");
    }

    @Test
    void aTimeThatIsSetGoesOnFromThere() {
        write(0x0b, 0x82);
        write(4, 0x12);
        write(2, 0x34);
        write(0, 0x56);
        Guest.run(clock, 10 * SECOND);
        assertEquals(0x56, read(0), "SET stops the update");
        write(0x0b, 0x02);
        Guest.run(clock, 5 * SECOND);
        assertEquals("2024-02-28(4) 12:35:01", time());
    }

    @Test
    void updateInProgressPrecedesTheUpdate() {
        assertEquals(0, read(0x0a) & 0x80);
        Guest.runTo(clock, SECOND - 2_228_000 - 1);
        assertEquals(0, read(0x0a) & 0x80);
        Guest.runTo(clock, SECOND - 244_000);
        assertEquals(0x80, read(0x0a) & 0x80);
        Guest.runTo(clock, SECOND);
        assertEquals(0, read(0x0a) & 0x80);
    }

    @Test
    void registerDSaysThatRamAndTimeAreValid() {
        assertEquals(0x80, read(0x0d));
    }

    @Test
    void theUpdateEndedInterruptComesEachSecondUntilRegisterCIsRead() {
        write(0x0b, 0x12);
        Guest.runTo(clock, SECOND - 1);
        assertFalse(irq.level);
        Guest.runTo(clock, SECOND);
        assertTrue(irq.level);
        assertEquals(0x90, read(0x0c) & 0xb0);
        assertFalse(irq.level);
        Guest.runTo(clock, 2 * SECOND);
        assertTrue(irq.level);
        assertEquals(2, irq.rises);
    }

    @Test
    void thePeriodicInterruptAtRate6Is1024Hertz() {
        write(0x0a, 0x26);
        write(0x0b, 0x42);
        for (int i = 0; i < 100; i++) {
            Guest.run(clock, SECOND / 100);
            read(0x0c);
        }
        // Read a hundred times a second every flag covers about ten periods: the edges are the reads.
        assertEquals(100, irq.rises);
        irq.rises = 0;
        long end = clock.now() + SECOND;
        while (clock.nextDeadline() <= end) {
            clock.setNow(clock.nextDeadline());
            clock.fireDue();
            read(0x0c);
        }
        assertEquals(1024, irq.rises);
    }

    @Test
    void thePeriodicFlagIsSetWithoutItsInterrupt() {
        read(0x0c);
        Guest.run(clock, SECOND / 512);
        assertEquals(0x40, read(0x0c));
        assertEquals(0x00, read(0x0c));
    }

    @Test
    void theAlarmMatchesHoursMinutesAndSeconds() {
        write(5, 0x00);
        write(3, 0x00);
        write(1, 0x01);
        write(0x0b, 0x22);
        Guest.runTo(clock, 3 * SECOND - 1);
        assertFalse(irq.level);
        Guest.runTo(clock, 3 * SECOND);
        assertTrue(irq.level);
        assertEquals(0xa0, read(0x0c) & 0xa0);
    }

    @Test
    void anAlarmByteOfC0AndUpIsDoNotCare() {
        write(5, 0xff);
        write(3, 0xc0);
        write(1, 0x30);
        write(0x0b, 0x22);
        Guest.runTo(clock, 32 * SECOND);
        assertTrue(irq.level, "30 seconds past midnight");
        read(0x0c);
        Guest.runTo(clock, 91 * SECOND);
        assertFalse(irq.level);
        Guest.runTo(clock, 92 * SECOND);
        assertTrue(irq.level, "a minute later again");
    }

    @Test
    void theSetBitClearsTheUpdateEndedEnable() {
        write(0x0b, 0x92);
        assertEquals(0x82, read(0x0b));
    }

    @Test
    void bit7OfTheIndexMasksNmisAndIsNoPartOfTheIndex() {
        write(0x8f, 0x5a);
        assertTrue(rtc.nmiMasked());
        assertEquals(0x5a, read(0x0f));
        assertFalse(rtc.nmiMasked());
    }

    @Test
    void theSecondBankIsRam() {
        rtc.write(2, 1, 0x55);
        rtc.write(3, 1, 0x77);
        assertEquals(0x77, rtc.read(3, 1));
        assertEquals(0xff, rtc.read(0, 1));
    }

    @Test
    void resetKeepsTimeAndRam() {
        write(0x0f, 0x0a);
        write(0x0b, 0x72);
        Guest.run(clock, SECOND);
        rtc.reset();
        assertFalse(irq.level);
        assertEquals(0x02, read(0x0b));
        assertEquals(0x0a, read(0x0f));
        assertEquals("2024-02-28(4) 23:59:59", time());
    }
}

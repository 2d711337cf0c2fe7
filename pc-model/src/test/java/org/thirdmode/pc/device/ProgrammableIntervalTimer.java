package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.bus.Oscillator;
import org.thirdmode.x86.time.GuestClock;

/** Intel 8254 datasheet "Mode Definitions", "Read Operations". Times are cycles of the 1.193182-MHz clock. */
final class ProgrammableIntervalTimer {
    private final GuestClock clock = new GuestClock();
    private final Wire out0 = new Wire();
    private final Pit8254 pit = new Pit8254(clock, out0);

    private void at(long cycle) {
        Guest.runTo(clock, Oscillator.PIT.tickOf(cycle));
    }

    private void control(int word) {
        pit.write(3, 1, word);
    }

    private void count(int counter, int value) {
        pit.write(counter, 1, value & 0xff);
        pit.write(counter, 1, value >>> 8);
    }

    private int read(int counter) {
        int low = pit.read(counter, 1);
        return low | pit.read(counter, 1) << 8;
    }

    @Test
    void mode0RaisesOutNPlus1CyclesAfterTheCount() {
        at(10);
        control(0x30);
        assertFalse(out0.level);
        count(0, 5);
        at(15);
        assertFalse(out0.level);
        at(16);
        assertTrue(out0.level);
        at(100_000);
        assertTrue(out0.level);
        assertEquals(1, out0.rises);
    }

    @Test
    void mode0GoesOnCountingPastZero() {
        control(0x30);
        count(0, 5);
        at(1 + 5 + 3);
        assertEquals(0xfffd, read(0));
    }

    @Test
    void theFirstByteOfANewCountStopsMode0AndLowersOut() {
        control(0x30);
        count(0, 5);
        at(20);
        assertTrue(out0.level);
        pit.write(0, 1, 7);
        assertFalse(out0.level);
        at(200);
        assertFalse(out0.level);
        pit.write(0, 1, 0);
        at(207);
        assertFalse(out0.level);
        at(208);
        assertTrue(out0.level);
    }

    @Test
    void mode2IsLowForOneCycleInN() {
        at(3);
        control(0x34);
        assertTrue(out0.level);
        count(0, 4);
        int rises = out0.rises;
        at(6);
        assertTrue(out0.level, "4 3 2");
        at(7);
        assertFalse(out0.level, "1");
        at(8);
        assertTrue(out0.level);
        at(8 + 4 * 100);
        assertEquals(rises + 101, out0.rises);
    }

    @Test
    void aNewCountInMode2TakesEffectAtTheEndOfThePeriod() {
        control(0x34);
        count(0, 10);
        at(5);
        count(0, 3);
        at(9);
        assertTrue(out0.level);
        at(10);
        assertFalse(out0.level, "the old period ends");
        at(11);
        assertTrue(out0.level);
        at(13);
        assertFalse(out0.level, "the new period of 3");
    }

    @Test
    void aCountOf0Is65536() {
        control(0x34);
        count(0, 0);
        out0.rises = 0;
        at(65_536);
        assertFalse(out0.level);
        at(65_537);
        assertTrue(out0.level);
        assertEquals(1, out0.rises);
    }

    @Test
    void mode3HalvesAnEvenCountExactly() {
        control(0x36);
        count(0, 6);
        at(3);
        assertTrue(out0.level);
        at(4);
        assertFalse(out0.level);
        at(6);
        assertFalse(out0.level);
        at(7);
        assertTrue(out0.level);
    }

    @Test
    void mode3IsHighOneCycleLongerForAnOddCount() {
        control(0x36);
        count(0, 5);
        at(3);
        assertTrue(out0.level);
        at(4);
        assertFalse(out0.level);
        at(5);
        assertFalse(out0.level);
        at(6);
        assertTrue(out0.level);
    }

    @Test
    void mode3CountsDownByTwo() {
        control(0x36);
        count(0, 100);
        at(11);
        assertEquals(80, read(0));
        at(1 + 50 + 10);
        assertEquals(80, read(0), "in the second half again from 100");
    }

    @Test
    void mode4StrobesForOneCycleOnce() {
        control(0x38);
        assertTrue(out0.level);
        count(0, 5);
        at(5);
        assertTrue(out0.level);
        at(6);
        assertFalse(out0.level);
        at(7);
        assertTrue(out0.level);
        int rises = out0.rises;
        at(300_000);
        assertEquals(rises, out0.rises);
    }

    @Test
    void mode1WaitsForTheGateAndIsRetriggered() {
        control(0xb2);
        count(2, 10);
        at(50);
        assertTrue(pit.speakerOutput());
        pit.setSpeakerGate(true);
        at(51);
        assertFalse(pit.speakerOutput());
        at(56);
        pit.setSpeakerGate(false);
        pit.setSpeakerGate(true);
        at(66);
        assertFalse(pit.speakerOutput());
        at(67);
        assertTrue(pit.speakerOutput());
    }

    @Test
    void mode5StrobesAfterATrigger() {
        control(0xba);
        count(2, 4);
        at(20);
        assertTrue(pit.speakerOutput());
        pit.setSpeakerGate(true);
        at(24);
        assertTrue(pit.speakerOutput());
        at(25);
        assertFalse(pit.speakerOutput());
        at(26);
        assertTrue(pit.speakerOutput());
    }

    @Test
    void aLowGateSuspendsMode0() {
        pit.setSpeakerGate(true);
        control(0xb0);
        count(2, 10);
        at(6);
        assertEquals(5, read(2));
        pit.setSpeakerGate(false);
        at(500);
        assertEquals(5, read(2));
        pit.setSpeakerGate(true);
        at(504);
        assertFalse(pit.speakerOutput());
        at(505);
        assertTrue(pit.speakerOutput());
    }

    @Test
    void aLowGateRaisesOutInMode2AndItsRiseStartsAnew() {
        pit.setSpeakerGate(true);
        control(0xb4);
        count(2, 5);
        at(5);
        assertFalse(pit.speakerOutput());
        pit.setSpeakerGate(false);
        assertTrue(pit.speakerOutput());
        at(100);
        pit.setSpeakerGate(true);
        at(104);
        assertTrue(pit.speakerOutput());
        at(105);
        assertFalse(pit.speakerOutput());
    }

    @Test
    void theCounterLatchHoldsTheCountUntilItIsRead() {
        control(0x34);
        count(0, 1000);
        at(101);
        control(0x00);
        at(201);
        control(0x00);
        assertEquals(900, read(0), "a second latch before the read is ignored");
        assertEquals(800, read(0));
    }

    @Test
    void readBackLatchesStatusBeforeCount() {
        control(0x34);
        count(0, 1000);
        at(101);
        control(0xc2);
        at(301);
        assertEquals(0x80 | 0x30 | 0x04, pit.read(0, 1), "OUT high, both bytes, mode 2");
        assertEquals(900, read(0));
    }

    @Test
    void nullCountIsSetFromTheWriteToTheLoad() {
        control(0x30);
        control(0xe2);
        assertEquals(0x40 | 0x30, pit.read(0, 1));
        count(0, 9);
        control(0xe2);
        assertEquals(0x40 | 0x30, pit.read(0, 1));
        at(1);
        control(0xe2);
        assertEquals(0x30, pit.read(0, 1));
    }

    @Test
    void bcdCountsInDecimal() {
        control(0x35);
        count(0, 0x1000);
        at(2);
        assertEquals(0x0999, read(0));
    }

    @Test
    void oneByteAccessModesLeaveTheOtherByteZero() {
        control(0x20);
        pit.write(0, 1, 0x12);
        at(1);
        assertEquals(0x12, pit.read(0, 1));
        control(0x10);
        pit.write(0, 1, 0x34);
        at(2);
        assertEquals(0x34, pit.read(0, 1));
    }

    @Test
    void eighteenPointTwoInterruptsASecond() {
        control(0x36);
        count(0, 0);
        out0.rises = 0;
        Guest.runTo(clock, 10_000_000_000L);
        assertEquals(182, out0.rises);
    }

    /** A cycle by cycle machine in the datasheet's words, against which the arithmetic is held. */
    @Property(tries = 300)
    void outOfMode2And3FollowsTheDatasheetsWaveForm(
            @ForAll @IntRange(min = 2, max = 3) int mode,
            @ForAll @IntRange(min = 2, max = 40) int n,
            @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 1, max = 50) Integer> steps) {
        GuestClock time = new GuestClock();
        Wire wire = new Wire();
        Pit8254 timer = new Pit8254(time, wire);
        timer.write(3, 1, 0x10 | mode << 1);
        timer.write(0, 1, n);
        long cycle = 0;
        for (int step : steps) {
            cycle += step;
            Guest.runTo(time, Oscillator.PIT.tickOf(cycle));
            long into = (cycle - 1) % n;
            boolean high = mode == 2 ? into != n - 1 : into < (n + 1) / 2;
            assertEquals(high, wire.level, "cycle " + cycle);
        }
    }
}

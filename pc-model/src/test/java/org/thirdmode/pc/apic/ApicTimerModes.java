package org.thirdmode.pc.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.pc.device.Guest;

/** SDM 3A "APIC Timer", "TSC-Deadline Mode". */
final class ApicTimerModes extends ApicBench {
    private static final int DIVIDE_BY_1 = 0xb;

    @Test
    void oneShotInterruptsOnceAndStopsAtZero() {
        write(0x3e0, DIVIDE_BY_1);
        write(0x320, 0x40);
        write(0x380, 1000);
        Guest.run(clock, 999);
        assertFalse(apic.interruptPending());
        assertEquals(1, read(0x390));
        Guest.run(clock, 1);
        assertTrue(apic.interruptPending());
        assertEquals(0, read(0x390));
        takeAll();
        Guest.run(clock, 100_000);
        assertFalse(apic.interruptPending());
        assertEquals(1000, read(0x380));
    }

    @Test
    void periodicReloads() {
        write(0x3e0, DIVIDE_BY_1);
        write(0x320, 0x2_0040);
        write(0x380, 100);
        int interrupts = 0;
        for (int i = 0; i < 1000; i++) {
            Guest.run(clock, 1);
            interrupts += takeAll().size();
        }
        assertEquals(10, interrupts);
        Guest.run(clock, 30);
        assertEquals(70, read(0x390));
    }

    @Test
    void theDivideConfigurationIsBits310() {
        int[][] codes = {{0x0, 2}, {0x1, 4}, {0x2, 8}, {0x3, 16}, {0x8, 32}, {0x9, 64}, {0xa, 128}, {0xb, 1}};
        for (int[] code : codes) {
            write(0x3e0, code[0]);
            write(0x380, 1000);
            Guest.run(clock, 100L * code[1]);
            assertEquals(900, read(0x390), "configuration " + code[0]);
        }
    }

    @Test
    void aNewDivisorGoesOnFromThePresentCount() {
        write(0x3e0, DIVIDE_BY_1);
        write(0x380, 1000);
        Guest.run(clock, 400);
        write(0x3e0, 0x0);
        assertEquals(600, read(0x390));
        Guest.run(clock, 200);
        assertEquals(500, read(0x390));
    }

    @Test
    void anInitialCountOf0Stops() {
        write(0x320, 0x40);
        write(0x380, 10);
        write(0x380, 0);
        Guest.run(clock, 1000);
        assertFalse(apic.interruptPending());
    }

    @Test
    void aMaskedTimerCountsWithoutInterrupting() {
        write(0x3e0, DIVIDE_BY_1);
        write(0x320, 0x1_0040);
        write(0x380, 100);
        Guest.run(clock, 50);
        assertEquals(50, read(0x390));
        Guest.run(clock, 50);
        assertFalse(apic.interruptPending());
    }

    @Test
    void betweenOneShotAndPeriodicTheCountGoesOn() {
        write(0x3e0, DIVIDE_BY_1);
        write(0x380, 1000);
        Guest.run(clock, 600);
        write(0x320, 0x2_0040);
        assertEquals(400, read(0x390));
        Guest.run(clock, 500);
        assertEquals(900, read(0x390));
        write(0x320, 0x0_0040);
        Guest.run(clock, 5000);
        assertEquals(0, read(0x390));
        write(0x320, 0x2_0040);
        assertEquals(0, read(0x390), "a count that has ended does not begin again by itself");
    }

    @Test
    void tscDeadlineInterruptsWhenTheCounterReachesIt() {
        write(0x320, 0x4_0040);
        assertTrue(apic.writeMsr(0x6e0, 5000));
        assertEquals(5000, msr(0x6e0));
        Guest.runTo(clock, 4999);
        assertFalse(apic.interruptPending());
        Guest.runTo(clock, 5000);
        assertTrue(apic.interruptPending());
        assertEquals(0, msr(0x6e0));
    }

    @Test
    void aDeadlineInThePastInterruptsAtOnceAndZeroDisarms() {
        Guest.runTo(clock, 10_000);
        write(0x320, 0x4_0040);
        apic.writeMsr(0x6e0, 1);
        Guest.run(clock, 0);
        assertTrue(apic.interruptPending());
        takeAll();
        apic.writeMsr(0x6e0, 20_000);
        apic.writeMsr(0x6e0, 0);
        Guest.runTo(clock, 30_000);
        assertFalse(apic.interruptPending());
    }

    @Test
    void inDeadlineModeTheCountIsZeroAndItsWritesAreIgnored() {
        write(0x320, 0x4_0040);
        write(0x380, 1000);
        assertEquals(0, read(0x380));
        assertEquals(0, read(0x390));
    }

    @Test
    void outsideDeadlineModeTheMsrReadsAsZero() {
        apic.writeMsr(0x6e0, 1000);
        assertEquals(0, msr(0x6e0));
        write(0x320, 0x4_0040);
        apic.writeMsr(0x6e0, 1000);
        write(0x320, 0x0_0040);
        assertEquals(0, msr(0x6e0), "a change of mode disarms");
        Guest.runTo(clock, 2000);
        assertFalse(apic.interruptPending());
    }

    @Test
    void aMovedTimeStampCounterMovesTheDeadline() {
        write(0x320, 0x4_0040);
        apic.writeMsr(0x6e0, 5000);
        apic.timeStampCounterMoved(4000);
        Guest.runTo(clock, 999);
        assertFalse(apic.interruptPending());
        Guest.runTo(clock, 1000);
        assertTrue(apic.interruptPending());
    }

    @Test
    void aDeadlineBeyondAllTimeIsArmedAndNeverDue() {
        write(0x320, 0x4_0040);
        apic.writeMsr(0x6e0, -1L);
        assertEquals(-1L, msr(0x6e0));
        Guest.runTo(clock, 1_000_000);
        assertFalse(apic.interruptPending());
    }
}

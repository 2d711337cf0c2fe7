package org.thirdmode.pc.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** 82093AA (I/O APIC) datasheet. */
final class IoApicRegisters extends ApicBench {
    private static final int PIN = 14;
    private static final int LOW = 0x10 + PIN * 2;

    @Test
    void theVersionRegisterTells24Pins() {
        assertEquals(0x0017_0020, ioRead(1));
        ioWrite(1, -1);
        assertEquals(0x0017_0020, ioRead(1));
    }

    @Test
    void theIdIsFourBitsAndTheArbitrationIdFollows() {
        ioWrite(0, -1);
        assertEquals(0x0f00_0000, ioRead(0));
        assertEquals(0x0f00_0000, ioRead(2));
        ioWrite(2, 0);
        assertEquals(0x0f00_0000, ioRead(2));
    }

    @Test
    void everyEntryIsMaskedAfterReset() {
        for (int pin = 0; pin < 24; pin++) {
            assertEquals(0x1_0000, ioRead(0x10 + pin * 2));
            assertEquals(0, ioRead(0x11 + pin * 2));
        }
    }

    @Test
    void statusBitsAndReservedBitsAreNotWritable() {
        ioWrite(LOW, 0x1_ffff | 0xfffe_0000);
        assertEquals(0x1_afff, ioRead(LOW));
        ioWrite(LOW + 1, -1);
        assertEquals(0xff00_0000, ioRead(LOW + 1));
    }

    @Test
    void anEdgeSendsOneMessage() {
        ioWrite(LOW, 0x76);
        ioApic.input(PIN, true);
        ioApic.input(PIN, true);
        assertEquals(List.of(0x76), takeAll());
        ioApic.input(PIN, false);
        ioApic.input(PIN, true);
        assertEquals(List.of(0x76), takeAll());
    }

    @Test
    void anEdgeWhileMaskedIsLost() {
        ioWrite(LOW, 0x1_0076);
        ioApic.input(PIN, true);
        ioWrite(LOW, 0x76);
        assertFalse(apic.interruptPending());
    }

    @Test
    void aLevelWhileMaskedWaits() {
        ioWrite(LOW, 0x1_8076);
        ioApic.input(PIN, true);
        assertFalse(apic.interruptPending());
        ioWrite(LOW, 0x8076);
        assertTrue(apic.interruptPending());
    }

    @Test
    void aLevelSetsRemoteIrrUntilItsEoiAndComesAgainWhileAsserted() {
        ioWrite(LOW, 0x8077);
        ioApic.input(PIN, true);
        assertEquals(0xc077, ioRead(LOW));
        assertEquals(0x77, apic.acknowledgeInterrupt());
        write(0xb0, 0);
        assertTrue(apic.interruptPending(), "still asserted");
        apic.acknowledgeInterrupt();
        ioApic.input(PIN, false);
        assertEquals(0xc077, ioRead(LOW));
        write(0xb0, 0);
        assertEquals(0x8077, ioRead(LOW));
        assertFalse(apic.interruptPending());
    }

    @Test
    void theEoiRegisterEndsWhatTheBroadcastDoesNot() {
        write(0xf0, 0x11ff);
        ioWrite(LOW, 0x8077);
        ioApic.input(PIN, true);
        ioApic.input(PIN, false);
        takeAll();
        assertEquals(0xc077, ioRead(LOW));
        memory.write(IoApic.BASE + 0x40, 4, 0x77);
        assertEquals(0x8077, ioRead(LOW));
    }

    @Test
    void madeEdgeTriggeredAPinForgetsRemoteIrr() {
        ioWrite(LOW, 0x8077);
        ioApic.input(PIN, true);
        ioWrite(LOW, 0x1_0077);
        assertEquals(0x1_0077, ioRead(LOW));
    }

    @Test
    void aMessageForNobodyLeavesRemoteIrrClear() {
        ioWrite(LOW + 1, 0x0500_0000);
        ioWrite(LOW, 0x8077);
        ioApic.input(PIN, true);
        assertEquals(0x8077, ioRead(LOW));
        assertFalse(apic.interruptPending());
    }

    @Test
    void aLogicalDestinationAndABroadcastReachTheProcessor() {
        write(0xd0, 0x0800_0000);
        ioWrite(LOW + 1, 0x0800_0000);
        ioWrite(LOW, 0x0878);
        ioApic.input(PIN, true);
        assertEquals(List.of(0x78), takeAll());
        ioWrite(LOW + 1, 0xff00_0000);
        ioWrite(LOW, 0x0079);
        ioApic.input(PIN, false);
        ioApic.input(PIN, true);
        assertEquals(List.of(0x79), takeAll());
    }

    @Test
    void nmiAndInitAreDeliveryModes() {
        ioWrite(LOW, 0x0400);
        ioApic.input(PIN, true);
        ioWrite(LOW, 0x0500);
        ioApic.input(PIN, false);
        ioApic.input(PIN, true);
        assertEquals(List.of("nmi", "init"), signals.seen);
    }

    @Test
    void extIntAsksThePicForTheVector() {
        ioWrite(LOW, 0x0700);
        ioApic.input(PIN, true);
        assertTrue(apic.interruptPending());
        assertEquals(7, apic.acknowledgeInterrupt(), "the PIC has nothing: its default IR7, from base 0");
    }

    @Test
    void registersThatDoNotExistReadAsZero() {
        ioWrite(0x40, -1);
        assertEquals(0, ioRead(0x40));
        assertEquals(0, ioRead(0xff));
    }
}

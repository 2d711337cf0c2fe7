package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.time.GuestClock;

/** National Semiconductor PC16550D datasheet. */
final class UniversalAsynchronousReceiverTransmitter {
    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int SCR = 7;

    private final GuestClock clock = new GuestClock();
    private final Wire irq = new Wire();
    private final StringBuilder sent = new StringBuilder();
    private final Uart16550 uart = new Uart16550(clock, irq, value -> sent.append((char) value));

    private int in(int register) {
        return uart.read(register, 1);
    }

    private void out(int register, int value) {
        uart.write(register, 1, value);
    }

    private void receive(String text) {
        text.chars().forEach(uart::send);
    }

    @Test
    void whatIsWrittenToTheTransmitterGoesOverTheLineAtOnce() {
        "Hello".chars().forEach(c -> {
            assertEquals(0x60, in(LSR) & 0x60);
            out(DATA, c);
        });
        assertEquals("Hello", sent.toString());
        assertEquals(5, uart.bytesSent());
    }

    @Test
    void theDivisorLatchStandsBeforeDataAndInterruptEnableWhileDlabIsSet() {
        out(LCR, 0x83);
        out(DATA, 0x01);
        out(IER, 0x02);
        assertEquals(0x01, in(DATA));
        assertEquals(0x02, in(IER));
        out(LCR, 0x03);
        assertEquals(0, in(IER));
        assertEquals("", sent.toString());
    }

    @Test
    void theScratchRegisterKeepsAByteAndTheUnusedBitsAreZero() {
        out(SCR, 0xa5);
        out(IER, 0xff);
        out(MCR, 0xff);
        assertEquals(0xa5, in(SCR));
        assertEquals(0x0f, in(IER));
        assertEquals(0x1f, in(MCR));
    }

    @Test
    void receivedDataIsReadInOrderAndAnnouncedByDataReady() {
        receive("ab");
        assertEquals(0x61, in(LSR));
        assertEquals('a', in(DATA));
        assertEquals('b', in(DATA));
        assertEquals(0x60, in(LSR));
    }

    @Test
    void theInterruptLineNeedsOut2() {
        out(IER, 0x01);
        receive("x");
        assertFalse(irq.level);
        out(MCR, 0x08);
        assertTrue(irq.level);
        in(DATA);
        assertFalse(irq.level);
    }

    @Test
    void enablingTheTransmitterInterruptWhileItIsEmptyInterruptsAtOnce() {
        out(MCR, 0x08);
        out(IER, 0x02);
        assertTrue(irq.level);
        assertEquals(0x02, in(IIR));
        assertFalse(irq.level, "reading the IIR resets it");
        assertEquals(0x01, in(IIR));
        out(DATA, 'x');
        assertTrue(irq.level, "empty again");
    }

    @Test
    void eachCharacterMakesAnEdgeOfItsOwn() {
        out(MCR, 0x08);
        out(IER, 0x02);
        int rises = irq.rises;
        out(DATA, 'x');
        out(DATA, 'y');
        assertEquals(rises + 2, irq.rises);
    }

    @Test
    void lineStatusStandsAboveDataAboveTransmitterAboveModem() {
        out(LCR, 0x03);
        out(MCR, 0x18);
        out(IER, 0x0f);
        out(DATA, 'a');
        out(DATA, 'b');
        assertEquals(0x06, in(IIR), "overrun");
        assertEquals(0x02, in(LSR) & 0x02);
        assertEquals(0x04, in(IIR), "data");
        assertEquals('b', in(DATA), "without FIFOs the newer character is there");
        assertEquals(0x02, in(IIR), "transmitter empty");
        assertEquals(0x00, in(IIR), "modem status: CTS, DSR and DCD fell when the loop was closed");
        in(MSR);
        assertEquals(0x01, in(IIR));
    }

    @Test
    void fifoInterruptsAtTheTriggerLevel() {
        out(MCR, 0x08);
        out(FCR, 0x81);
        out(IER, 0x01);
        receive("1234567");
        assertFalse(irq.level);
        assertEquals(0xc1, in(IIR));
        receive("8");
        assertTrue(irq.level);
        assertEquals(0xc4, in(IIR));
        in(DATA);
        assertFalse(irq.level, "below the level again");
    }

    @Test
    void fewerCharactersInterruptAfterFourCharacterTimes() {
        out(LCR, 0x83);
        out(DATA, 0x01); // 115,200 baud
        out(IER, 0x00);
        out(LCR, 0x03);
        out(MCR, 0x08);
        out(FCR, 0xc1);
        out(IER, 0x01);
        receive("x");
        long fourCharacters = 4L * 10 * 16 * 1_000_000_000L / 1_843_200L;
        Guest.run(clock, fourCharacters - 1_000);
        assertFalse(irq.level);
        Guest.run(clock, 2_000);
        assertTrue(irq.level);
        assertEquals(0xcc, in(IIR));
        assertEquals('x', in(DATA));
        assertFalse(irq.level);
    }

    @Test
    void nothingIsLostWhenMoreComesThanTheFifoHolds() {
        out(FCR, 0x01);
        String text = "The quick brown fox jumps over the lazy dog";
        receive(text);
        StringBuilder read = new StringBuilder();
        while ((in(LSR) & 1) != 0) {
            read.append((char) in(DATA));
        }
        assertEquals(text, read.toString());
    }

    @Test
    void resettingTheReceiverFifoEmptiesIt() {
        out(FCR, 0x01);
        receive("abc");
        out(FCR, 0x03);
        assertEquals(0x60, in(LSR));
    }

    @Test
    void fcrBitsNeedTheEnableBit() {
        out(FCR, 0xc0);
        assertEquals(0x01, in(IIR));
        out(FCR, 0x01);
        assertEquals(0xc1, in(IIR));
        out(FCR, 0x00);
        assertEquals(0x01, in(IIR));
    }

    @Test
    void loopbackSendsToItselfAndTiesTheModemLines() {
        out(LCR, 0x03);
        out(MCR, 0x10);
        out(DATA, 0x5a);
        assertEquals("", sent.toString());
        assertEquals(0x5a, in(DATA));
        in(MSR);
        out(MCR, 0x1f);
        assertEquals(0xf0 | 0x0b, in(MSR), "all four lines on; RI has no trailing edge");
        out(MCR, 0x10);
        assertEquals(0x0f, in(MSR), "all four off: RI's trailing edge too");
        assertEquals(0x00, in(MSR));
    }

    @Test
    void loopbackHoldsTheInterruptLineInactive() {
        out(IER, 0x02);
        out(MCR, 0x08);
        assertTrue(irq.level);
        out(MCR, 0x18);
        assertFalse(irq.level);
    }

    @Test
    void loopbackWithFifosLosesTheNewestOfSeventeen() {
        out(FCR, 0x01);
        out(MCR, 0x10);
        for (int i = 0; i < 17; i++) {
            out(DATA, i);
        }
        assertEquals(0x02, in(LSR) & 0x02);
        for (int i = 0; i < 16; i++) {
            assertEquals(i, in(DATA));
        }
        assertEquals(0, in(LSR) & 0x03);
    }

    @Test
    void aWordOfFiveBitsLosesTheOthers() {
        out(MCR, 0x10);
        out(DATA, 0xff);
        assertEquals(0x1f, in(DATA));
    }

    @Test
    void aBreakInLoopbackIsReceivedAsABreak() {
        out(MCR, 0x10);
        out(LCR, 0x43);
        assertEquals(0x71, in(LSR));
        assertEquals(0x61, in(LSR), "the indicator is reset by the read");
    }
}

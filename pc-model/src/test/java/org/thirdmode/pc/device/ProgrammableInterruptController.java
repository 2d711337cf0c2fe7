package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.bus.IoPorts;

/** Intel 8259A datasheet; the pair as a PC has it. */
final class ProgrammableInterruptController {
    private final Wire intr = new Wire();
    private final PicPair pair = new PicPair(intr);
    private final IoPorts ports = new IoPorts();

    @BeforeEach
    void initialize() {
        pair.attach(ports);
        initialize(0x01);
    }

    private void initialize(int icw4) {
        int[][] words = {
            {0x20, 0x11},
            {0x21, 0x20},
            {0x21, 0x04},
            {0x21, icw4},
            {0xa0, 0x11},
            {0xa1, 0x28},
            {0xa1, 0x02},
            {0xa1, icw4}
        };
        for (int[] word : words) {
            ports.write(word[0], 1, word[1]);
        }
    }

    private void raise(int line) {
        pair.input(line, true);
    }

    private void pulse(int line) {
        pair.input(line, true);
        pair.input(line, false);
    }

    private int isr() {
        ports.write(0x20, 1, 0x0b);
        return ports.read(0x20, 1);
    }

    private int irr() {
        ports.write(0x20, 1, 0x0a);
        return ports.read(0x20, 1);
    }

    @Test
    void theVectorIsIcw2PlusTheInput() {
        raise(3);
        assertTrue(intr.level);
        assertEquals(0x23, pair.acknowledge());
        assertFalse(intr.level);
        assertEquals(0x08, isr());
    }

    @Test
    void theThreeLowBitsOfIcw2AreTheInputsNumber() {
        ports.write(0x20, 1, 0x11);
        ports.write(0x21, 1, 0x4f);
        ports.write(0x21, 1, 0x04);
        ports.write(0x21, 1, 0x01);
        raise(1);
        assertEquals(0x49, pair.acknowledge());
    }

    @Test
    void aSlaveInputComesThroughInput2OfTheMaster() {
        raise(12);
        assertTrue(intr.level);
        assertEquals(0x2c, pair.acknowledge());
        assertEquals(0x04, isr());
        ports.write(0xa0, 1, 0x0b);
        assertEquals(0x10, ports.read(0xa0, 1));
    }

    @Test
    void input0HasTheHighestPriority() {
        raise(5);
        raise(1);
        assertEquals(0x21, pair.acknowledge());
        assertFalse(intr.level);
        ports.write(0x20, 1, 0x20);
        assertTrue(intr.level);
        assertEquals(0x25, pair.acknowledge());
    }

    @Test
    void anInterruptInServiceLocksOutEqualAndLowerPriorities() {
        raise(3);
        pair.acknowledge();
        raise(4);
        assertFalse(intr.level);
        raise(2 + 6);
        assertTrue(intr.level, "IRQ8 is above IRQ3");
        assertEquals(0x28, pair.acknowledge());
    }

    @Test
    void aMaskedInputDoesNotInterruptButStandsInTheRequestRegister() {
        ports.write(0x21, 1, 0x10);
        raise(4);
        assertFalse(intr.level);
        assertEquals(0x10, irr());
        ports.write(0x21, 1, 0x00);
        assertTrue(intr.level);
        assertEquals(0x00, ports.read(0x21, 1));
    }

    @Test
    void anEdgeInputThatStaysHighInterruptsOnce() {
        raise(4);
        pair.acknowledge();
        ports.write(0x20, 1, 0x20);
        assertFalse(intr.level);
        pair.input(4, false);
        raise(4);
        assertTrue(intr.level);
    }

    @Test
    void aLevelInputThatStaysHighInterruptsAgainAfterEoi() {
        ports.write(0x4d0, 1, 0x20);
        raise(5);
        pair.acknowledge();
        assertFalse(intr.level);
        ports.write(0x20, 1, 0x20);
        assertTrue(intr.level);
        pair.input(5, false);
        assertFalse(intr.level);
    }

    @Test
    void theElcrHoldsTheBoardsEdgeInputsAtZero() {
        ports.write(0x4d0, 2, 0xffff);
        assertEquals(0xf8, ports.read(0x4d0, 1));
        assertEquals(0xde, ports.read(0x4d1, 1));
    }

    @Test
    void aRequestThatGoesAwayBeforeTheAcknowledgeIsADefaultIr7WithoutAnInServiceBit() {
        pulse(3);
        assertEquals(0x27, pair.acknowledge());
        assertEquals(0, isr());
    }

    @Test
    void aSlaveRequestThatGoesAwayTakesTheMastersRequestAlong() {
        raise(9);
        assertTrue(intr.level);
        pair.input(9, false);
        assertFalse(intr.level);
        assertEquals(0x27, pair.acknowledge());
    }

    @Test
    void nonSpecificEoiEndsTheHighestInService() {
        raise(6);
        pair.acknowledge();
        raise(1);
        pair.acknowledge();
        assertEquals(0x42, isr());
        ports.write(0x20, 1, 0x20);
        assertEquals(0x40, isr());
    }

    @Test
    void specificEoiEndsTheNamedInput() {
        raise(6);
        pair.acknowledge();
        raise(1);
        pair.acknowledge();
        ports.write(0x20, 1, 0x66);
        assertEquals(0x02, isr());
    }

    @Test
    void rotateOnNonSpecificEoiMakesTheEndedInputTheLowest() {
        raise(3);
        pair.acknowledge();
        ports.write(0x20, 1, 0xa0);
        pair.input(3, false);
        raise(3);
        raise(7);
        assertEquals(0x27, pair.acknowledge(), "7 is above 3 now: the order is 4 5 6 7 0 1 2 3");
    }

    @Test
    void setPriorityNamesTheLowest() {
        ports.write(0x20, 1, 0xc5);
        raise(5);
        raise(6);
        assertEquals(0x26, pair.acknowledge());
    }

    @Test
    void rotateOnSpecificEoiDoesBoth() {
        raise(2 + 8);
        pair.acknowledge();
        ports.write(0xa0, 1, 0xe2);
        ports.write(0xa0, 1, 0x0b);
        assertEquals(0, ports.read(0xa0, 1));
        ports.write(0x20, 1, 0x62);
        raise(9);
        raise(11);
        assertEquals(0x2b, pair.acknowledge(), "3 follows 2, the slave's lowest");
    }

    @Test
    void automaticEoiLeavesNothingInService() {
        initialize(0x03);
        raise(4);
        assertEquals(0x24, pair.acknowledge());
        assertEquals(0, isr());
    }

    @Test
    void rotateInAutomaticEoiRotatesWithEachAcknowledge() {
        initialize(0x03);
        ports.write(0x20, 1, 0x80);
        raise(0);
        pair.acknowledge();
        pair.input(0, false);
        raise(0);
        raise(1);
        assertEquals(0x21, pair.acknowledge());
    }

    @Test
    void specialMaskModeLetsLowerPrioritiesThrough() {
        raise(3);
        pair.acknowledge();
        raise(6);
        assertFalse(intr.level);
        ports.write(0x21, 1, 0x08);
        ports.write(0x20, 1, 0x68);
        assertTrue(intr.level);
        assertEquals(0x26, pair.acknowledge());
        ports.write(0x20, 1, 0x20);
        assertEquals(0x08, isr(), "a masked in-service bit is not cleared by a non-specific EOI");
        ports.write(0x20, 1, 0x48);
        raise(5);
        assertFalse(intr.level, "without special mask mode 3 in service blocks again");
    }

    @Test
    void inSpecialFullyNestedModeTheSlaveInServiceIsNotLockedOut() {
        initialize(0x11);
        raise(12);
        assertEquals(0x2c, pair.acknowledge());
        raise(9);
        assertTrue(intr.level);
        assertEquals(0x29, pair.acknowledge());
    }

    @Test
    void withoutItTheSlaveInServiceIsLockedOut() {
        raise(12);
        pair.acknowledge();
        raise(9);
        assertFalse(intr.level);
    }

    @Test
    void pollReadsTheHighestRequestAndAcknowledgesIt() {
        raise(6);
        ports.write(0x20, 1, 0x0c);
        assertEquals(0x86, ports.read(0x20, 1));
        assertEquals(0x40, isr());
        ports.write(0x20, 1, 0x0c);
        assertEquals(0x00, ports.read(0x20, 1));
    }

    @Test
    void icw1ClearsTheMaskAndTheEdgeLatches() {
        raise(4);
        ports.write(0x21, 1, 0xff);
        ports.write(0x20, 1, 0x11);
        assertEquals(0, ports.read(0x21, 1));
        assertEquals(0, ports.read(0x20, 1), "the request register is what is read then");
        assertFalse(intr.level, "following initialization an input must make a transition");
    }

    @Test
    void aSingleControllerTakesNoIcw3() {
        ports.write(0x20, 1, 0x12);
        ports.write(0x21, 1, 0x50);
        ports.write(0x21, 1, 0xfe);
        assertEquals(0xfe, ports.read(0x21, 1), "without ICW4 wanted the next write is the mask");
        raise(0);
        assertEquals(0x50, pair.acknowledge());
    }
}

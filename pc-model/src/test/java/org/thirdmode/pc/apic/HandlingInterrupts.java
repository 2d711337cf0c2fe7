package org.thirdmode.pc.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** SDM 3A "Handling Interrupts", "Issuing Interprocessor Interrupts", "Local Vector Table". */
final class HandlingInterrupts extends ApicBench {
    private static final int SELF = 1 << 18;

    private void self(int vector) {
        write(0x300, SELF | vector);
    }

    private static InterruptMessage fixed(int vector, boolean level) {
        return new InterruptMessage(InterruptMessage.FIXED, vector, 0, false, level);
    }

    @Test
    void theHighestVectorComesFirst() {
        self(0x31);
        self(0xe0);
        self(0x55);
        assertEquals(List.of(0xe0, 0x55, 0x31), takeAll());
    }

    @Test
    void aVectorOfTheSameClassWaitsForTheEndOfTheOneInService() {
        self(0x51);
        assertEquals(0x51, apic.acknowledgeInterrupt());
        self(0x5f);
        assertFalse(apic.interruptPending());
        assertEquals(0x50, read(0xa0), "the processor priority is the class in service");
        self(0x60);
        assertEquals(0x60, apic.acknowledgeInterrupt());
        write(0xb0, 0);
        assertFalse(apic.interruptPending());
        write(0xb0, 0);
        assertEquals(0x5f, apic.acknowledgeInterrupt());
    }

    @Test
    void requestAndServiceStandInTheirRegisters() {
        self(0x45);
        assertEquals(0x20, read(0x220));
        apic.acknowledgeInterrupt();
        assertEquals(0, read(0x220));
        assertEquals(0x20, read(0x120));
        write(0xb0, 0);
        assertEquals(0, read(0x120));
    }

    @Test
    void oneVectorCanBeInServiceAndRequestedAtOnceButNoMore() {
        self(0x70);
        apic.acknowledgeInterrupt();
        self(0x70);
        self(0x70);
        write(0xb0, 0);
        assertEquals(List.of(0x70), takeAll());
    }

    @Test
    void theTaskPriorityHoldsBackItsClassAndLower() {
        write(0x80, 0x5f);
        self(0x5f);
        assertFalse(apic.interruptPending());
        assertEquals(5, apic.taskPriorityClass());
        apic.setTaskPriorityClass(4);
        assertEquals(0x40, read(0x80));
        assertTrue(apic.interruptPending());
    }

    @Test
    void theProcessorPriorityIsTheTaskPriorityWhereThatIsHigher() {
        write(0x80, 0x6c);
        assertEquals(0x6c, read(0xa0));
    }

    @Test
    void anAcknowledgeWithNothingToDeliverIsTheSpuriousVectorWithoutAnInServiceBit() {
        write(0xf0, 0x1ef);
        assertEquals(0xef, apic.acknowledgeInterrupt());
        for (int offset = 0x100; offset < 0x180; offset += 0x10) {
            assertEquals(0, read(offset));
        }
    }

    @Test
    void aSoftwareDisabledApicRefusesFixedInterruptsAndTakesNmis() {
        write(0xf0, 0xff);
        self(0x40);
        assertFalse(apic.interruptPending());
        write(0x300, SELF | InterruptMessage.NMI << 8);
        assertEquals(List.of("nmi"), signals.seen);
    }

    @Test
    void theTriggerModeRegisterFollowsTheLastAcceptance() {
        apic.send(fixed(0x79, true));
        assertEquals(1 << 25, read(0x1b0));
        takeAll();
        assertEquals(List.of(0x79), ended);
        apic.send(fixed(0x79, false));
        assertEquals(0, read(0x1b0));
        takeAll();
        assertEquals(List.of(0x79), ended, "the end of an edge interrupt is told to nobody");
    }

    @Test
    void theBroadcastOfEoisCanBeSuppressed() {
        write(0xf0, 0x11ff);
        apic.send(fixed(0x79, true));
        takeAll();
        assertEquals(List.of(), ended);
    }

    @Test
    void anEoiWithNothingInServiceDoesNothing() {
        write(0xb0, 0);
        assertEquals(List.of(), ended);
    }

    @Test
    void broadcastsWithoutTheSenderReachNobodyInAMachineOfOne() {
        write(0x300, 0x000c_4500);
        write(0x300, 0x000c_4608);
        write(0x300, 0x000c_0040);
        assertEquals(List.of(), signals.seen);
        assertFalse(apic.interruptPending());
        assertEquals(0, read(0x300) & 1 << 12, "delivery status: idle");
    }

    @Test
    void broadcastsWithTheSenderReachIt() {
        write(0x300, 0x0008_0044);
        write(0x310, 0xff00_0000);
        write(0x300, 0x0000_0043);
        assertEquals(List.of(0x44, 0x43), takeAll());
    }

    @Test
    void aPhysicalDestinationIsTheId() {
        write(0x310, 0x0100_0000);
        write(0x300, 0x51);
        assertFalse(apic.interruptPending());
        write(0x20, 0x0100_0000);
        write(0x300, 0x52);
        assertEquals(List.of(0x52), takeAll());
    }

    @Test
    void aFlatLogicalDestinationIsASetOfBits() {
        write(0xd0, 0x0400_0000);
        write(0x310, 0x0300_0000);
        write(0x300, 0x851);
        assertFalse(apic.interruptPending());
        write(0x310, 0x0600_0000);
        write(0x300, 0x852);
        assertEquals(List.of(0x52), takeAll());
    }

    @Test
    void aClusterDestinationIsAClusterAndASetOfBits() {
        write(0xe0, 0x0fff_ffff);
        write(0xd0, 0x2400_0000);
        for (int destination : new int[] {0x14, 0x23, 0x24, 0x2c, 0xf4, 0xf3}) {
            write(0x310, destination << 24);
            write(0x300, 0x800 | 0x40 + destination % 16 * 4);
        }
        assertEquals(List.of(0x70, 0x50), takeAll(), "24H and F4H have one vector, 2CH another");
    }

    @Test
    void initForItselfResetsTheApicAndPullsThePin() {
        write(0x80, 0x40);
        write(0x300, SELF | InterruptMessage.INIT << 8);
        assertEquals(List.of("init"), signals.seen);
        assertEquals(0, read(0x80));
        write(0x300, 0x0008_8500);
        assertEquals(List.of("init"), signals.seen, "INIT level de-assert is not INIT");
    }

    @Test
    void anIllegalVectorInAMessageIsAReceiveError() {
        apic.send(fixed(0x0f, false));
        write(0x280, 0);
        assertEquals(0x40, read(0x280));
    }

    @Test
    void lint0AsExtIntIsAWireFromThePic() {
        write(0x350, 0x700);
        pics.attach(new org.thirdmode.pc.bus.IoPorts());
        pics.input(3, true);
        assertTrue(apic.interruptPending());
        assertEquals(3, apic.acknowledgeInterrupt(), "the PIC gives the vector, here from base 0");
        assertFalse(apic.interruptPending());
    }

    @Test
    void extIntIsNotHeldBackByTheTaskPriority() {
        write(0x350, 0x700);
        write(0x80, 0xff);
        apic.lint0(true);
        assertTrue(apic.interruptPending());
    }

    @Test
    void lint0MaskedDeliversNothing() {
        write(0x350, 0x1_0700);
        apic.lint0(true);
        assertFalse(apic.interruptPending());
    }

    @Test
    void lint1AsNmiDeliversOnItsEdge() {
        write(0x360, 0x400);
        apic.lint1(true);
        apic.lint1(true);
        assertEquals(List.of("nmi"), signals.seen);
    }

    @Test
    void lint0AsLevelTriggeredFixedComesAgainAfterItsEoi() {
        write(0x350, 0x8061);
        apic.lint0(true);
        assertEquals(0xc061, read(0x350), "remote IRR");
        assertEquals(0x61, apic.acknowledgeInterrupt());
        write(0xb0, 0);
        assertTrue(apic.interruptPending());
        apic.acknowledgeInterrupt();
        apic.lint0(false);
        write(0xb0, 0);
        assertFalse(apic.interruptPending());
    }
}

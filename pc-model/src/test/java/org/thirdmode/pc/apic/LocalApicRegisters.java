package org.thirdmode.pc.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.memory.MmioDevice;

/** SDM 3A "Local APIC", its states and its registers in memory. */
final class LocalApicRegisters extends ApicBench {
    @Test
    void afterResetItIsEnabledForTheBootstrapProcessorAtItsDefaultBase() {
        assertEquals(0xfee0_0900L, msr(0x1b));
    }

    @Test
    void theVersionRegisterTellsSixLvtEntriesAndEoiSuppression() {
        assertEquals(0x0105_0014, read(0x30));
    }

    @Test
    void everyLvtEntryIsMaskedAfterReset() {
        apic.reset();
        for (int offset = 0x320; offset <= 0x370; offset += 0x10) {
            assertEquals(0x1_0000, read(offset));
        }
        assertEquals(0xff, read(0xf0));
        assertEquals(-1, read(0xe0));
        assertEquals(0, read(0x80) | read(0xd0) | read(0x380) | read(0x3e0));
    }

    @Test
    void lvtEntriesStayMaskedWhileTheApicIsSoftwareDisabled() {
        write(0x320, 0x31);
        assertEquals(0x31, read(0x320));
        write(0xf0, 0xff);
        assertEquals(0x1_0031, read(0x320));
        write(0x320, 0x32);
        assertEquals(0x1_0032, read(0x320));
    }

    @Test
    void reservedBitsOfTheRegistersInMemoryReadAsZero() {
        write(0x320, -1);
        assertEquals(0x7_00ff, read(0x320));
        write(0x350, 0xffff_7fff);
        assertEquals(0x1_27ff, read(0x350));
        write(0x370, -1);
        assertEquals(0x1_00ff, read(0x370));
        write(0x3e0, -1);
        assertEquals(0xb, read(0x3e0));
        write(0xd0, -1);
        assertEquals(0xff00_0000, read(0xd0));
        write(0xe0, 0);
        assertEquals(0x0fff_ffff, read(0xe0));
        write(0x20, -1);
        assertEquals(0xff00_0000, read(0x20));
    }

    @Test
    void anAccessToAReservedRegisterIsAnIllegalRegisterAddress() {
        assertEquals(0, read(0x40));
        write(0x280, 0);
        assertEquals(0x80, read(0x280));
        write(0x280, 0);
        assertEquals(0, read(0x280));
        write(0x3f0, 0);
        write(0x280, 0);
        assertEquals(0x80, read(0x280), "self IPI exists in x2APIC mode alone");
    }

    @Test
    void theErrorRegisterChangesOnlyWhenItIsWritten() {
        write(0x300, 0x0000_0005 | 0x4_0000);
        assertEquals(0, read(0x280));
        write(0x280, 0);
        assertEquals(0x20, read(0x280), "send illegal vector");
    }

    @Test
    void anErrorInterruptsThroughItsLvtEntry() {
        write(0x370, 0xfe);
        read(0x40);
        assertTrue(apic.interruptPending());
        assertEquals(0xfe, apic.acknowledgeInterrupt());
    }

    @Test
    void anIllegalVectorInTheErrorEntryIsNoEndlessLoop() {
        write(0x370, 0x05);
        read(0x40);
        write(0x280, 0);
        assertEquals(0xc0, read(0x280));
    }

    @Test
    void theHardwareDisabledApicIsNotInTheAddressMapAndIntrIsThePicsAlone() {
        assertTrue(apic.writeMsr(0x1b, 0xfee0_0100L));
        assertEquals(-1, read(0x30));
        apic.setTaskPriorityClass(7);
        assertEquals(7, apic.taskPriorityClass());
        assertFalse(apic.interruptPending());
        apic.lint0(true);
        assertTrue(apic.interruptPending());
    }

    @Test
    void disablingItLosesItsState() {
        write(0x20, 0x0500_0000);
        write(0x320, 0x31);
        apic.writeMsr(0x1b, 0xfee0_0100L);
        apic.writeMsr(0x1b, 0xfee0_0900L);
        assertEquals(0, read(0x20));
        assertEquals(0x1_0000, read(0x320));
        assertEquals(0xff, read(0xf0));
    }

    @Test
    void initKeepsTheIdAndTheBase() {
        write(0x20, 0x0500_0000);
        write(0x80, 0x40);
        apic.init();
        assertEquals(0x0500_0000, read(0x20));
        assertEquals(0, read(0x80));
    }

    @Test
    void theBaseMovesWithItsRegister() {
        assertTrue(apic.writeMsr(0x1b, 0xfed4_0900L));
        assertEquals(-1, read(0x30));
        assertEquals(0x0105_0014, (int) memory.read(0xfed4_0030L, 4));
    }

    @Test
    void ramUnderAMovedApicComesBackUnharmed() {
        memory.write(0x8030, 4, 0x1234_5678);
        assertTrue(apic.writeMsr(0x1b, 0x0000_8900L));
        assertEquals(0x0105_0014, (int) memory.read(0x8030, 4));
        memory.write(0x8030, 4, 0);
        assertTrue(apic.writeMsr(0x1b, 0xfee0_0900L));
        assertEquals(0x1234_5678, (int) memory.read(0x8030, 4));
        memory.write(0x8030, 4, 7);
        assertEquals(7, memory.read(0x8030, 4));
    }

    @Test
    void aDeviceUnderAMovedApicComesBackAndTheMapDoesNotGrow() {
        memory.mapMmio(0xff00_0000L, 0x1_0000, new MmioDevice() {
            @Override
            public long read(long offset, int size) {
                return offset;
            }

            @Override
            public void write(long offset, int size, long value) {}
        });
        for (int i = 0; i < 1000; i++) {
            assertTrue(apic.writeMsr(0x1b, IoApic.BASE | 0x900));
            assertTrue(apic.writeMsr(0x1b, 0xff00_2900L));
            assertTrue(apic.writeMsr(0x1b, 0x0000_8900L + i % 2 * 0x1000L));
        }
        assertEquals(0x0017_0020, ioRead(1));
        assertEquals(0x2004, memory.read(0xff00_2004L, 4));
        assertTrue(memory.regions().asMapOfRanges().size() < 10);
    }

    @Test
    void reservedBitsOfTheBaseAreRefused() {
        assertFalse(apic.writeMsr(0x1b, 0xfee0_0901L));
        assertFalse(apic.writeMsr(0x1b, 0xfee0_0b00L));
        assertFalse(apic.writeMsr(0x1b, 0xfee0_0900L | 1L << WIDTH));
        assertEquals(0xfee0_0900L, msr(0x1b));
    }
}

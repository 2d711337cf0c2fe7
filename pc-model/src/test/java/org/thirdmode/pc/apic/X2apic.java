package org.thirdmode.pc.apic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** SDM 3A "Extended XAPIC (x2APIC)". */
final class X2apic extends ApicBench {
    private static final Set<Integer> READ_ONLY = Set.of(0x802, 0x803, 0x80a, 0x80d, 0x839);
    private static final Set<Integer> WRITE_ONLY = Set.of(0x80b, 0x83f);
    private static final Set<Integer> READ_WRITE =
            Set.of(0x808, 0x80f, 0x828, 0x830, 0x832, 0x833, 0x834, 0x835, 0x836, 0x837, 0x838, 0x83e);

    @Test
    void theStateTransitionsAreThoseOfTheManual() {
        long disabled = 0xfee0_0100L;
        long xapic = disabled | 0x800;
        long x2apic = disabled | 0xc00;
        long invalid = disabled | 0x400;
        assertFalse(apic.writeMsr(0x1b, invalid));
        assertTrue(apic.writeMsr(0x1b, x2apic));
        assertFalse(apic.writeMsr(0x1b, xapic), "x2APIC to xAPIC");
        assertFalse(apic.writeMsr(0x1b, invalid));
        assertTrue(apic.writeMsr(0x1b, disabled));
        assertFalse(apic.writeMsr(0x1b, x2apic), "disabled to x2APIC");
        assertFalse(apic.writeMsr(0x1b, invalid));
        assertTrue(apic.writeMsr(0x1b, xapic));
    }

    @Test
    void withoutTheFeatureItsBitIsReserved() {
        LocalApic old = new LocalApic(clock, memory, pics, 0, false, true);
        old.connect(signals, vector -> {});
        old.reset();
        assertFalse(old.writeMsr(0x1b, 0xfee0_0d00L));
    }

    @Test
    void theMsrsFaultInXapicMode() {
        for (int msr = 0x800; msr <= 0x8ff; msr++) {
            assertTrue(apic.ownsMsr(msr));
            assertFalse(readable(msr));
            assertFalse(apic.writeMsr(msr, 0));
        }
    }

    @Test
    void theRegistersLeaveTheAddressMap() {
        useX2apic();
        assertEquals(-1, read(0x30));
        assertEquals(0x0105_0014, msr(0x803));
    }

    @Test
    void eachMsrIsReadableAndWritableAsTheTableSays() {
        useX2apic();
        for (int msr = 0x800; msr <= 0x8ff; msr++) {
            boolean bitmap = msr >= 0x810 && msr <= 0x827;
            String name = Integer.toHexString(msr);
            assertEquals(bitmap || READ_ONLY.contains(msr) || READ_WRITE.contains(msr), readable(msr), name);
            if (msr != 0x830 && msr != 0x83f) {
                assertEquals(WRITE_ONLY.contains(msr) || READ_WRITE.contains(msr), apic.writeMsr(msr, 0), name);
            }
        }
    }

    @Test
    void bits63To32AreReservedButInTheCommandRegister() {
        useX2apic();
        for (int msr : READ_WRITE) {
            if (msr != 0x830) {
                assertFalse(apic.writeMsr(msr, 1L << 32), Integer.toHexString(msr));
            }
        }
        assertTrue(apic.writeMsr(0x830, 0x0000_0007_0000_0031L));
        assertEquals(0x0000_0007_0000_0031L, msr(0x830));
        assertEquals(List.of(), signals.seen);
    }

    @Test
    void reservedBitsFault() {
        useX2apic();
        assertFalse(apic.writeMsr(0x808, 0x100));
        assertFalse(apic.writeMsr(0x80b, 1), "EOI takes 0 alone");
        assertFalse(apic.writeMsr(0x828, 1), "ESR takes 0 alone");
        assertFalse(apic.writeMsr(0x83e, 4));
        assertFalse(apic.writeMsr(0x832, 1 << 19));
        assertFalse(apic.writeMsr(0x837, 0x100));
        assertFalse(apic.writeMsr(0x83f, 0x100));
        for (int bit : new int[] {12, 13, 16, 17, 20, 31}) {
            assertFalse(apic.writeMsr(0x830, 1L << bit | 0x31), "ICR bit " + bit);
        }
    }

    @Test
    void selfIpiInterruptsTheSender() {
        useX2apic();
        assertTrue(apic.writeMsr(0x83f, 0x55));
        assertEquals(0x55, apic.acknowledgeInterrupt());
        assertTrue(apic.writeMsr(0x83f, 0x05));
        apic.writeMsr(0x828, 0);
        assertEquals(0x20, msr(0x828));
    }

    @Test
    void theLogicalIdIsDerivedFromTheId() {
        LocalApic other = new LocalApic(clock, memory, pics, 0x25, true, true);
        other.connect(signals, vector -> {});
        other.reset();
        assertTrue(other.writeMsr(0x1b, 0xfee0_0d00L));
        long[] ldr = new long[1];
        assertTrue(other.readMsr(0x80d, ldr));
        assertEquals(0x0002_0020, ldr[0]);
    }

    @Test
    void allOnesIsEverybodyAndAClusterIsAddressedByBits() {
        useX2apic();
        apic.writeMsr(0x830, 0xffff_ffff_0000_0041L);
        apic.writeMsr(0x830, 0x0000_0001_0000_0842L);
        apic.writeMsr(0x830, 0x0000_0002_0000_0843L);
        apic.writeMsr(0x830, 0x0001_0001_0000_0844L);
        assertEquals(0x42, apic.acknowledgeInterrupt());
        apic.writeMsr(0x80b, 0);
        assertEquals(0x41, apic.acknowledgeInterrupt());
        apic.writeMsr(0x80b, 0);
        assertFalse(apic.interruptPending());
    }
}

package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Vector;

/** SDM 4 "Model-Specific Registers (MSRs)"; SDM 2 "RDMSR", "WRMSR". */
class ModelSpecificRegisterChecks {
    private static final long NON_CANONICAL = 1L << 60;

    private final GuestMachine m = GuestMachine.longMode();
    private final ModelSpecificRegisters msrs = m.cpu.system.msrs;
    private final long[] value = new long[1];

    @ParameterizedTest
    @ValueSource(ints = {0x175, 0x176, 0xc000_0082, 0xc000_0083, 0xc000_0100, 0xc000_0101, 0xc000_0102})
    void registersThatHoldALinearAddressTakeACanonicalOneOnly(int number) {
        assertFalse(msrs.write(number, NON_CANONICAL));
        assertTrue(msrs.write(number, 0xffff_8000_0000_1000L));
        assertTrue(msrs.read(number, value));
        assertEquals(0xffff_8000_0000_1000L, value[0]);
    }

    @Test
    void patTakesMemoryTypesOnly() {
        assertTrue(msrs.write(0x277, 0x0007_0406_0007_0406L));
        assertFalse(msrs.write(0x277, 0x0007_0406_0007_0402L));
        assertFalse(msrs.write(0x277, 0x0807_0406_0007_0406L));
    }

    @Test
    void mtrrsRefuseReservedBitsAndTypes() {
        assertTrue(msrs.write(0x2ff, 0xc06));
        assertFalse(msrs.write(0x2ff, 0xc02));
        assertFalse(msrs.write(0x2ff, 0x1006));
        assertTrue(msrs.write(0x201, 0xff_f000_0800L));
        assertFalse(msrs.write(0x201, 0x1ff_f000_0800L));
        assertFalse(msrs.write(0x200, 0x0000_0007));
        assertFalse(msrs.write(0xfe, 0));
    }

    @Test
    void anUnknownRegisterFaults() {
        m.state.r[1] = 0x1234_5678;
        assertEquals(Vector.GP, m.run("0f 32"));
        assertEquals(0, m.slot(0));
    }

    @Test
    void lessThanPrivilege0Faults() {
        m.atPrivilege3();
        m.state.r[1] = 0x10;
        assertEquals(Vector.GP, m.run("0f 32"));
    }

    @Test
    void aWriteOfTheTimeStampMovesTscAdjust() {
        assertTrue(msrs.write(0x10, 1_000_000));
        assertEquals(1_000_000, msrs.timeStamp());
        msrs.read(0x3b, value);
        assertEquals(1_000_000, value[0]);
        assertTrue(msrs.write(0x3b, 0));
        assertEquals(0, msrs.timeStamp());
    }

    @Test
    void rdtscFaultsAtPrivilege3WithTsdOnly() {
        m.atPrivilege3();
        assertEquals(Vector.GP, m.run("0f 31 f4"));
        assertEquals(GuestMachine.CODE + 2, m.slot(1));
        GuestMachine other = GuestMachine.longMode().atPrivilege3();
        other.state.cr4 |= Cr4.TSD;
        assertEquals(Vector.GP, other.run("0f 31 f4"));
        assertEquals(GuestMachine.CODE, other.slot(1));
    }

    @Test
    void swapgsExchangesTheTwoBases() {
        m.state.segments[5].base = 0x1111;
        msrs.kernelGsBase = 0x2222;
        assertEquals(-1, m.run("0f 01 f8 f4"));
        assertEquals(0x2222, m.state.segments[5].base);
        assertEquals(0x1111, msrs.kernelGsBase);
    }
}

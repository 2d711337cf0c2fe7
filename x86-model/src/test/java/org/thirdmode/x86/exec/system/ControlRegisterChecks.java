package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "MOV—Move to/from Control Registers"; SDM 3A "Control Registers", "Initializing IA-32e Mode". */
class ControlRegisterChecks {
    private static final String MOV_CR0 = "0f 22 c0 f4";
    private static final String MOV_CR3 = "0f 22 d8 f4";
    private static final String MOV_CR4 = "0f 22 e0 f4";
    private static final String MOV_CR8 = "44 0f 22 c0 f4";

    private static int write(GuestMachine m, String code, long value) {
        m.state.r[CpuState.RAX] = value;
        return m.run(code);
    }

    @Test
    void pagingWithoutProtectionAndNwWithoutCdFault() {
        assertEquals(Vector.GP, write(GuestMachine.protectedMode(), MOV_CR0, Cr0.PG | Cr0.ET));
        assertEquals(Vector.GP, write(GuestMachine.protectedMode(), MOV_CR0, Cr0.PE | Cr0.NW));
    }

    @Test
    void reservedBitsOfTheLowHalfOfCr0AreIgnoredAndEtStays() {
        GuestMachine m = GuestMachine.protectedMode();
        assertEquals(-1, write(m, MOV_CR0, Cr0.PE | (0x1ff6_ffc0L & ~(Cr0.WP | Cr0.AM))));
        assertEquals(Cr0.PE | Cr0.ET, m.state.cr0);
    }

    @Test
    void theUpperHalfOfCr0Faults() {
        GuestMachine m = GuestMachine.longMode();
        assertEquals(Vector.GP, write(m, MOV_CR0, m.state.cr0 | (1L << 32)));
    }

    @Test
    void pagingCannotBeTurnedOffIn64BitMode() {
        GuestMachine m = GuestMachine.longMode();
        assertEquals(Vector.GP, write(m, MOV_CR0, m.state.cr0 & ~Cr0.PG));
    }

    @Test
    void longModeNeedsPae() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.efer = Efer.LME;
        assertEquals(Vector.GP, write(m, MOV_CR0, m.state.cr0 | Cr0.PG));
        assertFalse(m.state.longModeActive());
    }

    @Test
    void pagingWithLmeActivatesLongMode() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.efer = Efer.LME;
        m.state.cr4 = Cr4.PAE;
        // One table of every level that maps the first 2 MBytes.
        m.cpu.memory.write(0xd000, 8, 0xe003);
        m.cpu.memory.write(0xe000, 8, 0xf003);
        m.cpu.memory.write(0xf000, 8, 0x83);
        m.state.cr3 = 0xd000;
        assertEquals(-1, write(m, MOV_CR0, m.state.cr0 | Cr0.PG));
        assertTrue(m.state.longModeActive());
        assertEquals(32, m.state.codeWidth);
    }

    @Test
    void reservedBitsOfAPresentPdpteFault() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.cr4 = Cr4.PAE;
        m.cpu.memory.write(0xd000, 8, 0xe003);
        m.state.cr3 = 0xd000;
        assertEquals(Vector.GP, write(m, MOV_CR0, m.state.cr0 | Cr0.PG));
    }

    @Test
    void paeCannotBeClearedAndLa57CannotChangeInLongMode() {
        GuestMachine m = GuestMachine.longMode();
        assertEquals(Vector.GP, write(m, MOV_CR4, m.state.cr4 & ~Cr4.PAE));
        m = GuestMachine.longMode();
        assertEquals(Vector.GP, write(m, MOV_CR4, m.state.cr4 | Cr4.LA57));
    }

    @Test
    void pcidsNeedLongModeAndAClearPcid() {
        assertEquals(Vector.GP, write(GuestMachine.protectedMode(), MOV_CR4, Cr4.PAE | Cr4.PCIDE));
        GuestMachine m = GuestMachine.longMode();
        m.state.cr3 |= 1;
        assertEquals(Vector.GP, write(m, MOV_CR4, m.state.cr4 | Cr4.PCIDE));
        m = GuestMachine.longMode();
        assertEquals(-1, write(m, MOV_CR4, m.state.cr4 | Cr4.PCIDE));
    }

    @Test
    void bit63OfCr3IsAHintWithPcidsAndReservedWithout() {
        GuestMachine m = GuestMachine.longMode();
        assertEquals(Vector.GP, write(m, MOV_CR3, m.state.cr3 | Long.MIN_VALUE));
        m = GuestMachine.longMode();
        m.state.cr4 |= Cr4.PCIDE;
        long cr3 = m.state.cr3;
        assertEquals(-1, write(m, MOV_CR3, cr3 | Long.MIN_VALUE));
        assertEquals(cr3, m.state.cr3);
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 13, 1L << 14, 1L << 15, 1L << 19, 1L << 23, 1L << 24, 1L << 31})
    void aReservedBitOfCr4Faults(long bit) {
        GuestMachine m = GuestMachine.protectedMode();
        assertEquals(Vector.GP, write(m, MOV_CR4, bit));
        assertEquals(0, m.slot(0));
    }

    @Test
    void onlyTheLowFourBitsOfCr8Exist() {
        assertEquals(Vector.GP, write(GuestMachine.longMode(), MOV_CR8, 0x10));
        GuestMachine m = GuestMachine.longMode();
        assertEquals(-1, write(m, MOV_CR8, 0xf));
        assertEquals(0xf, m.cpu.apic.taskPriorityClass());
    }

    @Test
    void cr1AndCr5AreUndefinedAndPrivilege3Faults() {
        assertEquals(Vector.UD, GuestMachine.protectedMode().run("0f 20 c8"));
        assertEquals(Vector.UD, GuestMachine.protectedMode().run("0f 20 e8"));
        assertEquals(Vector.GP, GuestMachine.protectedMode().atPrivilege3().run("0f 20 c0"));
    }

    @Test
    void lmswCannotClearPe() {
        GuestMachine m = GuestMachine.protectedMode();
        m.state.r[CpuState.RAX] = 0xe;
        assertEquals(-1, m.run("0f 01 f0 f4"));
        assertEquals(Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS, m.state.cr0 & 0xf);
    }

    @Test
    void lmeCannotChangeWhilePagingIsOn() {
        GuestMachine m = GuestMachine.longMode();
        m.state.r[CpuState.RCX] = 0xc000_0080L;
        m.state.r[CpuState.RAX] = Efer.NXE;
        assertEquals(Vector.GP, m.run("0f 30"));
    }
}

package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.thirdmode.x86.paging.Access.FETCH;
import static org.thirdmode.x86.paging.Access.IMPLICIT;
import static org.thirdmode.x86.paging.Access.READ;
import static org.thirdmode.x86.paging.Access.USER;
import static org.thirdmode.x86.paging.Access.WRITE;
import static org.thirdmode.x86.paging.PagedMachine.NONE;
import static org.thirdmode.x86.paging.PagedMachine.P;
import static org.thirdmode.x86.paging.PagedMachine.RW;
import static org.thirdmode.x86.paging.PagedMachine.US;
import static org.thirdmode.x86.paging.PagedMachine.XD;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Rflags;

/** SDM 3A "Determination of Access Rights" and "Protection Keys". */
class DeterminationOfAccessRights {
    private static final long PAGE = 0x40_0000_1000L;
    private final PagedMachine m = PagedMachine.fourLevel();

    private int fault(long leaf, int access) {
        m.map(PAGE, 1, 0x5000 | leaf);
        m.mmu.flushAll();
        return m.fault(PAGE, access);
    }

    @Test
    void supervisorModeMayReadAnySupervisorModeAddress() {
        assertEquals(NONE, fault(P, READ));
    }

    @Test
    void userModeMayNotAccessASupervisorModeAddress() {
        assertEquals(0b00101, fault(P | RW, USER));
        assertEquals(0b00111, fault(P | RW, USER | WRITE));
        assertEquals(0b10101, fault(P | RW, USER | FETCH));
    }

    @Test
    void anAddressIsUserModeOnlyIfEveryEntrySetsUS() {
        for (int level = 2; level <= 4; level++) {
            PagedMachine machine = PagedMachine.fourLevel();
            machine.map(PAGE, 1, 0x5000 | P | US);
            machine.setEntry(PAGE, level, machine.entry(PAGE, level) & ~US);
            assertEquals(0b101, machine.fault(PAGE, USER), "U/S = 0 at level " + level);
        }
    }

    @Test
    void supervisorModeMayWriteAReadOnlyPageWhileWPIsClear() {
        assertEquals(0b011, fault(P, WRITE));
        m.state.cr0 &= ~Cr0.WP;
        assertEquals(NONE, fault(P, WRITE));
        assertEquals(NONE, fault(P | US, WRITE));
    }

    @Test
    void userModeMayNotWriteAReadOnlyPageWhateverWP() {
        m.state.cr0 &= ~Cr0.WP;
        assertEquals(0b111, fault(P | US, USER | WRITE));
    }

    @Test
    void aPageIsWritableOnlyIfEveryEntrySetsRW() {
        for (int level = 2; level <= 4; level++) {
            PagedMachine machine = PagedMachine.fourLevel();
            machine.map(PAGE, 1, 0x5000 | P | RW);
            machine.setEntry(PAGE, level, machine.entry(PAGE, level) & ~RW);
            assertEquals(0b011, machine.fault(PAGE, WRITE), "R/W = 0 at level " + level);
        }
    }

    @Test
    void nothingIsFetchedWhereAnyEntrySetsXD() {
        for (int level = 1; level <= 4; level++) {
            PagedMachine machine = PagedMachine.fourLevel();
            machine.map(PAGE, 1, 0x5000 | P | US);
            machine.setEntry(PAGE, level, machine.entry(PAGE, level) | XD);
            assertEquals(0b10001, machine.fault(PAGE, FETCH), "XD = 1 at level " + level);
            assertEquals(NONE, machine.fault(PAGE, READ), "XD = 1 at level " + level);
        }
    }

    @Test
    void smepForbidsSupervisorModeFetchesFromUserModeAddresses() {
        assertEquals(NONE, fault(P | US, FETCH));
        m.state.cr4 |= Cr4.SMEP;
        assertEquals(0b10001, fault(P | US, FETCH));
        assertEquals(NONE, fault(P, FETCH));
        assertEquals(NONE, fault(P | US, USER | FETCH));
    }

    @Test
    void smapForbidsSupervisorModeDataAccessesToUserModeAddressesUnlessACIsSet() {
        m.state.cr4 |= Cr4.SMAP;
        assertEquals(0b001, fault(P | RW | US, READ));
        assertEquals(0b011, fault(P | RW | US, WRITE));
        m.state.systemFlags |= Rflags.AC;
        assertEquals(NONE, fault(P | RW | US, READ));
        assertEquals(NONE, fault(P | RW | US, WRITE));
    }

    @Test
    void smapForbidsImplicitAccessesToUserModeAddressesWhateverAC() {
        m.state.cr4 |= Cr4.SMAP;
        m.state.systemFlags |= Rflags.AC;
        assertEquals(0b001, fault(P | RW | US, IMPLICIT));
        assertEquals(0b011, fault(P | RW | US, IMPLICIT | WRITE));
        assertEquals(NONE, fault(P | RW, IMPLICIT | WRITE));
    }

    @Test
    void aProtectionKeyWithADForbidsAllDataAccessesToUserModeAddresses() {
        m.state.cr4 |= Cr4.PKE;
        m.state.pkru = 1 << (2 * 5);
        long key5 = 5L << 59;
        assertEquals(0b100001, fault(P | RW | US | key5, READ));
        assertEquals(0b100101, fault(P | RW | US | key5, USER));
        assertEquals(NONE, fault(P | RW | US | key5, FETCH));
        assertEquals(NONE, fault(P | RW | key5, READ));
        assertEquals(NONE, fault(P | RW | US | (6L << 59), READ));
    }

    @Test
    void aProtectionKeyWithWDForbidsWritesOfUserModeAndOfSupervisorModeWhileWPIsSet() {
        m.state.cr4 |= Cr4.PKE;
        m.state.pkru = 2 << (2 * 15);
        long key15 = 15L << 59;
        assertEquals(NONE, fault(P | RW | US | key15, READ));
        assertEquals(0b100111, fault(P | RW | US | key15, USER | WRITE));
        assertEquals(0b100011, fault(P | RW | US | key15, WRITE));
        m.state.cr0 &= ~Cr0.WP;
        assertEquals(NONE, fault(P | RW | US | key15, WRITE));
        assertEquals(0b100111, fault(P | RW | US | key15, USER | WRITE));
    }

    @Test
    void protectionKeysMeanNothingWherePKEIsClear() {
        m.state.pkru = -1;
        assertEquals(NONE, fault(P | RW | US | (5L << 59), USER | WRITE));
    }
}

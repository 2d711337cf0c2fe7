package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Vector;

/** SDM 1 "I/O Permission Bit Map". */
class IoPermissionBitMap {
    private static final int MAP = GuestMachine.TSS + 0x1000;

    private final GuestMachine m = GuestMachine.protectedMode().atPrivilege3();

    @BeforeEach
    void aMapForThePorts0To1ff() {
        m.state.tr.limit = 0x1000 + 0x40;
        m.cpu.memory.write(MAP + 0x40, 1, 0xff);
    }

    /** The faulting instruction, as an offset in the code. */
    private long faultAfter(String code) {
        assertEquals(Vector.GP, m.run(code));
        assertEquals(0, m.slot(0));
        return m.slot(1) - GuestMachine.CODE;
    }

    @Test
    void aClearBitAllowsAndASetBitDenies() {
        m.cpu.memory.write(MAP + 8, 1, 0b10);
        // in al, 40h; in al, 41h
        assertEquals(2, faultAfter("e4 40 e4 41"));
    }

    @Test
    void everyByteOfAWideAccessIsAsked() {
        m.cpu.memory.write(MAP + 8, 1, 0b1000);
        // in al, 40h; in ax, 40h; in eax, 40h
        assertEquals(5, faultAfter("e4 40 66 e5 40 e5 40"));
    }

    @Test
    void anAccessMayCrossIntoTheNextByteOfTheMap() {
        m.cpu.memory.write(MAP + 9, 1, 1);
        // in al, 47h; in ax, 47h
        assertEquals(2, faultAfter("e4 47 66 e5 47"));
    }

    @Test
    void portsBeyondTheLimitOfTheTssAreDenied() {
        m.state.r[CpuState.RDX] = 0x1ff;
        // in al, dx; inc edx; in al, dx
        assertEquals(2, faultAfter("ec 42 ec"));
    }

    @Test
    void ioplAllowsWithoutAMap() {
        m.state.tr.limit = 0x67;
        m.state.systemFlags |= Rflags.IOPL;
        assertEquals(2, faultAfter("e4 40 f4"));
    }

    @Test
    void a16BitTssHasNoMap() {
        m.state.tr.attributes = 0x83;
        // SP0 and SS0 of the 16-bit layout, for the fault's delivery.
        m.cpu.memory.write(GuestMachine.TSS + 2, 2, GuestMachine.STACK_0);
        m.cpu.memory.write(GuestMachine.TSS + 4, 2, GuestMachine.DATA_0);
        assertEquals(0, faultAfter("e4 40"));
    }
}

package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.fp.FpuState;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Vector;

/** SDM 1 "Managing State Using the XSAVE Feature Set". */
class ManagingStateUsingXsave {
    private static final long AREA = 0x13000;
    private static final int X87 = 1;
    private static final int SSE = 2;
    private static final int PKRU = 1 << 9;
    private static final long COMPACTED = 1L << 63;

    private static final String XSAVE = "0f ae 27 f4";
    private static final String XSAVEOPT = "0f ae 37 f4";
    private static final String XSAVEC = "0f c7 27 f4";
    private static final String XRSTOR = "0f ae 2f f4";

    private final GuestMachine m = GuestMachine.longMode();

    @BeforeEach
    void enable() {
        m.state.cr4 |= Cr4.OSXSAVE | Cr4.OSFXSR | Cr4.PKE;
        m.state.xcr0 = X87 | SSE | PKRU;
        m.state.r[CpuState.RDI] = AREA;
        m.cpu.fpu.initialise();
        m.cpu.modeChanged();
    }

    private int with(long components, String code) {
        m.state.rip = GuestMachine.CODE;
        m.state.r[CpuState.RAX] = components & 0xffff_ffffL;
        m.state.r[CpuState.RDX] = 0;
        m.cpu.activity = Processor.Activity.ACTIVE;
        return m.run(code);
    }

    private long header(int offset) {
        return m.memory(AREA + 512 + offset, 8);
    }

    @Test
    void xsaveWritesWhatIsAskedForAndKeepsTheOtherBitsOfXstateBv() {
        m.cpu.memory.write(AREA + 512, 8, X87 | SSE);
        m.cpu.fpu.xmm[0] = 0x1234;
        assertEquals(-1, with(SSE, XSAVE));
        assertEquals(0x1234, m.memory(AREA + 160, 8));
        assertEquals(X87 | SSE, header(0));
        // Asked for and in its initial configuration: the bit is cleared.
        assertEquals(-1, with(X87, XSAVE));
        assertEquals(SSE, header(0));
        assertEquals(FpuState.CONTROL_INIT, m.memory(AREA, 2));
    }

    @Test
    void mxcsrIsWrittenWithTheSseComponent() {
        m.cpu.fpu.mxcsr = 0x1fa0;
        assertEquals(-1, with(X87, XSAVE));
        assertEquals(0, m.memory(AREA + 24, 4));
        assertEquals(-1, with(SSE, XSAVE));
        assertEquals(0x1fa0, m.memory(AREA + 24, 4));
    }

    @Test
    void xsaveoptLeavesInitialComponentsOut() {
        m.cpu.memory.write(AREA + 160, 8, 0x5555);
        assertEquals(-1, with(SSE, XSAVEOPT));
        assertEquals(0x5555, m.memory(AREA + 160, 8));
        assertEquals(0, header(0));
    }

    @Test
    void protectionKeysStandAtTheirOwnOffsetOrCompacted() {
        m.state.pkru = 0x30;
        assertEquals(-1, with(PKRU, XSAVE));
        assertEquals(0x30, m.memory(AREA + 2688, 8));
        assertEquals(-1, with(PKRU, XSAVEC));
        assertEquals(0x30, m.memory(AREA + 576, 8));
        assertEquals(COMPACTED | PKRU, header(8));
    }

    @Test
    void xrstorInitialisesWhatTheImageDoesNotHold() {
        m.cpu.fpu.xmm[0] = 0x1234;
        m.state.pkru = 0x30;
        m.cpu.memory.write(AREA + 24, 4, 0x1f80);
        assertEquals(-1, with(SSE | PKRU, XRSTOR));
        assertEquals(0, m.cpu.fpu.xmm[0]);
        assertEquals(0, m.state.pkru);
    }

    @Test
    void xrstorOfWhatXsavecWroteGivesTheSameState() {
        m.cpu.fpu.xmm[3] = 0x9876;
        m.cpu.fpu.control = 0x27f;
        m.state.pkru = 0x30;
        assertEquals(-1, with(X87 | SSE | PKRU, XSAVEC));
        m.cpu.fpu.xmm[3] = 1;
        m.cpu.fpu.control = 0x37f;
        m.state.pkru = 0;
        assertEquals(-1, with(X87 | SSE | PKRU, XRSTOR));
        assertEquals(0x9876, m.cpu.fpu.xmm[3]);
        assertEquals(0x27f, m.cpu.fpu.control);
        assertEquals(0x30, m.state.pkru);
    }

    @Test
    void xrstorRefusesAHeaderThatSaysTooMuch() {
        m.cpu.memory.write(AREA + 512, 8, 4);
        assertEquals(Vector.GP, with(X87, XRSTOR));
        m.cpu.memory.write(AREA + 512, 8, 0);
        m.cpu.memory.write(AREA + 520, 8, 1);
        assertEquals(Vector.GP, with(X87, XRSTOR));
        m.cpu.memory.write(AREA + 520, 8, COMPACTED | X87);
        m.cpu.memory.write(AREA + 528, 8, 1);
        assertEquals(Vector.GP, with(X87, XRSTOR));
    }

    @Test
    void xrstorRefusesReservedBitsOfMxcsr() {
        m.cpu.memory.write(AREA + 24, 4, 0x10000);
        assertEquals(Vector.GP, with(SSE, XRSTOR));
        assertEquals(-1, with(X87, XRSTOR));
    }

    @Test
    void theAreaIsAlignedTo64Bytes() {
        m.state.r[CpuState.RDI] = AREA + 32;
        assertEquals(Vector.GP, with(X87, XSAVE));
    }

    @Test
    void withoutOsxsaveItIsUndefinedAndWithTsTheDeviceIsNotAvailable() {
        m.state.cr0 |= Cr0.TS;
        m.cpu.modeChanged();
        assertEquals(Vector.NM, with(X87, XSAVE));
        m.state.cr4 &= ~Cr4.OSXSAVE;
        assertEquals(Vector.UD, with(X87, XSAVE));
    }

    @Test
    void xcr0KeepsX87AndTakesOnlyWhatCpuidLists() {
        m.state.r[CpuState.RCX] = 0;
        assertEquals(Vector.GP, with(SSE, "0f 01 d1 f4"));
        assertEquals(Vector.GP, with(X87 | SSE | 4, "0f 01 d1 f4"));
        assertEquals(-1, with(X87 | SSE, "0f 01 d1 f4"));
        assertEquals(X87 | SSE, m.state.xcr0);
    }
}

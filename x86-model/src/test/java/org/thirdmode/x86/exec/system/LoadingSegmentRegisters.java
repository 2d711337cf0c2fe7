package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "MOV—Move" (segment registers); SDM 3A "Loading Segment Selectors into Segment Registers". */
class LoadingSegmentRegisters {
    private static final String MOV_DS_AX = "8e d8 f4";
    private static final String MOV_SS_AX = "8e d0 f4";

    private final GuestMachine m = GuestMachine.protectedMode();

    private int load(String code, int selector) {
        m.state.r[CpuState.RAX] = selector;
        return m.run(code);
    }

    private void assertFault(int vector, int errorCode, int raised) {
        assertEquals(vector, raised);
        assertEquals(errorCode, m.slot(0));
        assertEquals(GuestMachine.CODE, m.slot(1));
    }

    @Test
    void aSelectorBeyondTheTableFaultsWithGpAndTheSelectorWithoutItsRpl() {
        assertFault(Vector.GP, 0x100, load(MOV_DS_AX, 0x103));
    }

    @Test
    void anLdtSelectorWithoutAnLdtFaultsWithTheTableBitInTheErrorCode() {
        m.state.ldtr.set(0, 0, 0, Segment.UNUSABLE);
        assertFault(Vector.GP, 0xc, load(MOV_DS_AX, 0xc));
    }

    @Test
    void aNullDsIsLoadedAndItsUseFaults() {
        assertFault(Vector.GP, 0, load("8e d8 a1 00 00 00 00", 0) == Vector.GP ? at2(m) : -1);
    }

    /** The fault is that of the second instruction. */
    private static int at2(GuestMachine m) {
        assertEquals(GuestMachine.CODE + 2, m.slot(1));
        m.cpu.memory.write(m.state.r[CpuState.RSP] + 4, 4, GuestMachine.CODE);
        return Vector.GP;
    }

    @Test
    void aNullSsFaultsWithGp0() {
        assertFault(Vector.GP, 0, load(MOV_SS_AX, 0));
    }

    @Test
    void aDataSegmentThatIsNotPresentFaultsWithNpAndAStackWithSs() {
        m.descriptor(GuestMachine.FREE, GuestMachine.flat32(0x12));
        assertFault(Vector.NP, GuestMachine.FREE, load(MOV_DS_AX, GuestMachine.FREE));
        GuestMachine other = GuestMachine.protectedMode();
        other.descriptor(GuestMachine.FREE, GuestMachine.flat32(0x12));
        other.state.r[CpuState.RAX] = GuestMachine.FREE;
        assertEquals(Vector.SS, other.run(MOV_SS_AX));
        assertEquals(GuestMachine.FREE, other.slot(0));
    }

    @Test
    void executeOnlyCodeIsNoDataSegment() {
        m.descriptor(GuestMachine.FREE, GuestMachine.flat32(0x98));
        assertFault(Vector.GP, GuestMachine.FREE, load(MOV_DS_AX, GuestMachine.FREE));
    }

    @Test
    void anRplAboveTheDplFaultsThoughCplWouldDo() {
        assertFault(Vector.GP, GuestMachine.DATA_0, load(MOV_DS_AX, GuestMachine.DATA_0 | 3));
    }

    @Test
    void conformingCodeIsLoadedWhateverItsPrivilege() {
        m.descriptor(GuestMachine.FREE, GuestMachine.flat32(0x9e));
        assertEquals(-1, load(MOV_DS_AX, GuestMachine.FREE | 3));
    }

    @Test
    void aStackThatIsReadOnlyOrOfAnotherPrivilegeFaults() {
        m.descriptor(GuestMachine.FREE, GuestMachine.flat32(0x90));
        assertFault(Vector.GP, GuestMachine.FREE, load(MOV_SS_AX, GuestMachine.FREE));
    }

    @Test
    void theAccessedBitIsSetInTheTable() {
        assertEquals(0x92, m.descriptor(GuestMachine.DATA_0) >>> 40 & 0xff);
        assertEquals(-1, load(MOV_DS_AX, GuestMachine.DATA_0));
        assertEquals(0x93, m.descriptor(GuestMachine.DATA_0) >>> 40 & 0xff);
    }

    @Test
    void csCannotBeLoaded() {
        assertEquals(Vector.UD, m.run("8e c8"));
    }

    @Test
    void aNullSsIsLoadedIn64BitModeWhereRplIsCpl() {
        GuestMachine wide = GuestMachine.longMode();
        wide.state.r[CpuState.RAX] = 0;
        assertEquals(-1, wide.run(MOV_SS_AX));
        assertFalse(wide.state.segments[Segment.SS].usable());
    }

    @Test
    void inRealModeOnlyTheBaseChanges() {
        Processor real = TestProcessors.real();
        real.state.segments[Segment.DS].limit = 0xffff_ffffL;
        real.state.r[CpuState.RAX] = 0x1234;
        // mov ds, ax; hlt
        real.memory.write(0xfff0, 3, 0);
        real.memory.load(0xfff0, new byte[] {(byte) 0x8e, (byte) 0xd8, (byte) 0xf4});
        real.run(2);
        assertEquals(0x12340, real.state.segments[Segment.DS].base);
        assertEquals(0xffff_ffffL, real.state.segments[Segment.DS].limit);
        assertTrue(real.state.segments[Segment.DS].usable());
    }
}

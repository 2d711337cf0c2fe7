package org.thirdmode.x86.exec.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 3A "Task Switching", "Task Linking". */
class TaskSwitching {
    private static final String JMP_TASK = "ea 00 00 00 00 38 00";
    private static final String CALL_TASK = "9a 00 00 00 00 38 00";
    private static final long NEW_TASK = 0x12000;
    private static final long NEW_STACK = 0x6400;
    private static final int TSS = GuestMachine.TSS;
    private static final int OTHER = GuestMachine.OTHER_TSS;

    private final GuestMachine m = GuestMachine.protectedMode();

    @BeforeEach
    void fillTheOtherTss() {
        write(0x20, NEW_TASK);
        write(0x24, Rflags.FIXED);
        write(0x28, 0x11111111);
        write(0x38, NEW_STACK);
        for (int at = 0x48; at <= 0x5c; at += 4) {
            write(at, GuestMachine.DATA_0);
        }
        write(0x4c, GuestMachine.CODE_0);
        write(0x66, 0x68);
        m.cpu.memory.write(NEW_TASK, 1, 0xf4);
    }

    private void write(int offset, long value) {
        m.cpu.memory.write(OTHER + offset, 4, value);
    }

    private int access(int selector) {
        return (int) (m.descriptor(selector) >>> 40) & 0xff;
    }

    @Test
    void jmpLoadsTheNewStateAndSavesTheOld() {
        m.state.r[CpuState.RBX] = 0x7777;
        assertEquals(-1, m.run(JMP_TASK));
        assertEquals(NEW_TASK + 1, m.state.rip);
        assertEquals(0x11111111, m.state.r[CpuState.RAX]);
        assertEquals(NEW_STACK, m.state.r[CpuState.RSP]);
        assertEquals(0x7777, m.memory(TSS + 0x34, 4));
        assertEquals(GuestMachine.CODE + 7, m.memory(TSS + 0x20, 4));
        assertEquals(Cr0.TS, m.state.cr0 & Cr0.TS);
        assertEquals(GuestMachine.OTHER_TASK, m.state.tr.selector);
    }

    @Test
    void jmpMovesTheBusyBitAndDoesNotLink() {
        m.run(JMP_TASK);
        assertEquals(0x89, access(GuestMachine.TASK));
        assertEquals(0x8b, access(GuestMachine.OTHER_TASK));
        assertEquals(0, m.state.systemFlags & Rflags.NT);
        assertEquals(0, m.memory(OTHER, 2));
    }

    @Test
    void callKeepsBothBusyLinksBackAndSetsNt() {
        m.run(CALL_TASK);
        assertEquals(0x8b, access(GuestMachine.TASK));
        assertEquals(0x8b, access(GuestMachine.OTHER_TASK));
        assertEquals(Rflags.NT, m.state.systemFlags & Rflags.NT);
        assertEquals(GuestMachine.TASK, m.memory(OTHER, 2));
    }

    @Test
    void iretWithNtReturnsToTheTaskBefore() {
        m.cpu.memory.write(NEW_TASK, 1, 0xcf);
        assertEquals(-1, m.run(CALL_TASK + " f4"));
        assertEquals(GuestMachine.CODE + 8, m.state.rip);
        assertEquals(0x8b, access(GuestMachine.TASK));
        assertEquals(0x89, access(GuestMachine.OTHER_TASK));
        assertEquals(0, m.state.systemFlags & Rflags.NT);
        // NT is cleared in the image of the task that returned.
        assertEquals(0, m.memory(OTHER + 0x24, 4) & Rflags.NT);
    }

    @Test
    void aBusyTaskCannotBeCalled() {
        m.descriptor(GuestMachine.OTHER_TASK, m.descriptor(GuestMachine.OTHER_TASK) | (2L << 40));
        assertEquals(Vector.GP, m.run(CALL_TASK));
        assertEquals(GuestMachine.OTHER_TASK, m.slot(0));
    }

    @Test
    void aTssThatIsTooShortFaultsInTheOldTask() {
        m.descriptor(GuestMachine.OTHER_TASK, GuestMachine.segment(OTHER, 0x66, GuestMachine.TSS_32));
        assertEquals(Vector.TS, m.run(JMP_TASK));
        assertEquals(GuestMachine.OTHER_TASK, m.slot(0));
        assertEquals(GuestMachine.TASK, m.state.tr.selector);
        assertEquals(GuestMachine.CODE, m.slot(1));
    }

    @Test
    void aTssThatIsNotPresentFaultsWithNp() {
        m.descriptor(GuestMachine.OTHER_TASK, GuestMachine.segment(OTHER, 0x67, GuestMachine.TSS_32 & 0x7f));
        assertEquals(Vector.NP, m.run(JMP_TASK));
        assertEquals(GuestMachine.OTHER_TASK, m.slot(0));
    }

    @Test
    void aBadSegmentOfTheNewTaskFaultsInTheNewTask() {
        write(0x54, 0xf8);
        assertEquals(Vector.TS, m.run(JMP_TASK));
        assertEquals(0xf8, m.slot(0));
        assertEquals(NEW_TASK, m.slot(1));
        assertEquals(GuestMachine.OTHER_TASK, m.state.tr.selector);
        assertEquals(NEW_STACK - 16, m.state.r[CpuState.RSP]);
    }

    @Test
    void aStackThatIsNotPresentFaultsWithSsInTheNewTask() {
        m.descriptor(GuestMachine.FREE, GuestMachine.flat32(0x12));
        write(0x50, GuestMachine.FREE);
        m.descriptor(0x60, GuestMachine.segment(0x4800, 0x67, GuestMachine.TSS_32));
        taskFor(Vector.SS, 0x4800, 0x60);
        assertEquals(-1, m.run(JMP_TASK));
        assertEquals(0x60, m.state.tr.selector);
        assertEquals(GuestMachine.FREE, m.slot(0));
        assertEquals(GuestMachine.OTHER_TASK, m.memory(0x4800, 2));
    }

    /** A handler task behind a task gate, so that the new task's broken stack is not needed. */
    private void taskFor(int vector, int tss, int selector) {
        for (int at = 0; at < 0x68; at += 4) {
            m.cpu.memory.write(tss + (long) at, 4, m.memory(OTHER + (long) at, 4));
        }
        m.cpu.memory.write(tss + 0x50L, 4, GuestMachine.DATA_0);
        m.gate(vector, GuestMachine.TASK_GATE, selector, 0);
    }

    @Test
    void theTFlagRaisesADebugExceptionBeforeTheFirstInstruction() {
        write(0x64, 0x680001);
        assertEquals(Vector.DB, m.run(JMP_TASK));
        assertEquals(0xffff_0ff0L | DebugRegisters.BT, m.state.dr[6]);
        assertEquals(NEW_TASK, m.slot(0));
    }

    @Test
    void anExceptionThroughATaskGatePushesItsErrorCodeInTheNewTask() {
        m.gate(Vector.GP, GuestMachine.TASK_GATE, GuestMachine.OTHER_TASK, 0);
        // mov ax, 0f8h; mov ds, ax
        assertEquals(-1, m.run("66 b8 f8 00 8e d8"));
        assertEquals(0xf8, m.slot(0));
        assertEquals(NEW_STACK - 4, m.state.r[CpuState.RSP]);
        assertEquals(GuestMachine.CODE + 4, m.memory(TSS + 0x20, 4));
        assertEquals(Rflags.RF, m.memory(TSS + 0x24, 4) & Rflags.RF);
    }

    @Test
    void theLocalBreakpointsAreDisabled() {
        m.state.dr[7] = 0x4ff;
        m.state.dr[0] = m.state.dr[1] = m.state.dr[2] = m.state.dr[3] = 0x9999;
        m.cpu.system.debug.changed();
        m.run(JMP_TASK);
        assertEquals(0x4aa, m.state.dr[7]);
    }

    @Test
    void a16BitTaskHasTheLayoutOfThe80286() {
        m.descriptor(GuestMachine.OTHER_TASK, GuestMachine.segment(OTHER, 0x2b, 0x81));
        write(0x0e, 0x2000 | ((long) Rflags.FIXED << 16));
        m.cpu.memory.write(OTHER + 0x12, 2, 0x1234);
        m.cpu.memory.write(OTHER + 0x1a, 2, NEW_STACK);
        m.cpu.memory.write(OTHER + 0x22, 2, GuestMachine.DATA_0);
        m.cpu.memory.write(OTHER + 0x24, 2, GuestMachine.CODE_0);
        m.cpu.memory.write(OTHER + 0x26, 2, GuestMachine.DATA_0);
        m.cpu.memory.write(OTHER + 0x28, 2, GuestMachine.DATA_0);
        m.cpu.memory.write(OTHER + 0x2a, 2, 0);
        m.cpu.memory.write(0x2000, 1, 0xf4);
        m.run(JMP_TASK);
        assertEquals(0x2001, m.state.rip);
        assertEquals(0x1234, m.state.r[CpuState.RAX] & 0xffff);
        assertEquals(GuestMachine.DATA_0, m.state.segments[Segment.DS].selector);
        assertEquals(0, m.state.segments[Segment.FS].selector);
    }

    @Test
    void inLongModeThereAreNoTasks() {
        GuestMachine wide = GuestMachine.longMode();
        wide.descriptor(GuestMachine.OTHER_TASK, GuestMachine.segment(OTHER, 0x67, GuestMachine.TSS_32));
        // jmp far [rip + 0]
        assertEquals(Vector.GP, wide.run("ff 2d 00 00 00 00 00 00 00 00 38 00"));
        assertEquals(GuestMachine.OTHER_TASK, wide.slot(0));
    }
}

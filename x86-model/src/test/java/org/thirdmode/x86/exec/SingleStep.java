package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Segment;

/** Executes single instructions in a processor, past its loop, so that a test sees the fault itself. */
public final class SingleStep {
    private SingleStep() {}

    /**
     * Executes the instruction at RIP the careful way; a fault leaves RIP on it.
     *
     * @return the fault, or null
     */
    public static GuestFault step(Processor cpu) {
        try {
            cpu.step();
            return null;
        } catch (GuestFault fault) {
            cpu.state.rip = cpu.state.instructionRip;
            return fault;
        }
    }

    /**
     * Executes an instruction in the second level that the processor itself would not decode.
     *
     * @return the fault, or null
     */
    public static GuestFault execute(Processor cpu, Instruction i) {
        CpuState s = cpu.state;
        long linear = (s.segmentBase[Segment.CS] + s.rip) & s.linearMask;
        Forms.settle(i, (int) linear & (Frame.SIZE - 1));
        s.r[CpuState.RIP_PAGE] = linear & -Frame.SIZE;
        s.instructionRip = s.rip;
        s.rip += i.length;
        try {
            cpu.execute(i);
            return null;
        } catch (GuestFault fault) {
            s.rip = s.instructionRip;
            return fault;
        }
    }
}

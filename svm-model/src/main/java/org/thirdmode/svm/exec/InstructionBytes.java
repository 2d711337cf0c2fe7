package org.thirdmode.svm.exec;

import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Segment;

/** The guest's instruction bytes that an exit by #PF or #NPF shows. APM 2 "Decode Assists". */
final class InstructionBytes {
    private static final int MAXIMUM = 15;

    private final Processor cpu;
    private final byte[] bytes = new byte[MAXIMUM];

    InstructionBytes(Processor cpu) {
        this.cpu = cpu;
    }

    /** The bytes at CS:RIP, as many as can be fetched. */
    void store(Vmcb vmcb) {
        vmcb.setInstructionBytes(bytes, fetch());
    }

    private int fetch() {
        CpuState state = cpu.state;
        int access = Access.FETCH | (state.cpl == 3 ? Access.USER : 0);
        int count = 0;
        try {
            while (count < MAXIMUM) {
                long offset = (state.rip + count) & state.ripMask;
                if (state.codeWidth != 64 && offset > state.segments[Segment.CS].limit) {
                    return count;
                }
                long linear = (state.segmentBase[Segment.CS] + offset) & state.linearMask;
                if (!cpu.mmu.canonical(linear)) {
                    return count;
                }
                long physical = cpu.mmu.translate(linear, access);
                Frame frame = cpu.memory.frame(physical);
                if (frame == null) {
                    return count;
                }
                int from = (int) physical & (Frame.SIZE - 1);
                int more = Math.min(MAXIMUM - count, Frame.SIZE - from);
                System.arraycopy(frame.bytes, from, bytes, count, more);
                count += more;
            }
        } catch (GuestFault | GuestExit unfetchable) {
            // What has been fetched is what there is.
        }
        return count;
    }
}

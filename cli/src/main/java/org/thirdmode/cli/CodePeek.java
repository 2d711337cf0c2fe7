package org.thirdmode.cli;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.paging.Peek;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/** Reads code bytes through the guest's tables, and a second stage's, without leaving a mark: see {@link Peek}. */
final class CodePeek {
    private final Processor processor;
    private final Peek peek;

    CodePeek(Processor processor) {
        this.processor = processor;
        peek = new Peek(processor.state, processor.memory);
    }

    /**
     * Fills {@code code} with the bytes at CS:{@code rip}.
     *
     * @return how many could be read
     */
    int at(long rip, byte[] code) {
        CpuState state = processor.state;
        for (int i = 0; i < code.length; i++) {
            long linear = (state.segmentBase[Segment.CS] + ((rip + i) & state.ripMask)) & state.linearMask;
            long physical = peek.physical(linear, processor.walker.secondStage());
            Frame frame = physical == Peek.NOWHERE ? null : processor.memory.frame(physical);
            if (frame == null) {
                return i;
            }
            code[i] = (byte) frame.get((int) physical & (Frame.SIZE - 1), 1);
        }
        return code.length;
    }
}

package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;

/**
 * The interpreter's inner loop: fetches decoded instructions of one page after the other, executes the fast forms itself
 * and sends the others to the second level, until the budget is spent or something wants attention.
 *
 * <p>It runs only where nothing has to be looked at between two instructions; {@link Processor#step} does the rest.
 */
final class RunLoop {
    static final int SECOND_LEVEL = 0;
    static final int LEAVE_PAGE = 1;
    static final int CAREFUL = 2;

    private final Processor cpu;
    private final CpuState state;
    private final CodeCache code;

    RunLoop(Processor cpu, CodeCache code) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.code = code;
    }

    /**
     * Runs until {@code cpu.budget} is spent, {@link Processor#attention} is set, or an instruction needs the careful way.
     *
     * @return whether the next instruction must be stepped
     */
    boolean run() {
        CpuState s = state;
        long ripMask = s.ripMask;
        while (true) {
            long linear = (s.segmentBase[1] + s.rip) & s.linearMask;
            long pageRip = s.rip - (linear & 0xfff);
            if (!cpu.wholePageInCodeSegment(pageRip)) {
                return true;
            }
            s.instructionRip = s.rip;
            CodePage page = code.page(linear);
            if (page == null) {
                return true;
            }
            Instruction[] slots = page.slots(s.codeWidth);
            s.r[CpuState.RIP_PAGE] = linear & -4096L;
            int offset = (int) linear & 0xfff;
            while (true) {
                Instruction i = slots[offset];
                if (i == null) {
                    i = code.decode(page, offset);
                }
                if (i.form == LEAVE_PAGE) {
                    s.rip = (pageRip + offset) & ripMask;
                    break;
                }
                if (i.form == CAREFUL) {
                    s.rip = (pageRip + offset) & ripMask;
                    return true;
                }
                if (cpu.budget <= 0) {
                    s.rip = (pageRip + offset) & ripMask;
                    return false;
                }
                cpu.budget--;
                s.instructionRip = (pageRip + offset) & ripMask;
                offset += i.length;
                long next = (pageRip + offset) & ripMask;
                s.rip = next;
                cpu.execute(i);
                if (cpu.reenter) {
                    cpu.reenter = false;
                    return false;
                }
                if (s.rip != next) {
                    break;
                }
            }
        }
    }

    /** What a fault leaves behind: RIP back at the instruction. */
    GuestFault undo(GuestFault fault) {
        state.rip = state.instructionRip;
        return fault;
    }
}

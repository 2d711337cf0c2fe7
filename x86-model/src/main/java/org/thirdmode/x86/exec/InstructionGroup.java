package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;

/**
 * A class of instructions in the second level: exact, complete, and free to be slow. Each instruction is a method that
 * reads like the manual's "Operation" section: guard lines first, then effects; nothing is committed before the last
 * access that may fault.
 */
public interface InstructionGroup {
    /**
     * Executes one instruction. RIP already points past it; {@code state.instructionRip} is its own.
     *
     * @throws org.thirdmode.x86.state.GuestFault where it faults
     */
    void execute(Instruction i);
}

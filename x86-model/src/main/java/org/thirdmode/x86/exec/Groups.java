package org.thirdmode.x86.exec;

import java.util.Arrays;
import org.thirdmode.x86.decode.Operation.Group;
import org.thirdmode.x86.exec.general.Arithmetic;
import org.thirdmode.x86.exec.general.Bits;
import org.thirdmode.x86.exec.general.Moves;
import org.thirdmode.x86.exec.general.NearControl;
import org.thirdmode.x86.exec.general.Stack;
import org.thirdmode.x86.exec.general.Strings;
import org.thirdmode.x86.fp.FpuInstructions;
import org.thirdmode.x86.fp.SseInstructions;
import org.thirdmode.x86.state.Vector;

/** Which class executes which group of operations. */
final class Groups {
    static final int COUNT = Group.values().length;

    private Groups() {}

    static void install(Processor cpu, InstructionGroup[] groups) {
        Arrays.fill(groups, (InstructionGroup) i -> {
            throw cpu.fault(Vector.UD);
        });
        groups[Group.MOVE.ordinal()] = new Moves(cpu);
        groups[Group.ARITHMETIC.ordinal()] = new Arithmetic(cpu);
        groups[Group.BITS.ordinal()] = new Bits(cpu);
        groups[Group.STACK.ordinal()] = new Stack(cpu);
        groups[Group.CONTROL.ordinal()] = new NearControl(cpu);
        groups[Group.X87.ordinal()] = new FpuInstructions(cpu);
        groups[Group.SSE.ordinal()] = new SseInstructions(cpu);
        groups[Group.STRING.ordinal()] = new Strings(cpu);
        groups[Group.FAR_CONTROL.ordinal()] = cpu.system.farControl;
        groups[Group.SEGMENT.ordinal()] = cpu.system.segments;
        groups[Group.SYSTEM.ordinal()] = cpu.system.system;
        groups[Group.EXTENSION.ordinal()] = i -> {
            if (cpu.extension == Extension.NONE) {
                throw cpu.fault(Vector.UD);
            }
            cpu.extension.execute(i);
        };
    }
}

package org.thirdmode.x86.exec;

import java.util.Arrays;
import org.thirdmode.x86.decode.Operation.Group;
import org.thirdmode.x86.state.Vector;

/** Which class executes which group of operations. */
final class Groups {
    static final int COUNT = Group.values().length;

    private Groups() {}

    static void install(Processor cpu, InstructionGroup[] groups) {
        Arrays.fill(groups, (InstructionGroup) i -> {
            throw cpu.fault(Vector.UD);
        });
    }
}

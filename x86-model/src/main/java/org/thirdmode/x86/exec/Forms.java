package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;

/** Which instructions the run loop executes itself: the fast forms. All others are {@link RunLoop#SECOND_LEVEL}. */
final class Forms {
    private Forms() {}

    static int select(Instruction i) {
        return i.length == 0 ? RunLoop.CAREFUL : RunLoop.SECOND_LEVEL;
    }
}

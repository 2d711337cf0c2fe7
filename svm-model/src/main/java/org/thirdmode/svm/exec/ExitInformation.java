package org.thirdmode.svm.exec;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.GuestExit;

/** Why the guest is being left, between the place that throws the processor's exit and {@link WorldSwitch#leave}. */
final class ExitInformation {
    private final Processor cpu;

    /** Whether anybody has said why: if not, nested paging knows. */
    boolean noted;

    long code;
    long information1;
    long information2;
    long nextRip;

    ExitInformation(Processor cpu) {
        this.cpu = cpu;
    }

    /** An exit by an event. */
    GuestExit event(long exitCode, long first, long second) {
        noted = true;
        code = exitCode;
        information1 = first;
        information2 = second;
        nextRip = 0;
        return cpu.exit;
    }

    /** An exit by the instruction in execution: RIP is that of the next one. */
    GuestExit instruction(long exitCode, long first, long second) {
        event(exitCode, first, second);
        nextRip = cpu.state.rip;
        return cpu.exit;
    }
}

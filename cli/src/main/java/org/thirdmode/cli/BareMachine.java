package org.thirdmode.cli;

import java.io.OutputStream;

/** The bare machine: the board with its processor, and nothing between the guest and them. */
final class BareMachine implements Bare {
    @Override
    public Report run(BareRun what, OutputStream serial) {
        throw new UserError("the bare machine is not there yet");
    }
}

package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/** One iteration of INS and OUTS: permission first, then memory, the port last: nothing faults once it was touched. */
final class StringPorts {
    private final Processor cpu;
    private final CpuState state;
    private final Operands operands;

    StringPorts(Processor cpu) {
        this.cpu = cpu;
        state = cpu.state;
        operands = cpu.operands;
    }

    /** Permission is asked even where a repeat count of 0 lets nothing be done. */
    void checkPermission(Instruction i) {
        cpu.system.ioPermission.check(port(), i.size);
    }

    void input(Instruction i) {
        checkPermission(i);
        int port = port();
        if ((cpu.intercepts & Intercept.IO) != 0 && cpu.extension.io(i, port, i.size, true)) {
            throw cpu.exit;
        }
        long offset = state.r[CpuState.RDI] & i.addressMask;
        operands.checkWrite(Segment.ES, offset, i.size);
        cpu.syncClock();
        operands.write(Segment.ES, offset, i.size, cpu.ports.read(port, i.size));
        cpu.system.ioPermission.accessed(port, i.size);
    }

    void output(Instruction i) {
        checkPermission(i);
        int port = port();
        if ((cpu.intercepts & Intercept.IO) != 0 && cpu.extension.io(i, port, i.size, false)) {
            throw cpu.exit;
        }
        long value = operands.read(i.segment, state.r[CpuState.RSI] & i.addressMask, i.size);
        cpu.syncClock();
        cpu.ports.write(port, i.size, (int) value);
        cpu.system.ioPermission.accessed(port, i.size);
    }

    private int port() {
        return (int) state.r[CpuState.RDX] & 0xffff;
    }
}

package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Vector;

/** Whether a program may touch I/O ports: IOPL, then the TSS's bitmap. SDM 1 "Protected-Mode I/O". */
public final class IoPermission {
    private final Processor cpu;
    private final CpuState state;
    private final TaskStateSegment tss;
    private final DebugRegisters debug;

    IoPermission(Processor cpu, TaskStateSegment tss, DebugRegisters debug) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.tss = tss;
        this.debug = debug;
    }

    /**
     * Checks an access to {@code size} ports.
     *
     * @throws org.thirdmode.x86.state.GuestFault #GP(0) where it is not allowed
     */
    public void check(int port, int size) {
        if (!state.protectedMode()) {
            return;
        }
        if ((state.cpl > state.iopl() || state.virtual8086()) && !tss.allowsPorts(port, size)) {
            throw cpu.fault(Vector.GP, 0);
        }
    }

    /** Tells I/O breakpoints of an access that was done. */
    public void accessed(int port, int size) {
        debug.portsAccessed(port, size);
    }
}

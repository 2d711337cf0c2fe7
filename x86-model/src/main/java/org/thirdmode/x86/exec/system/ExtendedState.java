package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.Cpuid;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Vector;

/** XCR0 and the XSAVE family. SDM 1 "Managing State Using the XSAVE Feature Set". */
final class ExtendedState {
    private static final long LOW32 = 0xffff_ffffL;

    private final Processor cpu;
    private final CpuState state;
    private final long supported;

    ExtendedState(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        supported = new Cpuid(cpu.profile, cpu.memory.addressWidth()).supportedXcr0();
    }

    void execute(Instruction i) {
        if ((state.cr4 & Cr4.OSXSAVE) == 0) {
            throw cpu.fault(Vector.UD);
        }
        switch (i.operation) {
            case XGETBV -> getExtendedControl();
            case XSETBV -> setExtendedControl();
            default -> throw cpu.fault(Vector.UD);
        }
    }

    private void getExtendedControl() {
        long number = state.r[CpuState.RCX] & LOW32;
        boolean inUse = number == 1 && cpu.features.contains(Feature.XGETBV1);
        if (number != 0 && !inUse) {
            throw cpu.fault(Vector.GP, 0);
        }
        state.r[CpuState.RAX] = state.xcr0 & LOW32;
        state.r[CpuState.RDX] = state.xcr0 >>> 32;
    }

    private void setExtendedControl() {
        if (state.cpl != 0 || (state.r[CpuState.RCX] & LOW32) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        long value = (state.r[CpuState.RDX] << 32) | (state.r[CpuState.RAX] & LOW32);
        if ((value & Cpuid.X87) == 0 || (value & ~supported) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        state.xcr0 = value;
    }

    /** Bytes of a compacted XSAVE area with these components. */
    static int compactedSize(long components) {
        return 512 + 64 + ((components & Cpuid.PKRU) != 0 ? Cpuid.PKRU_SIZE : 0);
    }
}

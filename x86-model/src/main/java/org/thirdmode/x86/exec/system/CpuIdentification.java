package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Cpuid;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;

/** CPUID: the profile's leaves, and the few answers that follow the processor's state. SDM 2 "CPUID—CPU Identification". */
final class CpuIdentification {
    private static final int MONITOR = 1 << Feature.MONITOR.bit;
    private static final int APIC = 1 << Feature.APIC.bit;
    private static final int OSXSAVE = 1 << 27;
    private static final int OSPKE = 1 << 4;
    private static final int SYSCALL = 1 << Feature.SYSCALL.bit;

    private final Processor cpu;
    private final CpuState state;
    private final ModelSpecificRegisters msrs;
    private final Cpuid cpuid;
    private final int[] out = new int[4];

    CpuIdentification(Processor cpu, ModelSpecificRegisters msrs) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.msrs = msrs;
        cpuid = new Cpuid(cpu.profile, cpu.memory.addressWidth());
    }

    void execute() {
        int leaf = (int) state.r[CpuState.RAX];
        int subleaf = (int) state.r[CpuState.RCX];
        cpuid.read(leaf, subleaf, out);
        follow(leaf, subleaf);
        cpu.extension.cpuid(leaf, subleaf, out);
        state.r[CpuState.RAX] = Integer.toUnsignedLong(out[0]);
        state.r[CpuState.RBX] = Integer.toUnsignedLong(out[1]);
        state.r[CpuState.RCX] = Integer.toUnsignedLong(out[2]);
        state.r[CpuState.RDX] = Integer.toUnsignedLong(out[3]);
    }

    private void follow(int leaf, int subleaf) {
        switch (leaf) {
            case 0x1 -> {
                msrs.showMicrocodeRevision();
                if ((state.cr4 & Cr4.OSXSAVE) != 0) {
                    out[2] |= OSXSAVE;
                }
                if (!msrs.monitorEnabled()) {
                    out[2] &= ~MONITOR;
                }
                if (!msrs.apicEnabled()) {
                    out[3] &= ~APIC;
                }
            }
            case 0x7 -> {
                if (subleaf == 0 && (state.cr4 & Cr4.PKE) != 0) {
                    out[2] |= OSPKE;
                }
            }
            case 0xd -> {
                if (cpu.features.contains(Feature.XSAVE)) {
                    if (subleaf == 0) {
                        out[1] = Cpuid.standardSize(state.xcr0);
                    } else if (subleaf == 1 && cpu.features.contains(Feature.XSAVEC)) {
                        out[1] = ExtendedState.compactedSize(state.xcr0);
                    }
                }
            }
            case 0x8000_0001 -> {
                // Intel shows SYSCALL only to 64-bit code.
                if (cpu.profile.vendor() == CpuProfile.Vendor.INTEL && state.codeWidth != 64) {
                    out[3] &= ~SYSCALL;
                }
            }
            default -> {}
        }
    }
}

package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.CpuProfile.Vendor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * SYSCALL, SYSRET, SYSENTER and SYSEXIT. SDM 2; APM 3.
 *
 * <p>Where the vendors differ: on Intel SYSCALL and SYSRET exist in 64-bit mode only and SYSRET to a non-canonical RIP
 * faults at CPL 0; on AMD they exist in every mode, SYSRET leaves SS's hidden part alone and does not look at RIP; on AMD
 * SYSENTER and SYSEXIT are undefined in long mode.
 */
final class FastSystemCalls {
    private static final long FLAT_LIMIT = 0xffff_ffffL;
    private static final int CODE = Segment.PRESENT | Segment.CODE_OR_DATA | 0xb;
    private static final int DATA = Segment.PRESENT | Segment.CODE_OR_DATA | 0x3;

    private final Processor cpu;
    private final CpuState state;
    private final ModelSpecificRegisters msrs;
    private final boolean amd;

    FastSystemCalls(Processor cpu, ModelSpecificRegisters msrs) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.msrs = msrs;
        amd = cpu.profile.vendor() == Vendor.AMD;
    }

    private void setCode(int selector, int dpl, boolean is64) {
        int width = is64 ? Segment.LONG : Segment.BIG;
        int attributes = CODE | width | Segment.GRANULAR | (dpl << Segment.DPL_SHIFT);
        state.segments[Segment.CS].set(selector & 0xffff, 0, FLAT_LIMIT, attributes);
    }

    private void setStack(int selector, int dpl) {
        int attributes = DATA | Segment.BIG | Segment.GRANULAR | (dpl << Segment.DPL_SHIFT);
        state.segments[Segment.SS].set(selector & 0xffff, 0, FLAT_LIMIT, attributes);
    }

    void syscall() {
        boolean undefined = (state.efer & Efer.SCE) == 0 || (amd ? !state.protectedMode() : state.codeWidth != 64);
        if (undefined) {
            throw cpu.fault(Vector.UD);
        }
        boolean traced = (state.systemFlags & Rflags.TF) != 0;
        int selector = (int) (msrs.star >>> 32) & 0xfffc;
        state.r[CpuState.RCX] = state.rip;
        if (state.longModeActive()) {
            boolean from64 = state.codeWidth == 64;
            state.r[11] = state.rflags() & ~(long) Rflags.RF;
            state.rip = from64 ? msrs.lstar : msrs.cstar;
            state.setRflags(state.rflags() & ~(msrs.fmask | Rflags.RF));
            setCode(selector, 0, true);
        } else {
            state.rip = msrs.star & 0xffff_ffffL;
            state.systemFlags &= ~(Rflags.VM | Rflags.IF | Rflags.RF);
            setCode(selector, 0, false);
        }
        setStack(selector + 8, 0);
        state.cpl = 0;
        cpu.modeChanged();
        cpu.flagsChanged();
        // The trap follows TF as SYSCALL leaves it.
        if (traced && (state.systemFlags & Rflags.TF) == 0) {
            cpu.noSingleStep();
        }
    }

    void sysret(int size) {
        boolean undefined = (state.efer & Efer.SCE) == 0 || (amd ? !state.protectedMode() : state.codeWidth != 64);
        if (undefined) {
            throw cpu.fault(Vector.UD);
        }
        if (state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        boolean to64 = size == 8;
        long target = to64 ? state.r[CpuState.RCX] : state.r[CpuState.RCX] & 0xffff_ffffL;
        if (!amd && !cpu.mmu.canonical(target)) {
            throw cpu.fault(Vector.GP, 0);
        }
        int base = (int) (msrs.star >>> 48) & 0xffff;
        boolean traced = (state.systemFlags & Rflags.TF) != 0;
        if (state.longModeActive()) {
            state.setRflags(state.r[11] & (0x3f_7fd7L & ~(long) (Rflags.RF | Rflags.VM)));
        } else {
            state.systemFlags |= Rflags.IF;
        }
        state.rip = target;
        setCode((to64 ? base + 16 : base) | 3, 3, to64);
        int stackSelector = (base + 8) | 3;
        if (amd) {
            // "SS.sel only": the hidden part stays as it was.
            state.segments[Segment.SS].selector = stackSelector & 0xffff;
        } else {
            setStack(stackSelector, 3);
        }
        state.cpl = 3;
        cpu.modeChanged();
        cpu.flagsChanged();
        // The trap follows TF as SYSRET leaves it.
        if (!traced && (state.systemFlags & Rflags.TF) != 0) {
            cpu.pendingDebug |= DebugRegisters.BS;
            cpu.wantAttention();
        }
    }

    void sysenter() {
        if (amd && state.longModeActive()) {
            throw cpu.fault(Vector.UD);
        }
        if (!state.protectedMode() || (msrs.sysenterCs & 0xfffc) == 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        boolean longMode = state.longModeActive();
        int selector = (int) msrs.sysenterCs & 0xfffc;
        state.systemFlags &= ~(Rflags.VM | Rflags.IF | Rflags.RF);
        state.r[CpuState.RSP] = longMode ? msrs.sysenterEsp : msrs.sysenterEsp & 0xffff_ffffL;
        state.rip = longMode ? msrs.sysenterEip : msrs.sysenterEip & 0xffff_ffffL;
        setCode(selector, 0, longMode);
        setStack(selector + 8, 0);
        state.cpl = 0;
        cpu.modeChanged();
        cpu.flagsChanged();
    }

    void sysexit(int size) {
        if (amd && state.longModeActive()) {
            throw cpu.fault(Vector.UD);
        }
        if (!state.protectedMode() || (msrs.sysenterCs & 0xfffc) == 0 || state.cpl != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        boolean to64 = size == 8 && state.longModeActive();
        long pointer = state.r[CpuState.RCX];
        long target = state.r[CpuState.RDX];
        if (to64 && (!cpu.mmu.canonical(pointer) || !cpu.mmu.canonical(target))) {
            throw cpu.fault(Vector.GP, 0);
        }
        int selector = (int) msrs.sysenterCs & 0xffff;
        state.r[CpuState.RSP] = to64 ? pointer : pointer & 0xffff_ffffL;
        state.rip = to64 ? target : target & 0xffff_ffffL;
        setCode((selector + (to64 ? 32 : 16)) | 3, 3, to64);
        setStack((selector + (to64 ? 40 : 24)) | 3, 3);
        state.cpl = 3;
        cpu.modeChanged();
    }
}

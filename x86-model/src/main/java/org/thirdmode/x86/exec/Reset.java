package org.thirdmode.x86.exec;

import java.util.Arrays;
import org.thirdmode.x86.profile.Cpuid;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/** The processor's state after power-up, RESET, INIT and a startup IPI. SDM 3A "Processor State After Reset". */
final class Reset {
    private static final int REAL_DATA = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
    private static final int LDT = Segment.PRESENT | 2;
    private static final int BUSY_TSS = Segment.PRESENT | 11;

    private Reset() {}

    static void powerUp(Processor cpu) {
        cpu.state.cr0 = Cr0.CD | Cr0.NW | Cr0.ET;
        cpu.state.xcr0 = 1;
        cpu.state.pkru = 0;
        registers(cpu);
        cpu.fpu.reset();
        cpu.nmiPending = false;
        cpu.globalInterruptFlag = true;
        cpu.extension.reset();
        cpu.system.reset();
    }

    /** INIT: caching, the FPU, XCR0, the time-stamp counter and most MSRs stay as they are. */
    static void init(Processor cpu) {
        cpu.state.cr0 = (cpu.state.cr0 & (Cr0.CD | Cr0.NW)) | Cr0.ET;
        registers(cpu);
        cpu.system.init();
    }

    /** A startup IPI: real mode at {@code vector << 12}. SDM 3A "MP Initialization". */
    static void start(Processor cpu, int vector) {
        CpuState s = cpu.state;
        int selector = (vector & 0xff) << 8;
        s.segments[Segment.CS].set(selector, (long) selector << 4, 0xffff, REAL_DATA);
        s.rip = 0;
        cpu.activity = Processor.Activity.ACTIVE;
        cpu.modeChanged();
    }

    private static void registers(Processor cpu) {
        CpuState s = cpu.state;
        Arrays.fill(s.r, 0);
        // RDX identifies the processor as CPUID leaf 1 does.
        int[] leaf = new int[4];
        new Cpuid(cpu.profile, cpu.memory.addressWidth()).read(1, 0, leaf);
        s.r[CpuState.RDX] = Integer.toUnsignedLong(leaf[0]);
        s.rip = 0xfff0;
        s.systemFlags = Rflags.FIXED;
        s.flags.setStatus(0);
        for (Segment segment : s.segments) {
            segment.set(0, 0, 0xffff, REAL_DATA);
        }
        s.segments[Segment.CS].set(0xf000, 0xffff_0000L, 0xffff, REAL_DATA);
        s.ldtr.set(0, 0, 0xffff, LDT);
        s.tr.set(0, 0, 0xffff, BUSY_TSS);
        s.gdtrBase = 0;
        s.gdtrLimit = 0xffff;
        s.idtrBase = 0;
        s.idtrLimit = 0xffff;
        s.cr2 = 0;
        s.cr3 = 0;
        s.cr4 = 0;
        s.efer = 0;
        Arrays.fill(s.dr, 0);
        s.dr[6] = 0xffff_0ff0L;
        s.dr[7] = 0x400;
        s.cpl = 0;
        cpu.activity = Processor.Activity.ACTIVE;
        cpu.shadow = Processor.NO_SHADOW;
        cpu.pendingDebug = 0;
        cpu.nmiBlocked = false;
        cpu.mmu.addressSpaces.leaveGuest();
        cpu.mmu.addressSpaces.flushEveryAsid();
        cpu.modeChanged();
    }
}

package org.thirdmode.x86.exec;

import java.util.Arrays;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/** The processor's state after power-up and INIT. SDM 3A "Processor State After Reset". */
final class Reset {
    private static final int REAL_DATA = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
    private static final int LDT = Segment.PRESENT | 2;
    private static final int BUSY_TSS = Segment.PRESENT | 11;

    private Reset() {}

    static void powerUp(Processor cpu) {
        CpuState s = cpu.state;
        Arrays.fill(s.r, 0);
        s.r[CpuState.RDX] = 0x0600;
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
        s.cr0 = Cr0.CD | Cr0.NW | Cr0.ET;
        s.cr2 = 0;
        s.cr3 = 0;
        s.cr4 = 0;
        s.efer = 0;
        s.xcr0 = 1;
        Arrays.fill(s.dr, 0);
        s.dr[6] = 0xffff_0ff0L;
        s.dr[7] = 0x400;
        s.cpl = 0;
        cpu.activity = Processor.Activity.ACTIVE;
        cpu.shadow = Processor.NO_SHADOW;
        cpu.pendingDebug = 0;
        cpu.nmiBlocked = false;
        cpu.mmu.flushAll();
        cpu.modeChanged();
    }
}

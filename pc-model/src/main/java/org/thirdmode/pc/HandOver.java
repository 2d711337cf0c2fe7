package org.thirdmode.pc;

import org.thirdmode.pc.loader.InitialState;
import org.thirdmode.pc.loader.SegmentState;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/** Where a loader hands over to an image: the processor's registers as the image expects them. */
public final class HandOver {
    private HandOver() {}

    /** Gives the processor the registers of {@code from}. */
    public static void apply(Processor processor, InitialState from) {
        CpuState s = processor.state;
        s.r[CpuState.RAX] = from.rax();
        s.r[CpuState.RBX] = from.rbx();
        s.r[CpuState.RCX] = from.rcx();
        s.r[CpuState.RDX] = from.rdx();
        s.r[CpuState.RSI] = from.rsi();
        s.r[CpuState.RDI] = from.rdi();
        s.r[CpuState.RSP] = from.rsp();
        s.rip = from.rip();
        s.setRflags(from.rflags());
        for (int i = 0; i < s.segments.length; i++) {
            load(s.segments[i], i == Segment.CS ? from.cs() : i == Segment.SS ? from.ss() : from.ds());
        }
        load(s.ldtr, SegmentState.UNUSABLE_LDT);
        load(s.tr, SegmentState.RESET_TSS);
        s.gdtrBase = from.gdtBase();
        s.gdtrLimit = from.gdtLimit();
        s.idtrBase = from.idtBase();
        s.idtrLimit = from.idtLimit();
        s.cr0 = from.cr0();
        s.cr3 = from.cr3();
        s.cr4 = from.cr4();
        s.efer = from.efer();
        s.cpl = 0;
        // Firmware looks for an x87 by FNINIT; what it boots may use one with no FNINIT of its own.
        processor.fpu.initialise();
        processor.activity = Processor.Activity.ACTIVE;
        processor.mmu.flushAll();
        processor.modeChanged();
        processor.flagsChanged();
    }

    private static void load(Segment register, SegmentState from) {
        register.set(from.selector(), from.base(), from.limit(), from.accessRights());
    }
}
